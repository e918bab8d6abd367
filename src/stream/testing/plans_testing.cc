// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"
#include "stream/testing/plans.h"

namespace floe::stream::testing {

namespace plan = sql::plan;
using data::Type;
using plan::ExpressionKind;
using plan::ExpressionPtr;
using plan::NodePtr;

namespace {

ExpressionPtr Expr(ExpressionKind kind, Type type, std::string function, std::vector<ExpressionPtr> args) {
  auto expression = std::make_shared<plan::Expression>();
  expression->kind = kind;
  expression->type = std::move(type);
  expression->function = std::move(function);
  expression->args = std::move(args);
  return expression;
}

template <typename Op>
NodePtr Make(Op op, data::Schema schema, plan::ChangelogTrait changelog = {}) {
  auto node = std::make_shared<plan::Node>();
  node->op = std::move(op);
  node->schema = std::move(schema);
  node->changelog = std::move(changelog);
  return node;
}

int IndexOf(const NodePtr& input, const std::string& name) {
  const int index = input->schema.Find(name);
  FLOE_CHECK(index >= 0);
  return index;
}

plan::WindowSpec Spec(plan::WindowKind kind, const NodePtr& input, const std::string& column, std::int64_t size,
                      std::int64_t step) {
  return {.kind = kind, .time_column = IndexOf(input, column), .size_ms = size, .step_ms = step};
}

void AddBounds(data::Schema& schema, const Type& time) {
  for (const char* name : {"window_start", "window_end", "window_time"}) schema.fields.push_back({name, time, {}, {}});
}

data::Schema Grouped(const NodePtr& input, const std::vector<int>& keys,
                     const std::vector<plan::AggregateCall>& calls) {
  data::Schema schema;
  for (int key : keys) schema.fields.push_back(input->schema.fields[static_cast<std::size_t>(key)]);
  for (std::size_t i = 0; i < calls.size(); ++i)
    schema.fields.push_back({"a" + std::to_string(i), calls[i].type, {}, {}});
  return schema;
}

std::vector<int> Indexes(const NodePtr& input, const std::vector<std::string>& names) {
  std::vector<int> indexes;
  for (const auto& name : names) indexes.push_back(IndexOf(input, name));
  return indexes;
}

}  // namespace

ExpressionPtr Col(const data::Schema& input, const std::string& name) {
  const int index = input.Find(name);
  FLOE_CHECK(index >= 0);
  auto expression = std::make_shared<plan::Expression>();
  expression->kind = ExpressionKind::kColumn;
  expression->column = index;
  expression->type = input.fields[static_cast<std::size_t>(index)].type;
  return expression;
}
ExpressionPtr Col(const NodePtr& input, const std::string& name) {
  return Col(input->schema, name);
}

ExpressionPtr Lit(std::int64_t value, Type type) {
  auto expression = std::make_shared<plan::Expression>();
  expression->type = std::move(type);
  expression->value = value;
  return expression;
}
ExpressionPtr Text(std::string value) {
  auto expression = std::make_shared<plan::Expression>();
  expression->type = Type::String();
  expression->value = std::move(value);
  return expression;
}
ExpressionPtr Fn(std::string name, std::vector<ExpressionPtr> args, Type type) {
  return Expr(ExpressionKind::kCall, std::move(type), std::move(name), std::move(args));
}
ExpressionPtr Is(std::string op, ExpressionPtr left, ExpressionPtr right) {
  return Expr(ExpressionKind::kCompare, Type::Boolean(), std::move(op), {std::move(left), std::move(right)});
}
ExpressionPtr As(ExpressionPtr value, Type type) {
  return Expr(ExpressionKind::kCast, std::move(type), "", {std::move(value)});
}
ExpressionPtr Minus(ExpressionPtr time, std::int64_t ms) {
  Type type = time->type;
  return Fn("-", {std::move(time), Lit(ms, Type(data::TypeKind::kIntervalDayTime))}, type);
}

connect::TableDefinition Table(std::string name, data::Schema schema, std::string connector) {
  connect::TableDefinition table;
  table.catalog = "c";
  table.database = "d";
  table.name = std::move(name);
  table.physical = std::move(schema);
  table.connector = std::move(connector);
  return table;
}

NodePtr Scan(const std::string& table, const data::Schema& schema, bool retracts, const std::string& connector) {
  plan::Scan scan;
  scan.table = Table(table, schema, connector);
  for (std::size_t i = 0; i < schema.size(); ++i) scan.columns.push_back(static_cast<int>(i));
  return Make(std::move(scan), schema, {.updates = retracts, .deletes = retracts, .upsert_key = {}});
}
NodePtr Watermark(NodePtr input, const std::string& column, std::int64_t delay_ms) {
  plan::Watermark watermark{input, IndexOf(input, column), Minus(Col(input, column), delay_ms), 0};
  return Make(std::move(watermark), input->schema, input->changelog);
}
NodePtr Filter(NodePtr input, ExpressionPtr condition) {
  return Make(plan::Filter{input, std::move(condition)}, input->schema, input->changelog);
}
NodePtr Project(NodePtr input, std::vector<std::pair<std::string, ExpressionPtr>> expressions) {
  plan::Project project{input, {}};
  data::Schema schema;
  for (auto& [name, expression] : expressions) {
    schema.fields.push_back({name, expression->type, {}, {}});
    project.expressions.push_back(expression);
  }
  return Make(std::move(project), schema,
              {.updates = input->changelog.updates, .deletes = input->changelog.deletes, .upsert_key = {}});
}
NodePtr UnionAll(std::vector<NodePtr> inputs) {
  data::Schema schema = inputs[0]->schema;
  plan::ChangelogTrait trait;
  for (const auto& input : inputs) {
    trait.updates = trait.updates || input->changelog.updates;
    trait.deletes = trait.deletes || input->changelog.deletes;
  }
  return Make(plan::SetOp{plan::SetOperation::kUnionAll, std::move(inputs)}, schema, trait);
}
NodePtr Limit(NodePtr input, std::int64_t limit) {
  data::Schema schema = input->schema;
  return Make(plan::SortLimit{std::move(input), {}, limit, 0}, schema);
}
NodePtr Sink(NodePtr input, const std::string& table, std::vector<std::string> primary_key,
             const std::string& connector) {
  plan::SinkWrite write;
  write.table = Table(table, input->schema, connector);
  write.table.primary_key = std::move(primary_key);
  write.input = std::move(input);
  return Make(std::move(write), {});
}

plan::AggregateCall Agg(std::string function, std::vector<ExpressionPtr> args, Type type, bool distinct,
                        ExpressionPtr filter) {
  plan::AggregateCall call;
  call.function = std::move(function);
  call.args = std::move(args);
  call.type = std::move(type);
  call.distinct = distinct;
  call.filter = std::move(filter);
  return call;
}
NodePtr GroupBy(NodePtr input, const std::vector<std::string>& keys, std::vector<plan::AggregateCall> calls) {
  plan::Aggregate aggregate{input, Indexes(input, keys), std::move(calls)};
  data::Schema schema = Grouped(input, aggregate.keys, aggregate.aggregates);
  plan::ChangelogTrait trait{
      .updates = true, .deletes = input->changelog.updates || input->changelog.deletes, .upsert_key = {}};
  for (std::size_t i = 0; i < keys.size(); ++i) trait.upsert_key.push_back(static_cast<int>(i));
  return Make(std::move(aggregate), schema, trait);
}
plan::WindowSpec Tumble(const NodePtr& input, const std::string& column, std::int64_t size_ms) {
  return Spec(plan::WindowKind::kTumble, input, column, size_ms, 0);
}
plan::WindowSpec Hop(const NodePtr& input, const std::string& column, std::int64_t size_ms, std::int64_t slide_ms) {
  return Spec(plan::WindowKind::kHop, input, column, size_ms, slide_ms);
}
plan::WindowSpec Cumulate(const NodePtr& input, const std::string& column, std::int64_t size_ms, std::int64_t step_ms) {
  return Spec(plan::WindowKind::kCumulate, input, column, size_ms, step_ms);
}
NodePtr WindowBy(NodePtr input, plan::WindowSpec window, const std::vector<std::string>& keys,
                 std::vector<plan::AggregateCall> calls) {
  plan::WindowAggregate aggregate{input, window, Indexes(input, keys), std::move(calls)};
  data::Schema schema = Grouped(input, aggregate.keys, aggregate.aggregates);
  AddBounds(schema, window.proctime ? Type::TimestampLtz(3)
                                    : input->schema.fields[static_cast<std::size_t>(window.time_column)].type);
  return Make(std::move(aggregate), schema);
}
NodePtr AssignWindow(NodePtr input, plan::WindowSpec window) {
  data::Schema schema = input->schema;
  AddBounds(schema, input->schema.fields[static_cast<std::size_t>(window.time_column)].type);
  plan::ChangelogTrait trait{
      .updates = input->changelog.updates, .deletes = input->changelog.deletes, .upsert_key = {}};
  return Make(plan::WindowAssign{std::move(input), window}, schema, trait);
}

}  // namespace floe::stream::testing
