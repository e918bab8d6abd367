// SPDX-License-Identifier: Apache-2.0
#include "sql/planner/relation.h"

#include <algorithm>

namespace floe::sql::planner {
namespace {

using plan::ExpressionKind;
using plan::ExpressionPtr;
using plan::NodePtr;

/// A window column, also behind the conversion to local time.
int RoleOf(const ExpressionPtr& e, const std::vector<int>& below) {
  if (e->kind == ExpressionKind::kColumn) return below[static_cast<std::size_t>(e->column)];
  bool conversion = e->kind == ExpressionKind::kCall &&
                    (e->function == "timezone" || e->function == "floe_utc" || e->function == "floe_shift_ms");
  if (conversion) {
    for (const ExpressionPtr& arg : e->args) {
      if (arg->kind != ExpressionKind::kLiteral) return RoleOf(arg, below);
    }
  }
  return Unwindowed::kLost;
}

bool NeedsWindow(const ExpressionPtr& e, const std::vector<int>& below) {
  std::vector<bool> used(below.size());
  plan::CollectColumns(*e, used);
  for (std::size_t i = 0; i < below.size(); ++i) {
    if (used[i] && below[i] < 0) return true;
  }
  return false;
}

bool UnwindowProject(const plan::Node& node, const plan::Project& project, Unwindowed& result) {
  Unwindowed below;
  if (!Unwindow(project.input, below)) return false;
  std::vector<ExpressionPtr> kept;
  data::Schema schema;
  for (std::size_t i = 0; i < project.expressions.size(); ++i) {
    const ExpressionPtr& e = project.expressions[i];
    if (NeedsWindow(e, below.columns)) {
      int role = RoleOf(e, below.columns);
      result.columns.push_back(role < 0 ? role : Unwindowed::kLost);
      continue;
    }
    result.columns.push_back(static_cast<int>(kept.size()));
    kept.push_back(plan::Remap(e, below.columns));
    schema.fields.push_back(node.schema.fields[i]);
  }
  result.window = below.window;
  const data::Field& time = below.input->schema.fields[static_cast<std::size_t>(below.window.time_column)];
  result.window.time_column = static_cast<int>(kept.size());
  kept.push_back(plan::Column(below.window.time_column, time.type));
  schema.fields.push_back(time);
  result.input = MakeNode(plan::Project{below.input, std::move(kept)}, std::move(schema), node.position);
  return true;
}

}  // namespace

Relation MakeProject(const Relation& input, std::vector<ExpressionPtr> expressions,
                     const std::vector<std::string>& names) {
  Relation output;
  output.scope.tables = {bind::ScopeTable{}};
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    bind::ScopeColumn column{.name = names[i], .type = expressions[i]->type};
    if (expressions[i]->kind == ExpressionKind::kColumn) {
      const bind::ScopeColumn& from = input.scope.columns[static_cast<std::size_t>(expressions[i]->column)];
      column.time = from.time;
      column.role = from.role;
    }
    output.scope.columns.push_back(std::move(column));
  }
  output.node = MakeNode(plan::Project{input.node, std::move(expressions)}, output.scope.schema());
  return output;
}

Relation MakeFilter(const Relation& input, ExpressionPtr condition) {
  TextPosition position = condition->position;
  return {MakeNode(plan::Filter{input.node, std::move(condition)}, input.node->schema, position), input.scope};
}

Relation MakeSingleRow() {
  Relation row;
  plan::Values values{{{plan::Literal(std::int64_t{0}, data::Type::Int())}}};
  data::Schema schema;
  schema.fields.push_back({"$row", data::Type::Int().WithNullable(false), "", data::TimeAttribute::kNone});
  row.node = MakeNode(std::move(values), schema);
  return row;
}

bool Unwindow(const NodePtr& node, Unwindowed& result) {
  if (const auto* assign = std::get_if<plan::WindowAssign>(&node->op)) {
    result.input = assign->input;
    result.window = assign->window;
    for (std::size_t i = 0; i < assign->input->schema.size(); ++i) result.columns.push_back(static_cast<int>(i));
    result.columns.insert(result.columns.end(), {Unwindowed::kStart, Unwindowed::kEnd, Unwindowed::kTime});
    return true;
  }
  if (const auto* project = std::get_if<plan::Project>(&node->op)) return UnwindowProject(*node, *project, result);
  if (const auto* filter = std::get_if<plan::Filter>(&node->op)) {
    if (!Unwindow(filter->input, result) || NeedsWindow(filter->condition, result.columns)) return false;
    ExpressionPtr condition = plan::Remap(filter->condition, result.columns);
    result.input = MakeNode(plan::Filter{result.input, std::move(condition)}, result.input->schema, node->position);
    return true;
  }
  return false;
}

}  // namespace floe::sql::planner
