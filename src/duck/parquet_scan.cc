// SPDX-License-Identifier: Apache-2.0
#include "duck/parquet_scan.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <unordered_map>

#include <duckdb.hpp>
#include <duckdb/catalog/catalog.hpp>
#include <duckdb/catalog/catalog_entry/table_function_catalog_entry.hpp>
#include <duckdb/catalog/catalog_transaction.hpp>
#include <duckdb/common/multi_file/multi_file_list.hpp>
#include <duckdb/common/multi_file/multi_file_reader.hpp>
#include <duckdb/common/multi_file/multi_file_states.hpp>
#include <duckdb/common/types/selection_vector.hpp>
#include <duckdb/parser/expression/constant_expression.hpp>
#include <duckdb/parser/parsed_data/create_table_function_info.hpp>

#include "duck/guard.h"
#include "duck/instance.h"

namespace floe::duck {
namespace {

using duckdb::ClientContext;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::MultiFileColumnDefinition;
using duckdb::Value;
using SpecPtr = std::shared_ptr<const ScanSpec>;

struct Registry {
  std::mutex mu;
  std::uint64_t next = 0;
  std::unordered_map<std::string, SpecPtr> specs;
};

Registry& TheRegistry() {
  static Registry registry;
  return registry;
}

MultiFileColumnDefinition Definition(const ScanColumn& column) {
  MultiFileColumnDefinition out(column.name, column.type);
  out.identifier = Value::INTEGER(column.field_id);
  Value missing = column.missing.IsNull() ? Value(column.type) : column.missing;
  out.default_expression = duckdb::make_uniq<duckdb::ConstantExpression>(std::move(missing));
  for (const ScanColumn& child : column.children) out.children.push_back(Definition(child));
  return out;
}

/// Rows that are gone, by position in the file.
class Deleted final : public duckdb::DeleteFilter {
 public:
  explicit Deleted(const std::vector<std::int64_t>& positions) : positions_(positions) {}

  duckdb::idx_t Filter(duckdb::row_t start, duckdb::idx_t count, duckdb::SelectionVector& result) override {
    if (count == 0) return 0;
    result.Initialize(STANDARD_VECTOR_SIZE);
    auto gone = std::lower_bound(positions_.begin(), positions_.end(), start);
    duckdb::idx_t kept = 0;
    for (duckdb::idx_t i = 0; i < count; ++i) {
      if (gone != positions_.end() && *gone == start + static_cast<std::int64_t>(i)) {
        ++gone;
      } else {
        result.set_index(kept++, i);
      }
    }
    return kept;
  }

 private:
  const std::vector<std::int64_t>& positions_;
};

const NameMapping* FindMapping(const std::vector<NameMapping>& mappings, const std::string& name) {
  for (const NameMapping& mapping : mappings) {
    if (std::ranges::count(mapping.names, name) != 0) return &mapping;
  }
  return nullptr;
}

/// Parquet wraps list items in "list" and map pairs in "key_value": those levels have no name of their own.
void GiveIds(MultiFileColumnDefinition& column, const std::vector<NameMapping>& mappings, LogicalTypeId parent) {
  if (parent == LogicalTypeId::MAP && column.name == "key_value") {
    for (auto& child : column.children) GiveIds(child, mappings, LogicalTypeId::STRUCT);
    return;
  }
  std::string name = parent == LogicalTypeId::LIST ? "element" : column.name;
  const NameMapping* mapping = FindMapping(mappings, name);
  if (mapping == nullptr) {
    column.identifier = Value::INTEGER(-1);
    return;
  }
  column.identifier = Value::INTEGER(mapping->field_id);
  for (auto& child : column.children) GiveIds(child, mapping->children, column.type.id());
}

class FieldIdReader final : public duckdb::MultiFileReader {
 public:
  FieldIdReader() { function_name = "floe_parquet_scan"; }

  duckdb::unique_ptr<duckdb::MultiFileReader> Copy() const override {
    auto copy = duckdb::make_uniq<FieldIdReader>();
    copy->spec_ = spec_;
    return copy;
  }

  duckdb::shared_ptr<duckdb::MultiFileList> CreateFileList(ClientContext&, const duckdb::vector<std::string>& paths,
                                                           const duckdb::FileGlobInput&) override {
    {
      Registry& registry = TheRegistry();
      std::lock_guard lock(registry.mu);
      auto found = paths.empty() ? registry.specs.end() : registry.specs.find(paths[0]);
      if (found == registry.specs.end()) {
        throw duckdb::InvalidInputException("floe_parquet_scan: the scan is over, or never was");
      }
      spec_ = found->second;
    }
    duckdb::vector<duckdb::OpenFileInfo> files;
    for (const ScanFile& file : spec_->files) files.emplace_back(file.path);
    return duckdb::make_shared_ptr<duckdb::SimpleMultiFileList>(std::move(files));
  }

  bool Bind(duckdb::MultiFileOptions& options, duckdb::MultiFileList&, duckdb::vector<LogicalType>& return_types,
            duckdb::vector<std::string>& names, duckdb::MultiFileReaderBindData& bind_data) override {
    options.auto_detect_hive_partitioning = false;
    options.hive_partitioning = false;
    options.union_by_name = false;
    bind_data.mapping = duckdb::MultiFileColumnMappingMode::BY_FIELD_ID;
    for (const ScanColumn& column : spec_->columns) {
      bind_data.schema.push_back(Definition(column));
      names.push_back(column.name);
      return_types.push_back(column.type);
    }
    return true;
  }

  void FinalizeBind(duckdb::MultiFileReaderData& data, const duckdb::MultiFileOptions& options,
                    const duckdb::MultiFileReaderBindData& bind_data,
                    const duckdb::vector<MultiFileColumnDefinition>& columns,
                    const duckdb::vector<duckdb::ColumnIndex>& column_ids, ClientContext& context,
                    duckdb::optional_ptr<duckdb::MultiFileReaderGlobalState> state) override {
    MultiFileReader::FinalizeBind(data, options, bind_data, columns, column_ids, context, state);
    auto& reader = *data.reader;
    const ScanFile& file = spec_->files.at(reader.file_list_idx.GetIndex());
    if (!file.deleted.empty()) reader.deletion_filter = duckdb::make_uniq<Deleted>(file.deleted);
    bool has_ids = false;
    for (auto& column : reader.columns) has_ids = has_ids || HasId(column);
    if (!has_ids) {
      for (auto& column : reader.columns) GiveIds(column, spec_->mapping, LogicalTypeId::STRUCT);
    }
    for (duckdb::idx_t i = 0; i < column_ids.size(); ++i) {
      if (column_ids[i].IsVirtualColumn()) continue;
      std::int32_t id = columns[column_ids[i].GetPrimaryIndex()].GetIdentifierFieldId();
      auto constant = file.constants.find(id);
      bool present = std::ranges::any_of(reader.columns, [&](const auto& column) {
        return !column.identifier.IsNull() && column.GetIdentifierFieldId() == id;
      });
      if (!present && constant != file.constants.end()) {
        data.constant_map.Add(duckdb::MultiFileGlobalIndex(i), constant->second);
      }
    }
  }

 private:
  static bool HasId(const MultiFileColumnDefinition& column) {
    if (!column.identifier.IsNull() && column.identifier.type().id() == LogicalTypeId::INTEGER) return true;
    return std::ranges::any_of(column.children, HasId);
  }

  SpecPtr spec_;
};

duckdb::unique_ptr<duckdb::MultiFileReader> MakeReader(const duckdb::TableFunction&) {
  return duckdb::make_uniq<FieldIdReader>();
}

/// DuckDB's Parquet scan with our way of matching columns.
duckdb::TableFunctionSet FieldIdScan(const duckdb::TableFunctionSet& parquet) {
  duckdb::TableFunctionSet set("floe_parquet_scan");
  for (const auto& function : parquet.functions) {
    duckdb::TableFunction copy = function;
    copy.name = "floe_parquet_scan";
    copy.get_multi_file_reader = MakeReader;
    copy.serialize = nullptr;
    copy.deserialize = nullptr;
    // Statistics of a file go by its own column names and know of no deleted rows: neither holds here.
    copy.statistics = nullptr;
    copy.statistics_extended = nullptr;
    copy.get_partition_stats = nullptr;
    set.AddFunction(std::move(copy));
  }
  return set;
}

}  // namespace

RegisteredScan RegisterScan(ScanSpec spec) {
  Registry& registry = TheRegistry();
  RegisteredScan out;
  std::string token;
  {
    std::lock_guard lock(registry.mu);
    token = std::to_string(++registry.next);
    registry.specs[token] = std::make_shared<const ScanSpec>(std::move(spec));
  }
  out.sql_ = "floe_parquet_scan('" + token + "')";
  out.guard_ = std::shared_ptr<void>(nullptr, [token](void*) {
    Registry& all = TheRegistry();
    std::lock_guard lock(all.mu);
    all.specs.erase(token);
  });
  return out;
}

Status InstallParquetScan(Instance& instance) {
  FLOE_TRY(auto connection, instance.Connect());
  return Guard([&] {
    auto& context = *connection->context;
    context.RunFunctionInTransaction([&] {
      auto& catalog = duckdb::Catalog::GetSystemCatalog(context);
      auto known = catalog.GetEntry<duckdb::TableFunctionCatalogEntry>(context, DEFAULT_SCHEMA, "floe_parquet_scan",
                                                                       duckdb::OnEntryNotFound::RETURN_NULL);
      if (known) return;
      auto& entry = catalog.GetEntry<duckdb::TableFunctionCatalogEntry>(context, DEFAULT_SCHEMA, "parquet_scan");
      duckdb::CreateTableFunctionInfo info(FieldIdScan(entry.functions));
      info.on_conflict = duckdb::OnCreateConflict::IGNORE_ON_CONFLICT;
      catalog.CreateTableFunction(duckdb::CatalogTransaction::GetSystemTransaction(*context.db), info);
    });
  });
}

}  // namespace floe::duck
