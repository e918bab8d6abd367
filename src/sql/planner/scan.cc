// SPDX-License-Identifier: Apache-2.0
// Stored tables: scan, computed columns in declared order, watermark.
#include <algorithm>

#include <fmt/format.h>

#include "connect/api/option_match.h"
#include "sql/bind/functions_internal.h"
#include "sql/dialect/parser.h"
#include "sql/planner/hints.h"
#include "sql/planner/query_planner.h"
#include "sql/planner/time_travel.h"

namespace floe::sql::planner {
namespace {

using catalog::CatalogColumn;
using catalog::CatalogTable;
using catalog::ColumnKind;
using data::Type;
using plan::ExpressionPtr;

bool IsProctime(const ExpressionPtr& e, const std::string& text) {
  return e->kind == plan::ExpressionKind::kCall && e->function == "floe_now" &&
         (text.starts_with("PROCTIME") || text.starts_with("proctime"));
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
  definition.connector = table.connector();
  definition.options = table.options;
  definition.options.erase("connector");
  return definition;
}

Result<plan::NodePtr> QueryPlanner::MakeScan(const CatalogTable& table, const std::vector<dialect::Hint>& hints,
                                             const dialect::TimeTravel* as_of, TextPosition position) {
  plan::Scan scan{.table = DefinitionOf(table)};
  auto connector = options_.connectors->Find(scan.table.connector);
  if (!connector) return Fail(std::move(connector.error()).WithPosition(position));
  FLOE_TRY_VOID(ApplyHints(hints, options_, scan.table));
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
  if (as_of != nullptr) FLOE_TRY_VOID(ApplyTimeTravel(*as_of, session_, options_.time_of, scan));
  data::Schema schema = ScanAll(table, scan);
  return MakeNode(std::move(scan), std::move(schema), position);
}

Result<Relation> QueryPlanner::PlanTable(const CatalogTable& table, const std::vector<dialect::Hint>& hints,
                                         const dialect::TimeTravel* as_of, TextPosition position) {
  bool shared = hints.empty() && as_of == nullptr;
  auto known = scans_.find(table.path.ToString());
  if (shared && known != scans_.end()) return known->second;
  FLOE_TRY(plan::NodePtr scan, MakeScan(table, hints, as_of, position));
  FLOE_TRY(Relation relation, AddComputed(std::move(scan), table, position, nullptr));
  FLOE_TRY(relation, AddWatermark(std::move(relation), table, position, nullptr));
  if (shared) scans_[table.path.ToString()] = relation;
  return relation;
}

/// With the tree of the statement at hand errors stand in its text; with the stored text they show that.
Result<ExpressionPtr> QueryPlanner::BindStored(const std::string& text, const dialect::Expression* written,
                                               const bind::Scope& scope, const std::string& what,
                                               TextPosition position) {
  bind::Session session = session_;
  session.outer = nullptr;
  session.plan_subquery = {};
  if (written != nullptr) {
    auto bound = bind::ExpressionBinder(scope, session).Bind(*written);
    if (!bound) return Fail(std::move(bound).error().WithContext("in " + what));
    return bound;
  }
  auto bound = [&]() -> Result<ExpressionPtr> {
    FLOE_TRY(dialect::Expression ast, dialect::ParseExpression(text));
    return bind::ExpressionBinder(scope, session).Bind(ast);
  }();
  if (!bound) return Fail(InStoredText(bound.error(), text, what, position));
  return bound;
}

Result<Relation> QueryPlanner::PlanColumns(const CatalogTable& table, const Written* written) {
  TextPosition position = written == nullptr ? TextPosition{} : written->name;
  plan::Scan scan{.table = DefinitionOf(table)};
  data::Schema schema = ScanAll(table, scan);
  FLOE_TRY(Relation relation, AddComputed(MakeNode(std::move(scan), std::move(schema)), table, position, written));
  return AddWatermark(std::move(relation), table, position, written);
}

Result<Relation> QueryPlanner::AddComputed(plan::NodePtr scan, const CatalogTable& table, TextPosition position,
                                           const Written* written) {
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
    const dialect::Expression* here = written == nullptr ? nullptr : written->Computed(column.name);
    FLOE_TRY(ExpressionPtr bound,
             BindStored(column.expression, here, relation.scope,
                        fmt::format("column '{}' of table {}", column.name, table.path.ToString()), position));
    proctime.back() = IsProctime(bound, column.expression);
    expressions.push_back(std::move(bound));
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

Result<Relation> QueryPlanner::AddWatermark(Relation relation, const CatalogTable& table, TextPosition position,
                                            const Written* written) {
  if (!table.watermark) return relation;
  const catalog::CatalogWatermark& watermark = *table.watermark;
  const dialect::WatermarkDefinition* here = written == nullptr ? nullptr : written->watermark;
  TextPosition name_position = here == nullptr ? position : here->column[0].span.position;
  if (watermark.column.size() != 1) {
    return bind::NotSupportedAt(
        name_position,
        fmt::format("table {}: WATERMARK FOR a field of a ROW is not supported; add a computed column for it",
                    table.path.ToString()));
  }
  const std::string& name = watermark.column[0];
  int column = relation.node->schema.Find(name);
  if (column < 0) {
    return bind::FailAt(name_position, fmt::format("table {}: WATERMARK FOR '{}': there is no such column",
                                                   table.path.ToString(), name));
  }
  const Type& type = relation.node->schema.fields[static_cast<std::size_t>(column)].type;
  if (!type.IsTimestamp() || type.precision() > 3) {
    return bind::FailAt(name_position,
                        fmt::format("table {}: WATERMARK FOR '{}': the column is {}; it must be TIMESTAMP(3) or "
                                    "TIMESTAMP_LTZ(3); add a computed column such as ts AS CAST({} AS TIMESTAMP(3))",
                                    table.path.ToString(), name, type.WithNullable(true).ToString(), name));
  }
  FLOE_TRY(ExpressionPtr expression,
           BindStored(watermark.expression, here == nullptr ? nullptr : &here->expression, relation.scope,
                      fmt::format("WATERMARK FOR '{}' of table {}", name, table.path.ToString()), position));
  if (!expression->type.IsTimestamp()) {
    return bind::FailAt(here == nullptr ? position : here->expression.span.position,
                        fmt::format("table {}: the watermark is {}; it must be a timestamp such as {} - INTERVAL '5' "
                                    "SECOND",
                                    table.path.ToString(), expression->type.ToString(), name));
  }
  relation.scope.columns[static_cast<std::size_t>(column)].time = data::TimeAttribute::kRowtime;
  plan::Watermark node{relation.node, column,
                       bind::MakeCast(expression, type, bind::CastMode::kExplicit, session_.zone), 0};
  auto idle = options_.settings.find("table.exec.source.idle-timeout");
  if (idle != options_.settings.end()) {
    FLOE_TRY(std::chrono::milliseconds timeout, connect::ParseDurationOption(idle->first, idle->second));
    node.idle_timeout_ms = timeout.count();
  }
  relation.node = MakeNode(std::move(node), relation.scope.schema());
  return relation;
}

}  // namespace floe::sql::planner
