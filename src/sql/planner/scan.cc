// SPDX-License-Identifier: Apache-2.0
// Stored tables: scan, computed columns in declared order, watermark.
#include <algorithm>

#include <fmt/format.h>

#include "connect/api/option_match.h"
#include "sql/bind/functions_internal.h"
#include "sql/dialect/parser.h"
#include "sql/planner/query_planner.h"

namespace floe::sql::planner {
namespace {

using catalog::CatalogColumn;
using catalog::CatalogTable;
using catalog::ColumnKind;
using data::Type;
using plan::ExpressionPtr;

/// Errors of a stored expression have positions in its own text; say where that is.
Error Stored(Error error, const CatalogTable& table, const std::string& what, TextPosition position) {
  return Error(error.kind(), error.message())
      .WithPosition(position)
      .WithContext(fmt::format("in {} of table {}", what, table.path.ToString()));
}

Result<ExpressionPtr> BindStored(const std::string& text, const bind::Scope& scope, const bind::Session& session) {
  FLOE_TRY(dialect::Expression ast, dialect::ParseExpression(text));
  return bind::ExpressionBinder(scope, session).Bind(ast);
}

bool IsProctime(const ExpressionPtr& e, const std::string& text) {
  return e->kind == plan::ExpressionKind::kCall && e->function == "floe_now" &&
         (text.starts_with("PROCTIME") || text.starts_with("proctime"));
}

Status ApplyTimeTravel(const dialect::TimeTravel& as_of, const bind::Session& session, plan::Scan& scan) {
  TextPosition position = as_of.value.span.position;
  bind::Scope none;
  FLOE_TRY(ExpressionPtr value, bind::ExpressionBinder(none, session).Bind(as_of.value));
  if (as_of.kind == dialect::TravelKind::kVersion) {
    if (auto number = bind::IntegerOf(value)) {
      scan.as_of_snapshot = *number;
    } else if (auto text = bind::TextOf(value)) {
      scan.as_of_ref = *text;
    } else {
      return bind::FailAt(position, "VERSION AS OF takes a snapshot id, or a branch or tag in quotes");
    }
    return {};
  }
  std::optional<std::int64_t> micros;
  if (value->type.kind() == data::TypeKind::kTimestampLtz) micros = bind::IntegerOf(value);
  if (value->type.kind() == data::TypeKind::kTimestamp) {
    micros = bind::IntegerOf(value);
    std::optional<std::int64_t> offset = bind::FixedOffsetMs(session.zone);
    if (micros && offset) *micros -= *offset * 1000;
    if (!offset)
      return bind::NotSupportedAt(position,
                                  "AS OF a TIMESTAMP needs a zone of fixed offset; write a TIMESTAMP_LTZ in UTC");
  }
  if (!micros) return bind::FailAt(position, "AS OF takes a constant such as TIMESTAMP '2024-01-31 12:00:00'");
  scan.as_of_timestamp_ms = *micros / 1000;
  return {};
}

void ApplyHints(const std::vector<dialect::Hint>& hints, connect::TableDefinition& table) {
  for (const dialect::Hint& hint : hints) {
    for (const dialect::Option& option : hint.options) {
      if (hint.name.text == "OPTIONS" || hint.name.text == "options") table.options[option.key] = option.value;
    }
  }
}

/// Chooses all columns of the table and gives their schema.
data::Schema ScanAll(const CatalogTable& table, plan::Scan& scan) {
  data::Schema schema;
  for (std::size_t i = 0; i < scan.table.physical.size(); ++i) {
    scan.columns.push_back(static_cast<int>(i));
    schema.fields.push_back(scan.table.physical.fields[i]);
  }
  std::size_t next = 0;
  for (const CatalogColumn& column : table.columns) {
    if (column.kind != ColumnKind::kMetadata) continue;
    scan.metadata.push_back(static_cast<int>(next++));
    schema.fields.push_back({column.name, column.type, column.comment});
  }
  return schema;
}

}  // namespace

connect::TableDefinition DefinitionOf(const CatalogTable& table) {
  connect::TableDefinition definition;
  definition.catalog = table.path.catalog;
  definition.database = table.path.database;
  definition.name = table.path.name;
  for (const CatalogColumn& column : table.columns) {
    if (column.kind == ColumnKind::kPhysical)
      definition.physical.fields.push_back({column.name, column.type, column.comment});
    if (column.kind == ColumnKind::kMetadata)
      definition.metadata.push_back({column.metadata_key, column.type, column.is_virtual});
  }
  definition.primary_key = table.primary_key;
  definition.partition_keys = table.partitioned_by;
  definition.options = table.options;
  auto connector = definition.options.find("connector");
  if (connector != definition.options.end()) {
    definition.connector = connector->second;
    definition.options.erase(connector);
  }
  return definition;
}

Result<plan::NodePtr> QueryPlanner::MakeScan(const CatalogTable& table, const std::vector<dialect::Hint>& hints,
                                             const dialect::TimeTravel* as_of, TextPosition position) {
  plan::Scan scan{.table = DefinitionOf(table)};
  ApplyHints(hints, scan.table);
  auto connector = options_.connectors->Find(scan.table.connector);
  if (!connector) return Fail(std::move(connector.error()).WithPosition(position));
  if (!(*connector)->descriptor().source) {
    return bind::FailAt(position, fmt::format("table {} cannot be read: its connector '{}' is only a sink",
                                              table.path.ToString(), scan.table.connector));
  }
  if (as_of != nullptr && scan.table.connector != "iceberg") {
    return bind::FailAt(as_of->span.position,
                        fmt::format("table {} keeps no versions: FOR ... AS OF reads Iceberg tables only (its "
                                    "connector is '{}')",
                                    table.path.ToString(), scan.table.connector));
  }
  if (as_of != nullptr) FLOE_TRY_VOID(ApplyTimeTravel(*as_of, session_, scan));
  data::Schema schema = ScanAll(table, scan);
  return MakeNode(std::move(scan), std::move(schema), position);
}

Result<Relation> QueryPlanner::PlanTable(const CatalogTable& table, const std::vector<dialect::Hint>& hints,
                                         const dialect::TimeTravel* as_of, TextPosition position) {
  bool shared = hints.empty() && as_of == nullptr;
  auto known = scans_.find(table.path.ToString());
  if (shared && known != scans_.end()) return known->second;
  FLOE_TRY(plan::NodePtr scan, MakeScan(table, hints, as_of, position));
  FLOE_TRY(Relation relation, AddComputed(std::move(scan), table, position));
  FLOE_TRY(relation, AddWatermark(std::move(relation), table));
  if (shared) scans_[table.path.ToString()] = relation;
  return relation;
}

Result<Relation> QueryPlanner::PlanColumns(const CatalogTable& table) {
  plan::Scan scan{.table = DefinitionOf(table)};
  data::Schema schema = ScanAll(table, scan);
  FLOE_TRY(Relation relation, AddComputed(MakeNode(std::move(scan), std::move(schema)), table, {}));
  return AddWatermark(std::move(relation), table);
}

Result<Relation> QueryPlanner::AddComputed(plan::NodePtr scan, const CatalogTable& table, TextPosition position) {
  Relation relation{.node = std::move(scan)};
  relation.scope.tables = {bind::ScopeTable{{table.path.catalog, table.path.database, table.path.name}}};
  for (const data::Field& field : relation.node->schema.fields) {
    relation.scope.columns.push_back({.name = field.name, .type = field.type});
  }

  // Declared order, computed columns among the others.
  std::vector<ExpressionPtr> expressions;
  std::vector<std::string> names;
  std::vector<bool> proctime;
  bool computed = false;
  int physical = 0;
  auto metadata = static_cast<int>(std::ranges::count(table.columns, ColumnKind::kPhysical, &CatalogColumn::kind));
  for (const CatalogColumn& column : table.columns) {
    names.push_back(column.name);
    proctime.push_back(false);
    if (column.kind != ColumnKind::kComputed) {
      int index = column.kind == ColumnKind::kPhysical ? physical++ : metadata++;
      computed = computed || index != static_cast<int>(expressions.size());
      expressions.push_back(plan::Column(index, column.type));
      continue;
    }
    computed = true;
    auto bound = BindStored(column.expression, relation.scope, session_);
    if (!bound) return Fail(Stored(std::move(bound.error()), table, "column '" + column.name + "'", position));
    proctime.back() = IsProctime(*bound, column.expression);
    expressions.push_back(std::move(*bound));
  }
  if (computed) {
    bind::Scope before = relation.scope;
    relation = MakeProject(relation, std::move(expressions), names);
    relation.scope.tables = before.tables;
    for (std::size_t i = 0; i < proctime.size(); ++i) {
      if (proctime[i]) relation.scope.columns[i].time = data::TimeAttribute::kProctime;
    }
  }
  return relation;
}

Result<Relation> QueryPlanner::AddWatermark(Relation relation, const CatalogTable& table) {
  if (!table.watermark) return relation;
  const catalog::CatalogWatermark& watermark = *table.watermark;
  if (watermark.column.size() != 1) {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("table {}: WATERMARK FOR a field of a ROW is not supported; add a computed column for it",
                            table.path.ToString()));
  }
  int column = relation.node->schema.Find(watermark.column[0]);
  if (column < 0) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("table {}: WATERMARK FOR '{}': there is no such column",
                                                      table.path.ToString(), watermark.column[0]));
  }
  const Type& type = relation.node->schema.fields[static_cast<std::size_t>(column)].type;
  if (!type.IsTimestamp() || type.precision() > 3) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("table {}: WATERMARK FOR '{}': the column is {}; it must be "
                                                      "TIMESTAMP(3) or TIMESTAMP_LTZ(3); add a computed "
                                                      "column such as ts AS CAST({} AS TIMESTAMP(3))",
                                                      table.path.ToString(), watermark.column[0],
                                                      type.WithNullable(true).ToString(), watermark.column[0]));
  }
  auto expression = BindStored(watermark.expression, relation.scope, session_);
  if (!expression)
    return Fail(Stored(std::move(expression.error()), table, "WATERMARK FOR '" + watermark.column[0] + "'", {}));
  if (!(*expression)->type.IsTimestamp()) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("table {}: the watermark is {}; it must be a timestamp such as {} - INTERVAL '5' SECOND",
                            table.path.ToString(), (*expression)->type.ToString(), watermark.column[0]));
  }
  relation.scope.columns[static_cast<std::size_t>(column)].time = data::TimeAttribute::kRowtime;
  plan::Watermark node{relation.node, column,
                       bind::MakeCast(*expression, type, bind::CastMode::kExplicit, session_.zone), 0};
  auto idle = options_.settings.find("table.exec.source.idle-timeout");
  if (idle != options_.settings.end()) {
    FLOE_TRY(std::chrono::milliseconds timeout, connect::ParseDurationOption(idle->first, idle->second));
    node.idle_timeout_ms = timeout.count();
  }
  relation.node = MakeNode(std::move(node), relation.scope.schema());
  return relation;
}

}  // namespace floe::sql::planner
