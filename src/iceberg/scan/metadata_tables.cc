// SPDX-License-Identifier: Apache-2.0
#include "iceberg/scan/metadata_tables.h"

#include <map>
#include <set>

#include <duckdb.hpp>
#include <fmt/format.h>

#include "base/text.h"
#include "iceberg/metadata/duckdb_type.h"

namespace floe::iceberg {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

Value Time(TimestampMs at) {
  return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(at.value() * 1000));
}
Value Count(std::int64_t n) {
  return n < 0 ? Value(LogicalType::BIGINT) : Value::BIGINT(n);
}
Value Parent(const std::optional<SnapshotId>& id) {
  return id ? Value::BIGINT(id->value()) : Value(LogicalType::BIGINT);
}
LogicalType TextMap() {
  return LogicalType::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR);
}

class Reader {
 public:
  Reader(TableIo& io, const LoadedTable& table) : io_(io), metadata_(*table.metadata) {}

  Result<MetadataRows> Snapshots() {
    Columns({{"committed_at", LogicalType::TIMESTAMP_TZ},
             {"snapshot_id", LogicalType::BIGINT},
             {"parent_id", LogicalType::BIGINT},
             {"operation", LogicalType::VARCHAR},
             {"manifest_list", LogicalType::VARCHAR},
             {"summary", TextMap()}});
    for (const SnapshotPtr& snapshot : metadata_.snapshots) {
      duckdb::vector<Value> keys;
      duckdb::vector<Value> values;
      for (const auto& [key, value] : snapshot->summary) {
        keys.emplace_back(key);
        values.emplace_back(value);
      }
      out_.rows.push_back({Time(snapshot->timestamp), Value::BIGINT(snapshot->snapshot_id.value()),
                           Parent(snapshot->parent_id), Value(snapshot->operation), Value(snapshot->manifest_list),
                           Value::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR, std::move(keys), std::move(values))});
    }
    return std::move(out_);
  }

  Result<MetadataRows> History() {
    Columns({{"made_current_at", LogicalType::TIMESTAMP_TZ},
             {"snapshot_id", LogicalType::BIGINT},
             {"parent_id", LogicalType::BIGINT},
             {"is_current_ancestor", LogicalType::BOOLEAN}});
    std::set<SnapshotId> ancestors;
    for (const Snapshot* at = metadata_.current_snapshot();
         at != nullptr && ancestors.insert(at->snapshot_id).second;) {
      at = at->parent_id ? metadata_.FindSnapshot(*at->parent_id) : nullptr;
    }
    for (const SnapshotLogEntry& entry : metadata_.snapshot_log) {
      const Snapshot* snapshot = metadata_.FindSnapshot(entry.snapshot_id);
      out_.rows.push_back({Time(entry.timestamp), Value::BIGINT(entry.snapshot_id.value()),
                           snapshot == nullptr ? Value(LogicalType::BIGINT) : Parent(snapshot->parent_id),
                           Value::BOOLEAN(ancestors.contains(entry.snapshot_id))});
    }
    return std::move(out_);
  }

  Result<MetadataRows> Refs() {
    Columns({{"name", LogicalType::VARCHAR},
             {"type", LogicalType::VARCHAR},
             {"snapshot_id", LogicalType::BIGINT},
             {"max_reference_age_in_ms", LogicalType::BIGINT},
             {"min_snapshots_to_keep", LogicalType::INTEGER},
             {"max_snapshot_age_in_ms", LogicalType::BIGINT}});
    for (const auto& [name, ref] : metadata_.refs) {
      out_.rows.push_back(
          {Value(name), Value(ref.is_branch ? "BRANCH" : "TAG"), Value::BIGINT(ref.snapshot_id.value()),
           Count(ref.max_ref_age_ms.value_or(-1)),
           ref.min_snapshots_to_keep ? Value::INTEGER(*ref.min_snapshots_to_keep) : Value(LogicalType::INTEGER),
           Count(ref.max_snapshot_age_ms.value_or(-1))});
    }
    return std::move(out_);
  }

  Result<MetadataRows> Manifests() {
    Columns({{"content", LogicalType::INTEGER},
             {"path", LogicalType::VARCHAR},
             {"length", LogicalType::BIGINT},
             {"partition_spec_id", LogicalType::INTEGER},
             {"added_snapshot_id", LogicalType::BIGINT},
             {"added_data_files_count", LogicalType::BIGINT},
             {"existing_data_files_count", LogicalType::BIGINT},
             {"deleted_data_files_count", LogicalType::BIGINT},
             {"added_rows_count", LogicalType::BIGINT},
             {"existing_rows_count", LogicalType::BIGINT},
             {"deleted_rows_count", LogicalType::BIGINT}});
    if (metadata_.current_snapshot() == nullptr) return std::move(out_);
    FLOE_TRY(ManifestList manifests, io_.Manifests(*metadata_.current_snapshot()));
    for (const ManifestFile& m : *manifests) {
      out_.rows.push_back({Value::INTEGER(m.deletes ? 1 : 0), Value(m.path), Value::BIGINT(m.length),
                           Value::INTEGER(m.spec_id), Value::BIGINT(m.added_snapshot_id), Count(m.added_files),
                           Count(m.existing_files), Count(m.deleted_files), Count(m.added_rows), Count(m.existing_rows),
                           Count(m.deleted_rows)});
    }
    return std::move(out_);
  }

  Result<MetadataRows> Files() {
    Columns({{"content", LogicalType::INTEGER},
             {"file_path", LogicalType::VARCHAR},
             {"file_format", LogicalType::VARCHAR},
             {"spec_id", LogicalType::INTEGER},
             {"partition", LogicalType::VARCHAR},
             {"record_count", LogicalType::BIGINT},
             {"file_size_in_bytes", LogicalType::BIGINT},
             {"null_value_counts", TextMap()},
             {"lower_bounds", TextMap()},
             {"upper_bounds", TextMap()},
             {"sort_order_id", LogicalType::INTEGER}});
    FLOE_TRY_VOID(ForEachFile([&](const DataFile& file) {
      out_.rows.push_back({Value::INTEGER(static_cast<int>(file.content)), Value(file.path), Value(file.format),
                           Value::INTEGER(file.spec_id), Value(PartitionText(file)), Value::BIGINT(file.record_count),
                           Value::BIGINT(file.file_size), CountMap(file.null_counts), BoundMap(file.lower_bounds),
                           BoundMap(file.upper_bounds),
                           file.sort_order_id ? Value::INTEGER(*file.sort_order_id) : Value(LogicalType::INTEGER)});
    }));
    return std::move(out_);
  }

  Result<MetadataRows> Partitions() {
    Columns({{"partition", LogicalType::VARCHAR},
             {"spec_id", LogicalType::INTEGER},
             {"record_count", LogicalType::BIGINT},
             {"file_count", LogicalType::BIGINT},
             {"total_data_file_size_in_bytes", LogicalType::BIGINT},
             {"delete_file_count", LogicalType::BIGINT}});
    struct Sums {
      std::int64_t rows = 0;
      std::int64_t files = 0;
      std::int64_t bytes = 0;
      std::int64_t deletes = 0;
    };
    std::map<std::pair<std::int32_t, std::string>, Sums> partitions;
    FLOE_TRY_VOID(ForEachFile([&](const DataFile& file) {
      Sums& sums = partitions[{file.spec_id, PartitionText(file)}];
      if (file.content != FileContent::kData) {
        ++sums.deletes;
        return;
      }
      sums.rows += file.record_count;
      sums.bytes += file.file_size;
      ++sums.files;
    }));
    for (const auto& [key, sums] : partitions) {
      out_.rows.push_back({Value(key.second), Value::INTEGER(key.first), Value::BIGINT(sums.rows),
                           Value::BIGINT(sums.files), Value::BIGINT(sums.bytes), Value::BIGINT(sums.deletes)});
    }
    return std::move(out_);
  }

 private:
  void Columns(std::vector<std::pair<std::string, LogicalType>> columns) {
    for (auto& [name, type] : columns) {
      out_.names.push_back(name);
      out_.types.push_back(type);
    }
  }

  Status ForEachFile(const std::function<void(const DataFile&)>& visit) {
    if (metadata_.current_snapshot() == nullptr) return {};
    FLOE_TRY(ManifestList manifests, io_.Manifests(*metadata_.current_snapshot()));
    for (const ManifestFile& manifest : *manifests) {
      FLOE_TRY_VOID(io_.ReadManifestEntries(metadata_, manifest, [&](ManifestEntry&& entry) -> Status {
        if (entry.live()) visit(entry.file);
        return {};
      }));
    }
    return {};
  }

  std::string PartitionText(const DataFile& file) const {
    const PartitionSpec* spec = metadata_.FindSpec(file.spec_id);
    std::string text;
    for (std::size_t i = 0; spec != nullptr && i < spec->fields.size(); ++i) {
      const Field* source = metadata_.schema().FindById(spec->fields[i].source_id);
      std::string value =
          source == nullptr ? "null" : ToHumanString(spec->fields[i].transform, file.partition[i], source->type);
      text += fmt::format("{}{}={}", text.empty() ? "" : "/", spec->fields[i].name, value);
    }
    return text;
  }

  static Value MapOf(duckdb::vector<Value> keys, duckdb::vector<Value> values) {
    return Value::MAP(LogicalType::VARCHAR, LogicalType::VARCHAR, std::move(keys), std::move(values));
  }

  Value CountMap(const ByField<std::int64_t>& counts) const {
    duckdb::vector<Value> keys;
    duckdb::vector<Value> values;
    for (const auto& [id, count] : counts) {
      keys.emplace_back(metadata_.schema().NameOf(id));
      values.emplace_back(std::to_string(count));
      if (duckdb::StringValue::Get(keys.back()).empty()) keys.back() = Value(fmt::format("#{}", id));
    }
    return MapOf(std::move(keys), std::move(values));
  }

  Value BoundMap(const ByField<std::string>& bounds) const {
    duckdb::vector<Value> keys;
    duckdb::vector<Value> values;
    for (const auto& [id, bytes] : bounds) {
      const Field* field = metadata_.schema().FindById(id);
      if (field == nullptr) continue;
      auto value = FromSingleValueBytes(bytes, field->type);
      if (!value) continue;
      keys.emplace_back(metadata_.schema().NameOf(id));
      values.emplace_back(ToDisplayString(*value, field->type));
    }
    return MapOf(std::move(keys), std::move(values));
  }

  TableIo& io_;
  const TableMetadata& metadata_;
  MetadataRows out_;
};

}  // namespace

Result<MetadataRows> ReadMetadataTable(TableIo& io, const LoadedTable& table, std::string_view kind) {
  Reader reader(io, table);
  if (kind == "snapshots") return reader.Snapshots();
  if (kind == "history") return reader.History();
  if (kind == "files") return reader.Files();
  if (kind == "manifests") return reader.Manifests();
  if (kind == "partitions") return reader.Partitions();
  if (kind == "refs") return reader.Refs();
  return Fail(
      ErrorKind::kNotFound,
      fmt::format(
          "there is no metadata table '${}': snapshots, history, files, manifests, partitions and refs exist.{}", kind,
          DidYouMean(kind, {"snapshots", "history", "files", "manifests", "partitions", "refs"})));
}

std::string ToSql(const MetadataRows& table) {
  std::string columns;
  for (std::size_t c = 0; c < table.names.size(); ++c) {
    columns +=
        fmt::format("{}CAST({} AS {}) AS {}", c == 0 ? "" : ", ", table.rows.empty() ? "NULL" : fmt::format("c{}", c),
                    table.types[c].ToString(), duckdb::KeywordHelper::WriteQuoted(table.names[c], '"'));
  }
  if (table.rows.empty()) return "(SELECT " + columns + " WHERE false)";
  std::string values;
  for (const auto& row : table.rows) {
    values += values.empty() ? "(" : ", (";
    for (std::size_t c = 0; c < row.size(); ++c) values += (c == 0 ? "" : ", ") + row[c].ToSQLString();
    values += ")";
  }
  std::string names;
  for (std::size_t c = 0; c < table.names.size(); ++c) names += fmt::format("{}c{}", c == 0 ? "" : ", ", c);
  return fmt::format("(SELECT {} FROM (VALUES {}) AS v({}))", columns, values, names);
}

}  // namespace floe::iceberg
