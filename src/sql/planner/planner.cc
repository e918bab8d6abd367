// SPDX-License-Identifier: Apache-2.0
#include "sql/planner/planner.h"

#include <algorithm>

#include <fmt/format.h>

#include "sql/bind/functions_internal.h"
#include "sql/bind/types.h"
#include "sql/bind/zone.h"
#include "sql/dialect/unparser.h"
#include "sql/planner/hints.h"
#include "sql/planner/query_planner.h"
#include "sql/planner/rules.h"

namespace floe::sql::planner {
namespace {

using data::Type;
using plan::ExpressionPtr;

std::string Setting(const PlannerOptions& options, const std::string& key, std::string otherwise) {
  auto found = options.settings.find(key);
  return found == options.settings.end() ? otherwise : found->second;
}

bind::Session SessionOf(const PlannerOptions& options) {
  bind::Session session;
  session.zone = bind::ZoneOf(options.settings);
  std::string mode = Setting(options, "execution.runtime-mode", "streaming");
  std::ranges::transform(mode, mode.begin(), [](unsigned char c) { return std::tolower(c); });
  session.streaming = mode != "batch";
  session.now_us = options.clock->WallNow().value();
  return session;
}

/// The columns an INSERT may write: physical ones, then metadata ones that are not virtual.
struct Target {
  connect::TableDefinition table;
  std::vector<data::Field> columns;
  std::vector<int> metadata;
  std::vector<int> declared;  ///< position in `columns` by declaration order
};

Target TargetOf(const catalog::CatalogTable& table) {
  Target target{.table = DefinitionOf(table)};
  for (const data::Field& field : target.table.physical.fields) target.columns.push_back(field);
  int physical = 0;
  auto written = static_cast<int>(target.columns.size());
  int metadata = 0;
  for (const catalog::CatalogColumn& column : table.columns) {
    if (column.kind == catalog::ColumnKind::kPhysical) target.declared.push_back(physical++);
    if (column.kind != catalog::ColumnKind::kMetadata) continue;
    if (!column.is_virtual) {
      target.columns.push_back({column.name, column.type, column.comment});
      target.metadata.push_back(metadata);
      target.declared.push_back(written++);
    }
    ++metadata;
  }
  return target;
}

std::string Names(const std::vector<data::Field>& fields, const std::vector<int>& columns) {
  std::string text;
  for (int column : columns) text += (text.empty() ? "" : ", ") + fields[static_cast<std::size_t>(column)].name;
  return text.empty() ? "none" : text;
}

class InsertPlanner {
 public:
  InsertPlanner(const PlannerOptions& options, QueryPlanner& queries) : options_(options), queries_(queries) {}

  Result<plan::NodePtr> Plan(const dialect::Insert& insert) {
    TextPosition position = insert.table_span.position;
    auto found = queries_.Find(insert.table);
    if (!found) return Fail(std::move(found.error()).WithPosition(position));
    const catalog::CatalogTable& table = **found;
    if (table.kind == catalog::TableKind::kView)
      return bind::FailAt(position, table.path.ToString() + " is a view; INSERT needs a table");
    target_ = TargetOf(table);
    auto connector = options_.connectors->Find(target_.table.connector);
    if (!connector) return Fail(std::move(connector.error()).WithPosition(position));
    if (!(*connector)->descriptor().sink) {
      return bind::FailAt(position, fmt::format("table {} cannot be written: its connector '{}' is only a source",
                                                table.path.ToString(), target_.table.connector));
    }
    FLOE_TRY_VOID(ApplyHints(insert.hints, options_, target_.table));
    FLOE_TRY(Relation query, queries_.PlanQuery(insert.query));
    FLOE_TRY(std::vector<int> sources, MatchColumns(insert, query, table));
    FLOE_TRY(Relation rows, CastRows(insert, query, sources));
    plan::SinkWrite sink{rows.node, target_.table, target_.metadata, insert.overwrite};
    return MakeNode(std::move(sink), {}, position);
  }

 private:
  /// For each target column the query's column, -1 for NULL, or -2 - i for PARTITION value i.
  Result<std::vector<int>> MatchColumns(const dialect::Insert& insert, const Relation& query,
                                        const catalog::CatalogTable& table) {
    std::vector<int> sources(target_.columns.size(), -1);
    auto find = [&](const dialect::Identifier& name) -> Result<std::size_t> {
      auto column = std::ranges::find(target_.columns, name.text, &data::Field::name);
      if (column != target_.columns.end()) return static_cast<std::size_t>(column - target_.columns.begin());
      return bind::FailAt(name.span.position,
                          fmt::format("table {} has no column '{}' to write; it has {}", table.path.ToString(),
                                      name.text, Names(target_.columns, target_.declared)));
    };
    for (std::size_t i = 0; i < insert.partition.size(); ++i) {
      FLOE_TRY(std::size_t column, find(insert.partition[i].first));
      sources[column] = -2 - static_cast<int>(i);
    }
    std::vector<int> order;
    for (const dialect::Identifier& name : insert.columns) {
      FLOE_TRY(std::size_t column, find(name));
      order.push_back(static_cast<int>(column));
    }
    if (insert.columns.empty()) {
      for (int column : target_.declared) {
        if (sources[static_cast<std::size_t>(column)] == -1) order.push_back(column);
      }
    }
    if (order.size() != query.scope.columns.size()) {
      return bind::FailAt(insert.table_span.position,
                          fmt::format("INSERT INTO {}: the query has {} columns ({}), the sink takes {} ({}); name the "
                                      "sink's columns as INSERT "
                                      "INTO t (a, b) or change the query",
                                      table.path.ToString(), query.scope.columns.size(), query.node->schema.ToString(),
                                      order.size(), Names(target_.columns, order)));
    }
    for (std::size_t i = 0; i < order.size(); ++i) sources[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
    return sources;
  }

  Result<Relation> CastRows(const dialect::Insert& insert, const Relation& query, const std::vector<int>& sources) {
    bool drop = Setting(options_, "table.exec.sink.not-null-enforcer", "ERROR") == "DROP";
    std::vector<ExpressionPtr> list;
    std::vector<std::string> names;
    std::vector<ExpressionPtr> required;
    const bind::Session& session = queries_.session();
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const data::Field& column = target_.columns[i];
      ExpressionPtr value = bind::NullLiteral(column.type.WithNullable(true));
      if (sources[i] >= 0)
        value = plan::Column(sources[i], query.scope.columns[static_cast<std::size_t>(sources[i])].type);
      if (sources[i] <= -2) {
        bind::Scope none;
        const dialect::Expression& constant = insert.partition[static_cast<std::size_t>(-2 - sources[i])].second;
        FLOE_TRY(value, bind::ExpressionBinder(none, session).Bind(constant));
      }
      if (!bind::CanCastImplicitly(value->type, column.type)) {
        return bind::FailAt(
            insert.table_span.position,
            fmt::format("column '{0}' of {1} is {2}, and the query gives {3}; write CAST(... AS {2})", column.name,
                        target_.table.FullName(), column.type.WithNullable(true).ToString(),
                        value->type.WithNullable(true).ToString()));
      }
      value = bind::MakeCast(value, column.type, bind::CastMode::kImplicit, session.zone);
      if (!column.type.nullable() && value->type.nullable()) {
        if (drop)
          required.push_back(
              plan::Make(plan::ExpressionKind::kIsNotNull, {value}, Type::Boolean().WithNullable(false)));
        if (!drop) value = Enforced(value, column);
      }
      list.push_back(std::move(value));
      names.push_back(column.name);
    }
    Relation input = query;
    if (!required.empty()) input = MakeFilter(query, plan::And(std::move(required)));
    return MakeProject(input, std::move(list), names);
  }

  /// NULL in a NOT NULL column is an error of that row.
  ExpressionPtr Enforced(const ExpressionPtr& value, const data::Field& column) const {
    std::string message = fmt::format(
        "column '{}' of {} is NOT NULL and the value is NULL; SET 'table.exec.sink.not-null-enforcer' = 'DROP' leaves "
        "such rows out",
        column.name, target_.table.FullName());
    ExpressionPtr error = plan::Call("error", {bind::TextLiteral(std::move(message))}, value->type);
    return plan::Make(plan::ExpressionKind::kCase, {bind::IsNull(value), error, value},
                      value->type.WithNullable(false));
  }

  const PlannerOptions& options_;
  QueryPlanner& queries_;
  Target target_;
};

/// The error, there unless it has a place already.
Error At(TextPosition position, Error error) {
  if (error.position() || position.line <= 0) return error;
  return std::move(error).WithPosition(position);
}

/// Metadata columns must be the connector's; those of formats ("value.source.table") the reader checks.
Status CheckMetadata(const connect::TableDefinition& definition, const connect::ConnectorDescriptor& descriptor,
                     const catalog::CatalogTable& table, const Written& written) {
  std::string known;
  for (const connect::MetadataSpec& spec : descriptor.metadata) known += (known.empty() ? "" : ", ") + spec.key;
  for (const catalog::CatalogColumn& column : table.columns) {
    if (column.kind != catalog::ColumnKind::kMetadata) continue;
    const std::string& key = column.metadata_key;
    if (std::ranges::find(descriptor.metadata, key, &connect::MetadataSpec::key) != descriptor.metadata.end()) continue;
    if (descriptor.uses_formats && key.starts_with("value.")) continue;
    const dialect::ColumnDefinition* there = written.Column(column.name);
    return bind::FailAt(there == nullptr ? written.name : there->span.position,
                        fmt::format("connector '{}' of table {} has no metadata '{}'; known: {}", descriptor.name,
                                    definition.FullName(), key, known.empty() ? "none" : known));
  }
  return {};
}

/// Whether the sink can take what flows into it.
Status CheckSink(const plan::Node& node, const connect::ConnectorDescriptor& descriptor) {
  const auto& sink = std::get<plan::SinkWrite>(node.op);
  const plan::ChangelogTrait& changes = sink.input->changelog;
  if (!changes.updates && !changes.deletes) return {};
  connect::ChangelogMode mode =
      sink.table.primary_key.empty() ? connect::ChangelogMode::kAppend : connect::ChangelogMode::kUpsert;
  if (descriptor.sink_mode) mode = descriptor.sink_mode(sink.table);
  if (mode == connect::ChangelogMode::kRetract) return {};
  std::string query_key = Names(sink.input->schema.fields, changes.upsert_key);
  std::string sink_key;
  for (const std::string& key : sink.table.primary_key) sink_key += (sink_key.empty() ? "" : ", ") + key;
  if (mode == connect::ChangelogMode::kAppend) {
    return bind::FailAt(
        node.position,
        fmt::format("the query updates its rows {} (key: {}), and {} only takes new rows; use a window "
                    "(TUMBLE, HOP, CUMULATE), or a sink that upserts, with PRIMARY KEY ({}) NOT ENFORCED",
                    changes.ToString(), query_key, sink.table.FullName(), query_key));
  }
  std::vector<std::string> query_names;
  for (int column : changes.upsert_key)
    query_names.push_back(sink.input->schema.fields[static_cast<std::size_t>(column)].name);
  std::vector<std::string> sink_names = sink.table.primary_key;
  std::ranges::sort(query_names);
  std::ranges::sort(sink_names);
  if (query_names == sink_names) return {};
  return bind::FailAt(
      node.position,
      fmt::format("the query's rows are identified by ({}), and {} has PRIMARY KEY ({}): updates would meet the wrong "
                  "rows; declare PRIMARY KEY ({}) NOT ENFORCED, or group by the sink's key",
                  query_key, sink.table.FullName(), sink_key, query_key));
}

}  // namespace

Result<plan::Program> Planner::Plan(const dialect::Statement& statement) const {
  if (const auto* query = statement.As<dialect::QueryStatement>()) return Plan(query->query);
  if (const auto* insert = statement.As<dialect::Insert>()) return Plan(std::vector{insert});
  if (const auto* set = statement.As<dialect::StatementSet>()) {
    std::vector<const dialect::Insert*> inserts;
    for (const dialect::Insert& insert : set->inserts) inserts.push_back(&insert);
    return Plan(inserts);
  }
  if (const auto* explain = statement.As<dialect::Explain>()) return Plan(*explain->statement);
  return Fail(Error(ErrorKind::kInvalidInput, "only queries, INSERT and statement sets have a plan")
                  .WithPosition(statement.span.position));
}

Result<plan::Program> Planner::Plan(const dialect::Query& query) const {
  bind::Session session = SessionOf(options_);
  QueryPlanner queries(options_, session);
  FLOE_TRY(Relation relation, queries.PlanQuery(query));
  if (relation.node->schema.fields.empty()) return Fail(ErrorKind::kInternal, "a query without columns");
  plan::Program program{.settings = options_.settings};
  // The names are the scope's: an alias may have renamed columns since the node was made.
  plan::Node named = *relation.node;
  named.schema = relation.scope.schema();
  for (std::size_t i = 0; i < named.schema.size(); ++i) named.schema.fields[i].name = relation.scope.columns[i].name;
  program.query = Optimize({std::make_shared<const plan::Node>(std::move(named))}, session.streaming)[0];
  return program;
}

Result<catalog::ViewQuery> Planner::Expand(const dialect::Query& query) const {
  dialect::Expansion expansion;
  bind::Session session = SessionOf(options_);
  session.expansion = &expansion;
  QueryPlanner queries(options_, session);
  FLOE_TRY(Relation relation, queries.PlanQuery(query));
  catalog::ViewQuery view{.text = ToSql(query, expansion), .columns = {}};
  for (const bind::ScopeColumn& column : relation.scope.columns) view.columns.push_back(column.name);
  return view;
}

Result<plan::Program> Planner::Plan(const std::vector<const dialect::Insert*>& inserts) const {
  bind::Session session = SessionOf(options_);
  QueryPlanner queries(options_, session);
  std::vector<plan::NodePtr> sinks;
  for (const dialect::Insert* insert : inserts) {
    FLOE_TRY(plan::NodePtr sink, InsertPlanner(options_, queries).Plan(*insert));
    sinks.push_back(std::move(sink));
  }
  plan::Program program{.settings = options_.settings};
  program.sinks = Optimize(std::move(sinks), session.streaming);
  for (const plan::NodePtr& sink : program.sinks) {
    FLOE_TRY(connect::Connector * connector,
             options_.connectors->Find(std::get<plan::SinkWrite>(sink->op).table.connector));
    FLOE_TRY_VOID(CheckSink(*sink, connector->descriptor()));
  }
  return program;
}

Result<data::Schema> Planner::SchemaOf(const catalog::CatalogTable& table) const {
  QueryPlanner queries(options_, SessionOf(options_));
  bool view = table.kind == catalog::TableKind::kView;
  auto relation = view ? queries.PlanView(table) : queries.PlanColumns(table);
  if (!relation) return Fail(std::move(relation.error()));
  return relation->scope.schema();
}

Status Planner::Check(const catalog::CatalogTable& table, const Written& written) const {
  if (table.kind == catalog::TableKind::kView) {
    QueryPlanner queries(options_, SessionOf(options_));
    auto view = queries.PlanView(table);
    if (!view) return Fail(At(written.name, std::move(view).error()));
    return {};
  }
  connect::TableDefinition definition = DefinitionOf(table);
  if (definition.connector.empty()) {
    std::string known;
    for (const connect::ConnectorDescriptor* descriptor : options_.connectors->List()) {
      known += (known.empty() ? "" : ", ") + descriptor->name;
    }
    return bind::FailAt(written.name,
                        fmt::format("table {} has no 'connector' option; add WITH ('connector' = '...'), one of {}",
                                    table.path.ToString(), known));
  }
  return CheckTable(table, definition, written);
}

Status Planner::CheckAltered(const catalog::CatalogTable& table, const Written& written) const {
  if (table.kind == catalog::TableKind::kView) return Check(table, written);
  connect::TableDefinition definition = DefinitionOf(table);
  FLOE_TRY_VOID(ForgetUnchecked(*options_.connectors, written.options, definition));
  return CheckTable(table, definition, written);
}

Status Planner::CheckTable(const catalog::CatalogTable& table, const connect::TableDefinition& definition,
                           const Written& written) const {
  auto connector = options_.connectors->Find(definition.connector);
  if (!connector) {
    auto named = std::ranges::find(written.options, "connector", &dialect::Option::key);
    TextPosition position = named == written.options.end() ? written.name : (*named)->value_span.position;
    return Fail(At(position, std::move(connector).error()));
  }
  const connect::ConnectorDescriptor& descriptor = (*connector)->descriptor();
  if (Status status = connect::CheckOptions(descriptor, definition, options_.format_options); !status) {
    TextPosition position = written.PlaceOf(status.error());
    return Fail(At(position, std::move(status).error()));
  }
  FLOE_TRY_VOID(CheckMetadata(definition, descriptor, table, written));
  QueryPlanner queries(options_, SessionOf(options_));
  FLOE_TRY([[maybe_unused]] Relation relation, queries.PlanColumns(table, &written));
  return {};
}

}  // namespace floe::sql::planner
