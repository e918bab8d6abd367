// SPDX-License-Identifier: Apache-2.0
#include "iceberg/scan/relation.h"

#include <algorithm>
#include <map>
#include <set>

#include <duckdb.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "duck/guard.h"
#include "iceberg/metadata/duckdb_type.h"

namespace floe::iceberg {
namespace {

constexpr int kDeletePathId = 2147483546;
constexpr int kDeletePositionId = 2147483545;

/// The JSON single value of an initial-default: dates, times, decimals and uuids are strings, binary is hex.
Result<duckdb::Value> DefaultValue(const Field& field, const duckdb::LogicalType& type) {
  auto json = nlohmann::json::parse(field.initial_default, nullptr, false);
  std::string text = json.is_string() ? json.get<std::string>() : field.initial_default;
  if (json.is_null()) return duckdb::Value(type);
  duckdb::Value out;
  std::string error;
  bool fits = field.type.IsPrimitive() && type.id() != duckdb::LogicalTypeId::BLOB && !json.is_discarded();
  if (fits && duckdb::Value(text).DefaultTryCastAs(type, out, &error)) return out;
  return Fail(ErrorKind::kNotSupported, fmt::format("default value {} of column '{}' ({}) is not supported",
                                                    field.initial_default, field.name, field.type.ToString()));
}

Result<duck::ScanColumn> ColumnOf(const Field& field) {
  duck::ScanColumn column;
  column.field_id = field.id;
  column.name = field.name;
  FLOE_TRY(column.type, ToDuckDB(field.type));
  for (const Field& child : field.type.fields) {
    FLOE_TRY(duck::ScanColumn part, ColumnOf(child));
    column.children.push_back(std::move(part));
  }
  if (!field.initial_default.empty()) {
    FLOE_TRY(column.missing, DefaultValue(field, column.type));
  }
  return column;
}

void MappingFrom(const nlohmann::json& json, std::vector<duck::NameMapping>& out, int depth) {
  if (!json.is_array() || depth > 64) return;
  for (const auto& item : json) {
    if (!item.is_object()) continue;
    duck::NameMapping mapping;
    if (auto id = item.find("field-id"); id != item.end() && id->is_number_integer())
      mapping.field_id = id->get<std::int32_t>();
    if (auto names = item.find("names"); names != item.end() && names->is_array()) {
      for (const auto& name : *names) {
        if (name.is_string()) mapping.names.push_back(name.get<std::string>());
      }
    }
    if (auto fields = item.find("fields"); fields != item.end()) MappingFrom(*fields, mapping.children, depth + 1);
    out.push_back(std::move(mapping));
  }
}

std::map<std::int32_t, duckdb::Value> Constants(const ScanPlan& plan, const DataFile& file) {
  std::map<std::int32_t, duckdb::Value> constants;
  const PartitionSpec* spec = plan.metadata->FindSpec(file.spec_id);
  for (std::size_t i = 0; spec != nullptr && i < spec->fields.size(); ++i) {
    if (spec->fields[i].transform.kind != TransformKind::kIdentity) continue;
    const Field* source = plan.schema.FindById(spec->fields[i].source_id);
    if (source == nullptr) continue;
    constants[source->id] = ToDuckDB(file.partition[i], source->type);
  }
  return constants;
}

/// Positions per data file path, as the delete files tell them.
class PositionDeletes {
 public:
  explicit PositionDeletes(duckdb::Connection& connection) : connection_(connection) {}

  Status Load(const DataFile& file) {
    if (!loaded_.insert(file.path).second) return {};
    FLOE_TRY(std::string path, LocalPath(file.path));
    duck::ScanSpec spec;
    spec.columns.push_back({kDeletePathId, "file_path", duckdb::LogicalType::VARCHAR, {}, duckdb::Value()});
    spec.columns.push_back({kDeletePositionId, "pos", duckdb::LogicalType::BIGINT, {}, duckdb::Value()});
    spec.files.push_back({path, file.record_count, {}, {}});
    duck::RegisteredScan scan = duck::RegisterScan(std::move(spec));
    return duck::Guard([&]() -> Status {
      auto result = connection_.Query("SELECT file_path, pos FROM " + scan.sql());
      if (result->HasError()) result->ThrowError();
      while (auto chunk = result->Fetch()) {
        for (duckdb::idx_t row = 0; row < chunk->size(); ++row) {
          auto target = chunk->GetValue(0, row);
          auto position = chunk->GetValue(1, row);
          if (target.IsNull() || position.IsNull()) {
            return Fail(ErrorKind::kCorruption,
                        fmt::format("delete file {} has a row without path or position", file.path));
          }
          // Writers spell one path as file:/x and file:///x.
          auto local = LocalPath(duckdb::StringValue::Get(target));
          if (local) by_file_[{file.path, *local}].push_back(position.GetValue<std::int64_t>());
        }
      }
      return {};
    });
  }

  std::vector<std::int64_t> Of(const ScanFileTask& task, const std::string& path) const {
    std::vector<std::int64_t> positions;
    for (const DataFile& file : task.deletes) {
      auto found = by_file_.find({file.path, path});
      if (found != by_file_.end()) positions.insert(positions.end(), found->second.begin(), found->second.end());
    }
    std::ranges::sort(positions);
    positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
    return positions;
  }

 private:
  duckdb::Connection& connection_;
  std::set<std::string> loaded_;
  std::map<std::pair<std::string, std::string>, std::vector<std::int64_t>> by_file_;
};

std::string Quoted(const std::string& name) {
  return duckdb::KeywordHelper::WriteQuoted(name, '"');
}

/// No file to read: a relation with the right columns and no rows.
std::string EmptyRelation(const std::vector<duck::ScanColumn>& columns) {
  std::string select;
  for (const duck::ScanColumn& column : columns) {
    select += fmt::format("{}CAST(NULL AS {}) AS {}", select.empty() ? "" : ", ", column.type.ToString(),
                          Quoted(column.name));
  }
  return "(SELECT " + select + " WHERE false)";
}

}  // namespace

Result<TableRelation> MakeRelation(duck::Instance& instance, const ScanPlan& plan) {
  FLOE_TRY_VOID(duck::InstallParquetScan(instance));
  duck::ScanSpec spec;
  for (const Field& field : plan.schema.fields) {
    auto column = ColumnOf(field);
    if (!column) return Fail(std::move(column.error()).WithContext(fmt::format("reading column '{}'", field.name)));
    spec.columns.push_back(std::move(*column));
  }
  TableRelation relation;
  if (plan.tasks.empty()) {
    relation.sql = EmptyRelation(spec.columns);
    return relation;
  }
  std::string mapping = plan.metadata->Property("schema.name-mapping.default");
  if (!mapping.empty()) MappingFrom(nlohmann::json::parse(mapping, nullptr, false), spec.mapping, 0);
  FLOE_TRY(auto connection, instance.Connect());
  PositionDeletes deletes(*connection);
  for (const ScanFileTask& task : plan.tasks) {
    for (const DataFile& file : task.deletes) FLOE_TRY_VOID(deletes.Load(file));
  }
  for (const ScanFileTask& task : plan.tasks) {
    FLOE_TRY(std::string path, LocalPath(task.file.path));
    duck::ScanFile file{path, task.file.record_count, Constants(plan, task.file), deletes.Of(task, path)};
    spec.files.push_back(std::move(file));
  }
  relation.scan = duck::RegisterScan(std::move(spec));
  relation.sql = relation.scan.sql();
  return relation;
}

}  // namespace floe::iceberg
