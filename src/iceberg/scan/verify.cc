// SPDX-License-Identifier: Apache-2.0
#include "iceberg/scan/verify.h"

#include <algorithm>
#include <set>

#include <duckdb.hpp>
#include <fmt/format.h>

#include "duck/guard.h"
#include "duck/instance.h"
#include "iceberg/manifest/block_checksums.h"
#include "iceberg/metadata/duckdb_type.h"
#include "iceberg/scan/relation.h"

namespace floe::iceberg {
namespace {

std::string Quoted(const std::string& name) {
  return duckdb::KeywordHelper::WriteQuoted(name, '"');
}

bool IsFloat(const Type& type) {
  return type.id == TypeId::kFloat || type.id == TypeId::kDouble;
}

/// Columns of one file's answer: rows, then for each field non-nulls, least and greatest value (of nested ones a hash,
/// which reads every part of them).
std::string Question(const Schema& schema, const std::string& relation) {
  std::string sql = "SELECT count(*)";
  for (const Field& field : schema.fields) {
    const std::string name = Quoted(field.name);
    if (!field.type.IsPrimitive()) {
      sql += fmt::format(", count({0}), bit_xor(hash({0})), NULL", name);
    } else {
      const std::string filter = IsFloat(field.type) ? fmt::format(" FILTER (NOT isnan({}))", name) : "";
      sql += fmt::format(", count({0}), min({0}){1}, max({0}){1}", name, filter);
    }
  }
  return sql + " FROM " + relation;
}

class Run {
 public:
  Run(TableIo& io, const LoadedTable& table, std::unique_ptr<duck::Instance>& instance)
      : io_(io), table_(table), instance_(instance) {}

  TableReport All() {
    for (const SnapshotPtr& snapshot : table_.metadata->snapshots) {
      ++report_.snapshots;
      auto manifests = io_.Manifests(*snapshot);
      if (!manifests) {
        Damage(snapshot->manifest_list, manifests.error().ToString());
        continue;
      }
      for (const ManifestFile& manifest : **manifests) {
        if (seen_.insert(manifest.path).second) VerifyManifest(manifest);
      }
    }
    return std::move(report_);
  }

 private:
  void Damage(const std::string& path, std::string reason) { report_.damages.push_back({path, std::move(reason)}); }

  void VerifyManifest(const ManifestFile& manifest) {
    std::vector<DataFile> files;
    auto read = io_.ReadManifestEntries(*table_.metadata, manifest, [&](ManifestEntry&& entry) -> Status {
      if (entry.live() && seen_.insert(entry.file.path).second) files.push_back(std::move(entry.file));
      return {};
    });
    if (!read) return Damage(manifest.path, read.error().ToString());
    for (const DataFile& file : files) {
      ++report_.files;
      if (file.content == FileContent::kData) report_.rows += file.record_count;
      auto path = LocalPath(file.path);
      Status good = path ? VerifyFile(file, *path) : Status(Fail(std::move(path).error()));
      if (!good) Damage(file.path, good.error().ToString());
    }
  }

  Status VerifyFile(const DataFile& file, const std::string& path) {
    FLOE_TRY(auto opened, io_.files().OpenReadable(path));
    FLOE_TRY(const std::uint64_t size, opened->Size());
    if (static_cast<std::int64_t>(size) != file.file_size) {
      return Fail(ErrorKind::kCorruption, fmt::format("it has {} bytes, its manifest says {}", size, file.file_size));
    }
    if (file.block_checksums.empty()) {
      ++report_.without_checksum;
    } else {
      FLOE_TRY(std::string found, BlockChecksums(io_.files(), path));
      if (auto at = FirstDifference(found, file.block_checksums)) {
        return Fail(ErrorKind::kCorruption,
                    fmt::format("its bytes from {} to {} are not those that were written (CRC-32C)", *at,
                                std::min(*at + kChecksumBlock, size) - 1));
      }
    }
    if (file.format != "PARQUET" && file.format != "parquet") return {};
    if (file.content != FileContent::kData) return {};
    auto decoded = Decode(file);
    if (!decoded && decoded.error().kind() == ErrorKind::kInternal) instance_.reset();  // DuckDB closes itself
    return decoded;
  }

  /// All pages of all columns of the current schema.
  Status Decode(const DataFile& file) {
    if (!instance_) instance_ = std::make_unique<duck::Instance>(duck::InstanceOptions{});
    ScanPlan plan;
    plan.metadata = table_.metadata;
    plan.schema = table_.metadata->schema();
    plan.tasks.push_back({file, 0, {}});
    FLOE_TRY(TableRelation relation, MakeRelation(*instance_, plan));
    FLOE_TRY(auto connection, instance_->Connect());
    return duck::Guard([&]() -> Status {
      auto answer = connection->Query(Question(plan.schema, relation.sql));
      if (answer->HasError()) {
        auto cause = duck::Guard([&] { answer->ThrowError(); });
        return Fail(std::move(cause.error()).WithContext("decoding it"));
      }
      return Compare(file, plan.schema, *answer->Fetch());
    });
  }

  static Status Compare(const DataFile& file, const Schema& schema, const duckdb::DataChunk& answer) {
    auto number = [&](duckdb::idx_t column) { return answer.GetValue(column, 0).GetValue<std::int64_t>(); };
    auto wrong = [](const std::string& text) { return Fail(ErrorKind::kCorruption, text); };
    const std::int64_t rows = number(0);
    if (rows != file.record_count)
      return wrong(fmt::format("it holds {} rows, its manifest says {}", rows, file.record_count));
    for (std::size_t i = 0; i < schema.fields.size(); ++i) {
      const Field& field = schema.fields[i];
      const duckdb::idx_t at = 1 + 3 * i;
      const std::int64_t* nulls = FindByField(file.null_counts, field.id);
      if (nulls != nullptr && *nulls != rows - number(at)) {
        return wrong(
            fmt::format("column '{}' holds {} nulls, its manifest says {}", field.name, rows - number(at), *nulls));
      }
      if (!field.type.IsPrimitive()) continue;
      FLOE_TRY_VOID(CompareBound(FindByField(file.lower_bounds, field.id), field, answer.GetValue(at + 1, 0), true));
      FLOE_TRY_VOID(CompareBound(FindByField(file.upper_bounds, field.id), field, answer.GetValue(at + 2, 0), false));
    }
    return {};
  }

  static Status CompareBound(const std::string* bytes, const Field& field, const duckdb::Value& found, bool lower) {
    if (bytes == nullptr || found.IsNull()) return {};
    FLOE_TRY(Literal literal, FromSingleValueBytes(*bytes, field.type));
    const duckdb::Value bound = ToDuckDB(literal, field.type);
    if (lower ? found >= bound : found <= bound) return {};
    return Fail(ErrorKind::kCorruption, fmt::format("column '{}' holds {}, {} the bound {} in its manifest", field.name,
                                                    found.ToString(), lower ? "below" : "above", bound.ToString()));
  }

  TableIo& io_;
  const LoadedTable& table_;
  TableReport report_;
  std::set<std::string> seen_;
  std::unique_ptr<duck::Instance>& instance_;
};

}  // namespace

TableVerifier::TableVerifier(TableIo& io) : io_(io) {}
TableVerifier::~TableVerifier() = default;

TableReport TableVerifier::Verify(const LoadedTable& table) {
  return Run(io_, table, instance_).All();
}

}  // namespace floe::iceberg
