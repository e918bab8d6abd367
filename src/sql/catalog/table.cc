// SPDX-License-Identifier: Apache-2.0
// CREATE TABLE to CatalogTable and back, LIKE.
#include "sql/catalog/table.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sql/catalog/table_internal.h"
#include "sql/dialect/parser.h"
#include "sql/dialect/unparser.h"

namespace floe::sql::catalog {

using dialect::QuoteIdentifier;
using dialect::Span;

std::unexpected<Error> FailAt(const Span& span, std::string message, ErrorKind kind) {
  Error error(kind, std::move(message));
  if (span.position.line > 0) return Fail(std::move(error).WithPosition(span.position));
  return Fail(std::move(error));
}

dialect::Identifier Named(const std::string& name) {
  return dialect::Identifier{name, true, {}};
}

std::string ObjectPath::ToString() const {
  return fmt::format("{}.{}.{}", QuoteIdentifier(catalog), QuoteIdentifier(database), QuoteIdentifier(name));
}

const CatalogColumn* FindColumn(const CatalogTable& table, const std::string& name) {
  auto found = std::ranges::find(table.columns, name, &CatalogColumn::name);
  return found == table.columns.end() ? nullptr : &*found;
}

std::string NearColumn(const CatalogTable& table, const std::string& name) {
  std::vector<std::string_view> names;
  for (const CatalogColumn& column : table.columns) names.push_back(column.name);
  std::string_view near = dialect::NearestWord(name, names);
  return near.empty() ? "" : fmt::format("; did you mean {}?", QuoteIdentifier(near));
}

namespace {

/// Which parts of the source LIKE takes: by default all, and options may be overwritten.
struct LikeRules {
  std::string constraints = "INCLUDING", distribution = "INCLUDING", generated = "INCLUDING", metadata = "INCLUDING",
              options = "OVERWRITING", partitions = "INCLUDING", watermarks = "INCLUDING";
};

LikeRules ReadLike(const dialect::TableLike& like) {
  LikeRules rules;
  auto apply = [&](const std::string& feature, const std::string& mode) {
    bool all = feature == "ALL";
    if (all || feature == "CONSTRAINTS") rules.constraints = mode;
    if (all || feature == "DISTRIBUTION") rules.distribution = mode;
    if (all || feature == "GENERATED") rules.generated = mode;
    if (all || feature == "METADATA") rules.metadata = mode;
    if (all || feature == "OPTIONS") rules.options = mode;
    if (all || feature == "PARTITIONS") rules.partitions = mode;
    if (all || feature == "WATERMARKS") rules.watermarks = mode;
  };
  for (const dialect::LikeOption& option : like.options) {
    if (option.feature == "ALL") apply(option.feature, option.mode);
  }
  for (const dialect::LikeOption& option : like.options) {
    if (option.feature != "ALL") apply(option.feature, option.mode);
  }
  return rules;
}

void CopyBase(const LikeRules& rules, const CatalogTable& base, CatalogTable& table) {
  for (const CatalogColumn& column : base.columns) {
    if (column.kind == ColumnKind::kComputed && rules.generated == "EXCLUDING") continue;
    if (column.kind == ColumnKind::kMetadata && rules.metadata == "EXCLUDING") continue;
    table.columns.push_back(column);
  }
  if (rules.watermarks != "EXCLUDING") table.watermark = base.watermark;
  if (rules.constraints != "EXCLUDING") {
    table.primary_key = base.primary_key;
    table.primary_key_name = base.primary_key_name;
  }
  if (rules.partitions != "EXCLUDING") table.partitioned_by = base.partitioned_by;
  if (rules.distribution != "EXCLUDING") table.distribution = base.distribution;
  if (rules.options != "EXCLUDING") table.options = base.options;
  table.comment = base.comment;
}

Status SetWatermark(const std::vector<dialect::WatermarkDefinition>& watermarks, const LikeRules& rules,
                    CatalogTable& table) {
  if (watermarks.empty()) return {};
  if (watermarks.size() > 1) return FailAt(watermarks[1].span, "a table has one WATERMARK");
  if (table.watermark && rules.watermarks == "INCLUDING") {
    return FailAt(watermarks[0].span,
                  "the table of LIKE has a watermark already; add OVERWRITING WATERMARKS or EXCLUDING WATERMARKS");
  }
  return ApplyWatermark(watermarks[0], table);
}

Status SetOptionsOf(const dialect::CreateTable& statement, const LikeRules& rules, CatalogTable& table) {
  std::set<std::string> seen;
  for (const dialect::Option& option : statement.options) {
    if (!seen.insert(option.key).second)
      return FailAt(option.key_span, fmt::format("the option '{}' stands twice", option.key));
    if (statement.like && rules.options == "INCLUDING" && table.options.contains(option.key)) {
      return FailAt(option.key_span,
                    fmt::format("the table of LIKE has the option '{}' already; add OVERWRITING OPTIONS", option.key));
    }
    table.options[option.key] = option.value;
  }
  return {};
}

Status SetKey(const dialect::CreateTable& statement, const LikeRules& rules, CatalogTable& table) {
  std::vector<dialect::PrimaryKey> keys = statement.primary_keys;
  for (const dialect::ColumnDefinition& column : statement.columns) {
    if (column.primary_key) keys.push_back({{}, {column.name}, column.primary_key_enforced, column.span});
  }
  if (keys.empty()) return {};
  if (keys.size() > 1)
    return FailAt(keys[1].span,
                  "a table has one PRIMARY KEY; put all its columns into PRIMARY KEY (a, b) NOT ENFORCED");
  if (statement.like && !table.primary_key.empty() && rules.constraints == "INCLUDING") {
    return FailAt(keys[0].span, "the table of LIKE has a primary key already; add EXCLUDING CONSTRAINTS");
  }
  return ApplyPrimaryKey(keys[0], table);
}

/// Hidden partitions are no part of a table elsewhere, as with Flink's LIKE.
void ForgetTransforms(const CatalogTable& base, CatalogTable& table) {
  const bool elsewhere = !table.connector().empty() && table.connector() != base.connector();
  const bool hidden = std::ranges::any_of(table.partitioned_by,
                                          [&](const std::string& item) { return FindColumn(table, item) == nullptr; });
  if (elsewhere && hidden) table.partitioned_by.clear();
}

Status SetPartitions(const dialect::CreateTable& statement, CatalogTable& table) {
  if (statement.partitioned_by.empty()) return {};
  table.partitioned_by.clear();
  for (const dialect::PartitionItem& item : statement.partitioned_by) {
    if (FindColumn(table, item.column.text) == nullptr) {
      return FailAt(item.column.span,
                    fmt::format("PARTITIONED BY names the column {}, which the table does not have{}",
                                QuoteIdentifier(item.column.text), NearColumn(table, item.column.text)));
    }
    std::string text = item.ToString();
    if (std::ranges::find(table.partitioned_by, text) != table.partitioned_by.end()) {
      return FailAt(item.span, fmt::format("PARTITIONED BY names {} twice", text));
    }
    table.partitioned_by.push_back(std::move(text));
  }
  return {};
}

}  // namespace

CatalogColumn MakeColumn(const dialect::ColumnDefinition& definition) {
  CatalogColumn column;
  column.name = definition.name.text;
  column.comment = definition.comment.value_or("");
  if (const auto* physical = std::get_if<dialect::PhysicalColumn>(&definition.definition)) {
    column.type = physical->type.type;
  } else if (const auto* metadata = std::get_if<dialect::MetadataColumn>(&definition.definition)) {
    column.kind = ColumnKind::kMetadata;
    column.type = metadata->type.type;
    column.metadata_key = metadata->key.empty() ? column.name : metadata->key;
    column.is_virtual = metadata->is_virtual;
  } else {
    column.kind = ColumnKind::kComputed;
    column.expression = ToSql(std::get<dialect::ComputedColumn>(definition.definition).expression);
  }
  return column;
}

Status CheckColumn(const dialect::ColumnDefinition& definition) {
  const auto* physical = std::get_if<dialect::PhysicalColumn>(&definition.definition);
  const auto* metadata = std::get_if<dialect::MetadataColumn>(&definition.definition);
  const dialect::TypeName* type = physical != nullptr   ? &physical->type
                                  : metadata != nullptr ? &metadata->type
                                                        : nullptr;
  if (type != nullptr && !type->unresolved.empty()) {
    return FailAt(type->span,
                  fmt::format("the type {} is not supported; use a SQL type such as STRING or BYTES", type->unresolved),
                  ErrorKind::kNotSupported);
  }
  if (type != nullptr && type->type.kind() == data::TypeKind::kNull)
    return FailAt(type->span, "a column cannot have the type NULL");
  if (physical != nullptr && physical->default_value) {
    return FailAt(definition.span, "DEFAULT is not supported in Flink SQL; compute the value in the INSERT",
                  ErrorKind::kNotSupported);
  }
  return {};
}

Status ApplyWatermark(const dialect::WatermarkDefinition& definition, CatalogTable& table) {
  const std::string& name = definition.column[0].text;
  const CatalogColumn* column = FindColumn(table, name);
  if (column == nullptr) {
    return FailAt(definition.column[0].span,
                  fmt::format("WATERMARK FOR names the column {}, which the table does not have{}",
                              QuoteIdentifier(name), NearColumn(table, name)));
  }
  if (column->kind != ColumnKind::kComputed && definition.column.size() == 1) {
    bool fits = column->type.IsTimestamp() && column->type.precision() <= 3;
    if (!column->type.IsTimestamp()) {
      return FailAt(definition.column[0].span,
                    fmt::format("the watermark's column {} is {}; it must be TIMESTAMP(3) or TIMESTAMP_LTZ(3), for "
                                "example a computed column "
                                "ts AS TO_TIMESTAMP_LTZ({}, 3)",
                                QuoteIdentifier(name), column->type.ToString(), QuoteIdentifier(name)));
    }
    if (!fits) {
      const char* type = column->type.kind() == data::TypeKind::kTimestamp ? "TIMESTAMP(3)" : "TIMESTAMP_LTZ(3)";
      const std::string computed = QuoteIdentifier(name + "3");
      return FailAt(definition.column[0].span,
                    fmt::format("the watermark's column {0} is {1}; a time attribute has a precision of at most 3: "
                                "declare {0} as {2}, or compute one: ({3} AS CAST({0} AS {2}), WATERMARK FOR {3} AS "
                                "{3})",
                                QuoteIdentifier(name), column->type.ToString(), type, computed));
    }
  }
  CatalogWatermark watermark;
  for (const dialect::Identifier& part : definition.column) watermark.column.push_back(part.text);
  watermark.expression = ToSql(definition.expression);
  table.watermark = std::move(watermark);
  return {};
}

Status ApplyPrimaryKey(const dialect::PrimaryKey& key, CatalogTable& table) {
  if (key.enforced) {
    return FailAt(key.span, "Flink SQL does not check primary keys; write PRIMARY KEY (...) NOT ENFORCED",
                  ErrorKind::kInvalidInput);
  }
  std::vector<std::string> columns;
  std::string name = "PK";
  for (const dialect::Identifier& column : key.columns) {
    auto found = std::ranges::find(table.columns, column.text, &CatalogColumn::name);
    if (found == table.columns.end()) {
      return FailAt(column.span, fmt::format("PRIMARY KEY names the column {}, which the table does not have{}",
                                             QuoteIdentifier(column.text), NearColumn(table, column.text)));
    }
    if (found->kind != ColumnKind::kPhysical) {
      return FailAt(column.span,
                    fmt::format("the primary key's column {} is computed or metadata; it must be a physical column",
                                QuoteIdentifier(column.text)));
    }
    if (std::ranges::find(columns, column.text) != columns.end()) {
      return FailAt(column.span, fmt::format("PRIMARY KEY names {} twice", QuoteIdentifier(column.text)));
    }
    found->type = found->type.WithNullable(false);
    columns.push_back(column.text);
    name += "_" + column.text;
  }
  table.primary_key = std::move(columns);
  table.primary_key_name = key.constraint.text.empty() ? name : key.constraint.text;
  return {};
}

Result<CatalogTable> MakeTable(const dialect::CreateTable& statement, ObjectPath path, const CatalogTable* base) {
  CatalogTable table;
  table.path = std::move(path);
  table.temporary = statement.temporary;
  LikeRules rules;
  if (statement.like) {
    FLOE_CHECK(base != nullptr);
    if (base->kind == TableKind::kView) return FailAt(statement.like->source.span, "LIKE takes a table, not a view");
    rules = ReadLike(*statement.like);
    CopyBase(rules, *base, table);
  }
  for (const dialect::ColumnDefinition& definition : statement.columns) {
    FLOE_TRY_VOID(CheckColumn(definition));
    CatalogColumn column = MakeColumn(definition);
    auto existing = std::ranges::find(table.columns, column.name, &CatalogColumn::name);
    if (existing == table.columns.end()) {
      table.columns.push_back(std::move(column));
      continue;
    }
    bool overwrites =
        (column.kind == ColumnKind::kComputed && rules.generated == "OVERWRITING" && existing->kind == column.kind) ||
        (column.kind == ColumnKind::kMetadata && rules.metadata == "OVERWRITING" && existing->kind == column.kind);
    if (!statement.like || !overwrites) {
      return FailAt(definition.name.span, fmt::format("the column {} stands twice in {}", QuoteIdentifier(column.name),
                                                      table.path.ToString()));
    }
    *existing = std::move(column);
  }
  if (table.columns.empty()) {
    return FailAt(statement.name.span,
                  fmt::format("{} has no columns; write them in parentheses behind its name", table.path.ToString()));
  }
  FLOE_TRY_VOID(SetKey(statement, rules, table));
  FLOE_TRY_VOID(SetWatermark(statement.watermarks, rules, table));
  FLOE_TRY_VOID(SetPartitions(statement, table));
  FLOE_TRY_VOID(SetOptionsOf(statement, rules, table));
  if (statement.distribution) table.distribution = statement.distribution;
  if (statement.comment) table.comment = *statement.comment;
  if (!statement.provider.empty()) table.options.try_emplace("connector", statement.provider);
  if (statement.like && base->connector() == "iceberg") ForgetTransforms(*base, table);
  return table;
}

// ---- and back ----

Result<dialect::CreateTable> ToCreateTable(const CatalogTable& table) {
  auto expression = [&](const std::string& text) -> Result<dialect::Expression> {
    auto parsed = dialect::ParseExpression(text);
    if (parsed) return parsed;
    return Fail(ErrorKind::kCorruption,
                fmt::format("{} holds an expression that does not parse: {}", table.path.ToString(), text));
  };
  dialect::CreateTable statement;
  statement.name.parts = {Named(table.path.catalog), Named(table.path.database), Named(table.path.name)};
  statement.temporary = table.temporary;
  for (const CatalogColumn& column : table.columns) {
    dialect::ColumnDefinition definition;
    definition.name = Named(column.name);
    if (!column.comment.empty()) definition.comment = column.comment;
    if (column.kind == ColumnKind::kPhysical) {
      definition.definition = dialect::PhysicalColumn{{column.type, {}, {}}, {}};
    } else if (column.kind == ColumnKind::kMetadata) {
      definition.definition = dialect::MetadataColumn{
          {column.type, {}, {}}, column.metadata_key == column.name ? "" : column.metadata_key, column.is_virtual};
    } else {
      FLOE_TRY(dialect::Expression computed, expression(column.expression));
      definition.definition = dialect::ComputedColumn{std::move(computed)};
    }
    statement.columns.push_back(std::move(definition));
  }
  if (table.watermark) {
    dialect::WatermarkDefinition watermark;
    for (const std::string& part : table.watermark->column) watermark.column.push_back(Named(part));
    FLOE_TRY(watermark.expression, expression(table.watermark->expression));
    statement.watermarks.push_back(std::move(watermark));
  }
  if (!table.primary_key.empty()) {
    dialect::PrimaryKey key;
    key.constraint = Named(table.primary_key_name);
    for (const std::string& column : table.primary_key) key.columns.push_back(Named(column));
    key.enforced = false;
    statement.primary_keys.push_back(std::move(key));
  }
  if (!table.comment.empty()) statement.comment = table.comment;
  statement.distribution = table.distribution;
  if (!table.partitioned_by.empty()) {
    FLOE_TRY(statement.partitioned_by, ParsePartitions(table));
  }
  for (const auto& [key, value] : table.options) statement.options.push_back({key, value, {}, {}});
  return statement;
}

Result<std::vector<dialect::PartitionItem>> ParsePartitions(const CatalogTable& table) {
  std::string list;
  for (const std::string& item : table.partitioned_by) {
    if (!list.empty()) list += ", ";
    bool transform = item.ends_with(')') && item.find('(') != std::string::npos && FindColumn(table, item) == nullptr;
    list += transform ? item : QuoteIdentifier(item);
  }
  auto parsed = dialect::ParseStatement("CREATE TABLE t PARTITIONED BY (" + list + ")");
  if (!parsed)
    return Fail(ErrorKind::kCorruption,
                fmt::format("{} has partitions that do not parse: {}", table.path.ToString(), list));
  return parsed->As<dialect::CreateTable>()->partitioned_by;
}

std::string CatalogTable::connector() const {
  auto found = options.find("connector");
  return found == options.end() ? std::string() : found->second;
}

namespace {

Result<dialect::Statement> CreateStatement(const CatalogTable& table) {
  FLOE_TRY(dialect::CreateTable node, ToCreateTable(table));
  dialect::Statement statement;
  statement.node = std::move(node);
  return statement;
}

std::string Ticked(std::string_view name) {
  std::string text = "`";
  for (char c : name) text += c == '`' ? std::string("``") : std::string(1, c);
  return text + "`";
}

}  // namespace

std::string CatalogTable::ToShownSql() const {
  if (kind == TableKind::kView) return ToCreateSql();  // its query is for the caller to show
  auto statement = CreateStatement(*this);
  return statement ? dialect::ToShownSql(*statement) : "-- " + statement.error().message();
}

std::string CatalogTable::ToCreateSql() const {
  if (kind == TableKind::kView) {
    std::string text = temporary ? "CREATE TEMPORARY VIEW " : "CREATE VIEW ";
    text += fmt::format("{}.{}.{}", Ticked(path.catalog), Ticked(path.database), Ticked(path.name));
    for (std::size_t i = 0; i < view_columns.size(); ++i)
      text += (i > 0 ? ",\n  " : " (\n  ") + Ticked(view_columns[i]);
    if (!view_columns.empty()) text += "\n)";
    if (!comment.empty()) text += "\nCOMMENT " + dialect::QuoteString(comment);
    return text + "\nAS " + view_query;
  }
  auto statement = CreateStatement(*this);
  return statement ? ToSql(*statement) : "-- " + statement.error().message();
}

}  // namespace floe::sql::catalog
