// SPDX-License-Identifier: Apache-2.0
#include "query/iceberg_catalog.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/result.h"
#include "base/text.h"
#include "data/duckdb_type.h"
#include "iceberg/commit/table_builder.h"
#include "iceberg/metadata/property.h"
#include "iceberg/scan/metadata_tables.h"
#include "query/iceberg_scan.h"
#include "sql/dialect/create_table.h"

namespace floe::query {
namespace {

namespace catalog = sql::catalog;

constexpr const char* kLocationOption = "location";

/// Spelling of other engines for what Iceberg calls differently; nullptr: an option of ours or Flink's that is no table
/// property.
std::optional<std::string> PropertyName(const std::string& option) {
  if (option == "connector" || option == kLocationOption || option.starts_with("catalog-") ||
      option == "catalog-name" || option == "warehouse" || option == "uri") {
    return std::nullopt;
  }
  return iceberg::PropertyName(option);
}

/// No property: it says how the metadata is written. One that is stored all the same says nothing.
bool IsFormatVersion(const std::string& option) {
  return PropertyName(option) == "format-version";
}

std::unexpected<Error> NoWatermark(const catalog::CatalogTable& table, std::string_view fix) {
  return Fail(ErrorKind::kNotSupported,
              fmt::format("{} is an Iceberg table: it keeps no WATERMARK, and windows over it in batch need none; "
                          "declare it on the table that a job reads as a stream{}",
                          table.path.ToString(), fix));
}

/// kNotSupported for the clauses of a table that Iceberg has no place for.
Status CheckClauses(const catalog::CatalogTable& table) {
  if (table.watermark) return NoWatermark(table, ", and leave it out here (LIKE: EXCLUDING WATERMARKS)");
  if (table.distribution) {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("{} is an Iceberg table: it keeps no DISTRIBUTION; use PARTITIONED BY, for example "
                            "bucket(id, 16), when the table is made (LIKE: EXCLUDING DISTRIBUTION)",
                            table.path.ToString()));
  }
  return {};
}

/// Whether an ALTER of `before` sets the option to another value.
bool Changes(const catalog::CatalogTable& before, const std::string& option, const std::string& value) {
  auto old = before.options.find(option);
  return old == before.options.end() || old->second != value;
}

/// A column's type in Iceberg. kNotSupported when it has none, or one that could not be read back: it would shut
/// everybody out of the table.
Result<iceberg::Type> KeptType(const catalog::CatalogColumn& column) {
  auto type = iceberg::FromFlink(column.type);
  if (!type) return Fail(std::move(type.error()).WithContext(fmt::format("column '{}'", column.name)));
  if (!iceberg::ToFlink(*type, !column.type.nullable())) {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("column '{}': an Iceberg table here cannot keep {}; times go to precision 6", column.name,
                            column.type.ToString()));
  }
  return type;
}

/// The partitions as PARTITIONED BY has them. Those of a dropped column or of the transform void partition nothing.
std::vector<std::string> PartitionsOf(const iceberg::TableMetadata& metadata) {
  std::vector<std::string> items;
  for (const iceberg::PartitionField& field : metadata.spec().fields) {
    const std::string column = metadata.schema().NameOf(field.source_id);
    if (column.empty() || field.transform.kind == iceberg::TransformKind::kVoid) continue;
    sql::dialect::PartitionItem item;
    const std::string transform = field.transform.ToString();
    item.transform = transform.substr(0, transform.find('['));
    item.argument = field.transform.parameter;
    item.column.text = column;
    items.push_back(item.ToString());
  }
  return items;
}

class IcebergSqlCatalog final : public catalog::Catalog {
 public:
  IcebergSqlCatalog(iceberg::Catalog& catalog, std::string name) : catalog_(catalog), name_(std::move(name)) {}

  Result<std::vector<std::string>> ListDatabases() override { return catalog_.ListDatabases(); }

  Result<catalog::Database> GetDatabase(const std::string& name) override {
    FLOE_TRY(iceberg::StringMap properties, catalog_.DatabaseProperties(name));
    catalog::Database database{.name = name, .comment = {}, .options = {properties.begin(), properties.end()}};
    if (auto comment = database.options.find("comment"); comment != database.options.end())
      database.comment = comment->second;
    return database;
  }

  Status CreateDatabase(const catalog::Database& database) override {
    iceberg::StringMap properties(database.options.begin(), database.options.end());
    if (!database.comment.empty()) properties["comment"] = database.comment;
    return catalog_.CreateDatabase(database.name, properties);
  }

  Status DropDatabase(const std::string& name, bool cascade) override {
    if (cascade) {
      FLOE_TRY(std::vector<std::string> tables, catalog_.ListTables(name));
      for (const std::string& table : tables) FLOE_TRY_VOID(catalog_.DropTable({name, table}, true));
    }
    return catalog_.DropDatabase(name);
  }

  Status AlterDatabase(const catalog::Database& database) override {
    return Fail(
        ErrorKind::kNotSupported,
        fmt::format("ALTER DATABASE on Iceberg database '{}' is not supported yet (docs/status.md)", database.name));
  }

  Result<std::vector<catalog::TableEntry>> ListTables(const std::string& database) override {
    FLOE_TRY(std::vector<std::string> names, catalog_.ListTables(database));
    std::vector<catalog::TableEntry> entries;
    for (std::string& name : names) entries.push_back({std::move(name), catalog::TableKind::kTable});
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    return entries;
  }

  Result<catalog::TablePtr> GetTable(const std::string& database, const std::string& name) override {
    std::size_t dollar = name.rfind('$');
    if (dollar != std::string::npos && dollar > 0)
      return GetMetadataTable(database, name, name.substr(0, dollar), name.substr(dollar + 1));
    FLOE_TRY(iceberg::LoadedTable loaded, Load(database, name));
    const iceberg::TableMetadata& metadata = *loaded.metadata;
    FLOE_TRY(data::Schema schema, iceberg::ToFlink(metadata.schema()));
    auto table = Described(database, name, schema);
    for (std::int32_t id : metadata.schema().identifier_field_ids)
      table->primary_key.push_back(metadata.schema().NameOf(id));
    table->partitioned_by = PartitionsOf(metadata);
    for (const auto& [key, value] : metadata.properties) {
      if (!IsFormatVersion(key)) table->options[key] = value;
    }
    return catalog::TablePtr(std::move(table));
  }

  Status CreateTable(const catalog::CatalogTable& table, bool replace) override {
    if (table.kind == catalog::TableKind::kView) {
      return Fail(
          ErrorKind::kNotSupported,
          fmt::format("views in Iceberg catalog '{}' are not supported yet; create it in default_catalog", name_));
    }
    iceberg::TableName where{table.path.database, table.path.name};
    if (replace) {
      FLOE_TRY(bool exists, catalog_.TableExists(where));
      if (exists)
        return Fail(ErrorKind::kNotSupported,
                    "CREATE OR REPLACE TABLE for Iceberg tables is not supported yet; drop the table first");
    }
    FLOE_TRY(iceberg::TableDefinition definition, DefinitionOf(table));
    FLOE_TRY(iceberg::LoadedTable created, catalog_.CreateTable(where, definition));
    return {};
  }

  Status DropTable(const std::string& database, const std::string& name) override {
    return catalog_.DropTable({database, name}, true);
  }

  Status RenameTable(const std::string& database, const std::string& from, const std::string& to) override {
    return catalog_.RenameTable({database, from}, {database, to});
  }

  Status CheckReset(const catalog::CatalogTable& before, const std::string& option) override {
    if (before.options.contains(option)) return {};
    auto refuse = [&](const std::string& why) {
      return Fail(ErrorKind::kNotSupported,
                  fmt::format("'{}' of Iceberg table {} cannot be reset: {}", option, before.path.ToString(), why));
    };
    auto property = PropertyName(option);
    if (!property) return refuse("it is no property of a table");
    if (IsFormatVersion(option)) return refuse("a table always has one");
    if (*property != option && before.options.contains(*property))
      return refuse(fmt::format("it is kept as '{}'; RESET that", *property));
    return {};
  }

  Status CheckWatermark(const catalog::CatalogTable& table) override { return NoWatermark(table, ""); }

  Status AlterTable(const catalog::TablePtr& before, const catalog::CatalogTable& table) override {
    FLOE_TRY_VOID(CheckKept(*before, table));
    iceberg::TableName where{table.path.database, table.path.name};
    FLOE_TRY(iceberg::LoadedTable changed, catalog_.ChangeTable(where, [&](iceberg::TableMetadata& metadata) {
      return Change(*before, table, metadata);
    }));
    return {};
  }

 private:
  /// kNotFound names what is missing: the database, or the table in it.
  Result<iceberg::LoadedTable> Load(const std::string& database, const std::string& name) {
    auto loaded = catalog_.LoadTable({database, name});
    if (loaded || loaded.error().kind() != ErrorKind::kNotFound) return loaded;
    FLOE_TRY(std::vector<std::string> databases, catalog_.ListDatabases());
    const bool in = std::ranges::find(databases, database) != databases.end();
    std::vector<std::string> names = std::move(databases);
    if (in) {
      FLOE_TRY(names, catalog_.ListTables(database));
      if (std::ranges::find(names, name) != names.end()) return loaded;  // a file of it is missing
    }
    const std::string near = Nearest(in ? name : database, names);
    return Fail(
        ErrorKind::kNotFound,
        fmt::format("there is no {}{}",
                    in ? "table " + catalog::ObjectPath{name_, database, name}.ToString()
                       : fmt::format("database {} in catalog {}", sql::dialect::QuoteIdentifier(database),
                                     sql::dialect::QuoteIdentifier(name_)),
                    near.empty() ? "" : fmt::format("; did you mean {}?", sql::dialect::QuoteIdentifier(near))));
  }

  std::shared_ptr<catalog::CatalogTable> Described(const std::string& database, const std::string& name,
                                                   const data::Schema& schema) const {
    auto table = std::make_shared<catalog::CatalogTable>();
    table->path = {name_, database, name};
    for (const data::Field& field : schema.fields) {
      catalog::CatalogColumn column;
      column.name = field.name;
      column.type = field.type;
      column.comment = field.comment;
      table->columns.push_back(std::move(column));
    }
    table->options["connector"] = "iceberg";
    return table;
  }

  Result<catalog::TablePtr> GetMetadataTable(const std::string& database, const std::string& full,
                                             const std::string& base, const std::string& kind) {
    FLOE_TRY(iceberg::LoadedTable loaded, Load(database, base));
    FLOE_TRY(iceberg::MetadataRows rows, iceberg::ReadMetadataTable(catalog_.io(), loaded, kind));
    data::Schema schema;
    for (std::size_t i = 0; i < rows.names.size(); ++i) {
      FLOE_TRY(data::Type type, data::FromDuckDB(rows.types[i]));
      schema.fields.push_back({rows.names[i], std::move(type), {}, {}});
    }
    auto table = Described(database, full, schema);
    table->options["catalog-database"] = database;
    table->options["catalog-table"] = base;
    table->options[kMetadataTableOption] = kind;
    return catalog::TablePtr(std::move(table));
  }

  Result<iceberg::TableDefinition> DefinitionOf(const catalog::CatalogTable& table) const {
    FLOE_TRY_VOID(CheckClauses(table));
    data::Schema schema;
    for (const catalog::CatalogColumn& column : table.columns) {
      if (column.kind != catalog::ColumnKind::kPhysical) {
        return Fail(ErrorKind::kInvalidInput,
                    fmt::format("column '{}' of {}: Iceberg tables hold physical columns only", column.name,
                                table.path.ToString()));
      }
      FLOE_TRY([[maybe_unused]] iceberg::Type type, KeptType(column));
      schema.fields.push_back({column.name, column.type, column.comment, {}});
    }
    iceberg::TableDefinition definition;
    FLOE_TRY(definition.fields, iceberg::FromFlink(schema));
    definition.identifier = table.primary_key;
    definition.partitioning = table.partitioned_by;
    for (const auto& [key, value] : table.options) {
      if (key == kLocationOption) definition.location = value;
      if (auto property = PropertyName(key)) definition.properties[*property] = value;
    }
    if (!table.comment.empty()) definition.properties["comment"] = table.comment;
    return definition;
  }

  /// kNotSupported for what ALTER TABLE can say and an Iceberg table cannot keep.
  static Status CheckKept(const catalog::CatalogTable& before, const catalog::CatalogTable& after) {
    const std::string table = after.path.ToString();
    auto refuse = [](std::string message) { return Fail(ErrorKind::kNotSupported, std::move(message)); };
    std::vector<std::string> key = before.primary_key;
    for (const auto& column : after.columns) {
      if (column.kind != catalog::ColumnKind::kPhysical)
        return refuse(fmt::format("column '{}' of {}: Iceberg tables hold physical columns only", column.name, table));
      if (!column.renamed_from.empty()) std::ranges::replace(key, column.renamed_from, column.name);
    }
    if (after.primary_key != key)
      return refuse(fmt::format("the PRIMARY KEY of Iceberg table {} stays as it was made", table));
    FLOE_TRY_VOID(CheckClauses(after));
    FLOE_TRY_VOID(CheckComments(before, after));
    for (const auto& [option, value] : after.options) {
      if (Changes(before, option, value) && !PropertyName(option))
        return refuse(fmt::format("'{}' of Iceberg table {} cannot be changed", option, table));
    }
    return {};
  }

  static Status CheckComments(const catalog::CatalogTable& before, const catalog::CatalogTable& after) {
    for (const auto& column : after.columns) {
      auto old = std::ranges::find(before.columns, column.name, &catalog::CatalogColumn::name);
      if (old == before.columns.end() || column.comment.empty() || column.comment == old->comment) continue;
      return Fail(ErrorKind::kNotSupported,
                  fmt::format("column '{}' of Iceberg table {} keeps the COMMENT it was made with; leave COMMENT out",
                              column.name, after.path.ToString()));
    }
    return {};
  }

  static Status SetFormatVersion(const std::string& option, const std::string& version,
                                 iceberg::TableMetadata& metadata) {
    if (version == std::to_string(metadata.format_version)) return {};
    if (version == "2") return iceberg::UpgradeFormat(metadata, 2);
    return Fail(ErrorKind::kNotSupported, fmt::format("'{}' = '{}': the table has version {}, and only 1 to 2 is built",
                                                      option, version, metadata.format_version));
  }

  /// Columns renamed, dropped, added, moved; types widened; NOT NULL dropped; properties set and removed.
  static Status Change(const catalog::CatalogTable& before, const catalog::CatalogTable& after,
                       iceberg::TableMetadata& metadata) {
    auto origin = [](const catalog::CatalogColumn& column) {
      return column.renamed_from.empty() ? column.name : column.renamed_from;
    };
    for (const auto& column : before.columns) {
      if (std::ranges::find(after.columns, column.name, origin) == after.columns.end())
        FLOE_TRY_VOID(iceberg::DropColumn(metadata, column.name));
    }
    for (const auto& column : after.columns) {
      auto old = std::ranges::find(before.columns, origin(column), &catalog::CatalogColumn::name);
      if (old == before.columns.end()) {
        FLOE_TRY_VOID(Add(column, metadata));
      } else {
        FLOE_TRY_VOID(Modify(*old, column, metadata));
      }
    }
    std::vector<std::string> names;
    for (const auto& column : after.columns) names.push_back(column.name);
    FLOE_TRY_VOID(iceberg::OrderColumns(metadata, names));
    return ChangeProperties(before, after, metadata);
  }

  /// Only what this ALTER sets or resets: the rest may have been changed by others meanwhile.
  static Status ChangeProperties(const catalog::CatalogTable& before, const catalog::CatalogTable& after,
                                 iceberg::TableMetadata& metadata) {
    std::erase_if(metadata.properties, [](const auto& property) { return IsFormatVersion(property.first); });
    for (const auto& [key, value] : before.options) {
      if (!after.options.contains(key)) metadata.properties.erase(key);
    }
    for (const auto& [key, value] : after.options) {
      if (!Changes(before, key, value)) continue;
      if (IsFormatVersion(key)) {
        FLOE_TRY_VOID(SetFormatVersion(key, value, metadata));
      } else if (auto property = PropertyName(key)) {
        metadata.properties[*property] = value;
      }
    }
    return {};
  }

  static Status Add(const catalog::CatalogColumn& column, iceberg::TableMetadata& metadata) {
    iceberg::Field field;
    field.name = column.name;
    FLOE_TRY(field.type, KeptType(column));
    field.required = !column.type.nullable();
    field.doc = column.comment;
    return iceberg::AddColumn(metadata, "", std::move(field));
  }

  static Status Modify(const catalog::CatalogColumn& old, const catalog::CatalogColumn& column,
                       iceberg::TableMetadata& metadata) {
    if (old.name != column.name) FLOE_TRY_VOID(iceberg::RenameColumn(metadata, old.name, column.name));
    if (!old.type.EqualsIgnoringNullability(column.type)) {
      FLOE_TRY(iceberg::Type type, KeptType(column));
      FLOE_TRY_VOID(iceberg::PromoteColumn(metadata, column.name, type));
    }
    if (old.type.nullable() && !column.type.nullable()) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("column '{}' cannot become NOT NULL: rows already there may be null", column.name));
    }
    return old.type.nullable() == column.type.nullable() ? Status()
                                                         : iceberg::MakeColumnOptional(metadata, column.name);
  }

  iceberg::Catalog& catalog_;
  const std::string name_;
};

}  // namespace

catalog::CatalogTable AsIcebergKeeps(catalog::CatalogTable table) {
  for (catalog::CatalogColumn& column : table.columns) {
    auto kept = KeptType(column);
    if (!kept) continue;  // making the table will say so
    auto type = iceberg::ToFlink(*kept, !column.type.nullable());
    if (type) column.type = *std::move(type);
  }
  catalog::Options options;
  for (auto& [key, value] : table.options) {
    auto property = PropertyName(key);
    if (property && !IsFormatVersion(key)) options[*property] = value;
  }
  options["connector"] = "iceberg";
  table.options = std::move(options);
  return table;
}

std::shared_ptr<sql::catalog::Catalog> MakeIcebergCatalog(iceberg::Catalog& catalog, std::string name) {
  return std::make_shared<IcebergSqlCatalog>(catalog, std::move(name));
}

}  // namespace floe::query
