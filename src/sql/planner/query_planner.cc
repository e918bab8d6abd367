// SPDX-License-Identifier: Apache-2.0
// WITH, WHERE, set operations, VALUES, ORDER BY and LIMIT; the select list is select.cc.
#include "sql/planner/query_planner.h"

#include <fmt/format.h>

#include "sql/bind/functions_internal.h"
#include "sql/bind/types.h"
#include "sql/dialect/unparser.h"
#include "sql/planner/hints.h"
#include "sql/planner/rules.h"

namespace floe::sql::planner {
namespace {

using data::Type;
using plan::ExpressionPtr;

/// The parts of a condition joined by AND.
void Split(const dialect::Expression& e, std::vector<const dialect::Expression*>& parts) {
  const auto* binary = e.As<dialect::Binary>();
  if (binary != nullptr && binary->op == dialect::BinaryOperator::kAnd) {
    Split(*binary->left, parts);
    Split(*binary->right, parts);
  } else {
    parts.push_back(&e);
  }
}

plan::SetOperation OperationOf(const dialect::SetOperation& op) {
  switch (op.op) {
    case dialect::SetOperator::kUnion: return op.all ? plan::SetOperation::kUnionAll : plan::SetOperation::kUnion;
    case dialect::SetOperator::kIntersect:
      return op.all ? plan::SetOperation::kIntersectAll : plan::SetOperation::kIntersect;
    case dialect::SetOperator::kExcept: return op.all ? plan::SetOperation::kExceptAll : plan::SetOperation::kExcept;
  }
  return plan::SetOperation::kUnionAll;
}

Relation CastColumns(const Relation& input, const std::vector<Type>& types, const std::string& zone) {
  std::vector<ExpressionPtr> expressions;
  std::vector<std::string> names;
  bool changed = false;
  for (std::size_t i = 0; i < types.size(); ++i) {
    ExpressionPtr column = plan::Column(static_cast<int>(i), input.scope.columns[i].type);
    ExpressionPtr cast = bind::MakeCast(column, types[i], bind::CastMode::kImplicit, zone);
    changed = changed || cast != column;
    expressions.push_back(std::move(cast));
    names.push_back(input.scope.columns[i].name);
  }
  return changed ? MakeProject(input, std::move(expressions), names) : input;
}

Result<std::int64_t> Count(const dialect::Expression& e, const bind::Session& session, std::string_view what) {
  bind::Scope none;
  FLOE_TRY(ExpressionPtr value, bind::ExpressionBinder(none, session).Bind(e));
  std::optional<std::int64_t> count = bind::IntegerOf(value);
  if (!count || *count < 0) return bind::FailAt(e.span.position, fmt::format("{} takes a whole number from 0", what));
  return *count;
}

}  // namespace

void NoteColumns(const bind::Session& session, const void* at, const bind::Scope& scope,
                 const std::vector<int>& columns) {
  if (session.expansion == nullptr) return;
  std::vector<std::vector<dialect::Identifier>> paths;
  for (int column : columns) {
    paths.push_back(bind::PathOf(scope, column));
    if (paths.back().empty()) return;
  }
  session.expansion->paths[at] = std::move(paths);
}

Result<Relation> QueryPlanner::PlanQuery(const dialect::Query& query) {
  if (query.recursive) return bind::NotSupportedAt(query.span.position, "WITH RECURSIVE is not supported");
  std::size_t depth = with_.size();
  auto planned = [&]() -> Result<Relation> {
    if (!query.with.empty()) with_.emplace_back();
    for (const dialect::CommonTable& table : query.with) {
      FLOE_TRY(Relation relation, PlanQuery(*table.query));
      for (std::size_t i = 0; i < table.columns.size() && i < relation.scope.columns.size(); ++i) {
        relation.scope.columns[i].name = table.columns[i].text;
      }
      with_.back()[table.name.text] = std::move(relation);
    }
    return PlanBody(query);
  }();
  with_.resize(depth);
  return planned;
}

Result<Relation> QueryPlanner::PlanBody(const dialect::Query& query) {
  if (const auto* select = query.As<dialect::Select>()) {
    FLOE_TRY(Relation relation, PlanSelect(*select, query.order_by));
    return PlanSort(std::move(relation), query, true);
  }
  Relation relation;
  if (const auto* operation = query.As<dialect::SetOperation>()) {
    FLOE_TRY(relation, PlanSetOperation(*operation, query.span.position));
  } else if (const auto* values = query.As<dialect::Values>()) {
    FLOE_TRY(relation, PlanValues(*values, query.span.position));
  } else if (const auto* table = query.As<dialect::ExplicitTable>()) {
    FLOE_TRY(relation, PlanNamed({.name = table->name}, query.span.position));
    FLOE_TRY(std::vector<int> columns, bind::ResolveStar(relation.scope, {}, query.span.position));
    NoteColumns(session_, table, relation.scope, columns);
  } else {
    FLOE_TRY(relation, PlanQuery(*std::get<dialect::Box<dialect::Query>>(query.body)));
  }
  return PlanSort(std::move(relation), query, false);
}

Result<Relation> QueryPlanner::PlanSelect(const dialect::Select& select,
                                          const std::vector<dialect::OrderItem>& order_by) {
  FLOE_TRY_VOID(CheckQueryHints(select.hints));
  Relation input = MakeSingleRow();
  if (select.from) {
    FLOE_TRY(input, PlanReference(*select.from));
  }
  if (select.where) {
    FLOE_TRY(input, PlanWhere(std::move(input), *select.where));
  }
  return PlanSelectList(select, order_by, std::move(input), session_);
}

Result<Relation> QueryPlanner::PlanWhere(Relation input, const dialect::Expression& condition) {
  std::vector<const dialect::Expression*> parts;
  Split(condition, parts);
  std::vector<ExpressionPtr> conditions;
  for (const dialect::Expression* part : parts) {
    const auto* in = part->As<dialect::In>();
    if (session_.streaming && in != nullptr && in->query) {
      FLOE_TRY(input, PlanInQuery(std::move(input), *in, part->span.position));
      continue;
    }
    FLOE_TRY(ExpressionPtr bound, bind::ExpressionBinder(input.scope, session_).BindCondition(*part, "WHERE"));
    conditions.push_back(std::move(bound));
  }
  if (conditions.empty()) return input;
  return MakeFilter(input, plan::And(std::move(conditions)));
}

Result<plan::NodePtr> QueryPlanner::PlanSubquery(const dialect::Query& query, bind::OuterQuery& outer) {
  bind::OuterQuery* around = std::exchange(session_.outer, &outer);
  auto bind_around = std::move(outer.bind);
  // While a name is looked up outside, the query around is the one being bound.
  outer.bind = [&](const dialect::Expression& reference) {
    bind::OuterQuery* inside = std::exchange(session_.outer, around);
    auto bound = bind_around(reference);
    session_.outer = inside;
    return bound;
  };
  auto relation = PlanQuery(query);
  session_.outer = around;
  if (!relation) return Fail(std::move(relation).error());
  return Optimize({relation->node}, false)[0];
}

/// In a stream x IN (SELECT ...) is a semi join; NOT IN is an anti join where no NULL can make it unknown.
Result<Relation> QueryPlanner::PlanInQuery(Relation input, const dialect::In& in, TextPosition position) {
  FLOE_TRY(ExpressionPtr value, bind::ExpressionBinder(input.scope, session_).Bind(*in.operand));
  FLOE_TRY(Relation list, PlanQuery(*in.query));
  if (list.scope.columns.size() != 1) return bind::FailAt(position, "IN (SELECT ...) needs exactly one column");
  const Type& item = list.scope.columns[0].type;
  if (in.negated && (value->type.nullable() || item.nullable())) {
    return bind::NotSupportedAt(position,
                                "NOT IN (SELECT ...) over a nullable column is not supported; add WHERE ... IS NOT "
                                "NULL on a NOT NULL column or "
                                "use LEFT JOIN ... IS NULL");
  }
  auto width = static_cast<int>(input.scope.columns.size());
  FLOE_TRY(ExpressionPtr equal, bind::BindComparison("=", value, plan::Column(width, item), session_, position));
  plan::Join join{in.negated ? plan::JoinType::kAnti : plan::JoinType::kSemi, input.node, list.node, equal};
  return Relation{MakeNode(std::move(join), input.scope.schema(), position), input.scope};
}

Result<Relation> QueryPlanner::PlanSetOperation(const dialect::SetOperation& operation, TextPosition position) {
  FLOE_TRY(Relation left, PlanQuery(*operation.left));
  FLOE_TRY(Relation right, PlanQuery(*operation.right));
  std::size_t width = left.scope.columns.size();
  if (right.scope.columns.size() != width) {
    return bind::FailAt(position, fmt::format("the two sides have {} and {} columns; they must be as many", width,
                                              right.scope.columns.size()));
  }
  std::vector<Type> types;
  bind::Scope scope = left.scope;
  scope.tables = {bind::ScopeTable{}};
  for (std::size_t i = 0; i < width; ++i) {
    std::optional<Type> common = bind::LeastRestrictive(left.scope.columns[i].type, right.scope.columns[i].type);
    if (!common) {
      return bind::FailAt(position,
                          fmt::format("column {} ('{}') is {} on the left and {} on the right; CAST one of them", i + 1,
                                      left.scope.columns[i].name, left.scope.columns[i].type.ToString(),
                                      right.scope.columns[i].type.ToString()));
    }
    types.push_back(*common);
    scope.columns[i].type = *common;
    scope.columns[i].table = 0;
    scope.columns[i].role = bind::WindowRole::kNone;
    if (right.scope.columns[i].time != scope.columns[i].time) scope.columns[i].time = data::TimeAttribute::kNone;
  }
  Relation a = CastColumns(left, types, session_.zone);
  Relation b = CastColumns(right, types, session_.zone);
  plan::SetOp op{OperationOf(operation), {a.node, b.node}};
  // a UNION ALL b UNION ALL c is one node.
  const auto* nested = std::get_if<plan::SetOp>(&a.node->op);
  if (nested != nullptr && nested->operation == plan::SetOperation::kUnionAll && op.operation == nested->operation) {
    op.inputs = nested->inputs;
    op.inputs.push_back(b.node);
  }
  return Relation{MakeNode(std::move(op), scope.schema(), position), scope};
}

Result<Relation> QueryPlanner::PlanValues(const dialect::Values& values, TextPosition position) {
  bind::Scope none;
  std::vector<std::vector<ExpressionPtr>> rows;
  for (const auto& row : values.rows) {
    rows.emplace_back();
    for (const dialect::Expression& e : row) {
      FLOE_TRY(ExpressionPtr value, bind::ExpressionBinder(none, session_).Bind(e));
      rows.back().push_back(std::move(value));
    }
  }
  Relation relation;
  relation.scope.tables = {bind::ScopeTable{}};
  for (std::size_t column = 0; column < rows[0].size(); ++column) {
    std::vector<Type> types;
    for (const auto& row : rows) types.push_back(row[column]->type);
    std::optional<Type> common = bind::LeastRestrictive(types);
    if (!common)
      return bind::FailAt(position,
                          fmt::format("VALUES: column {} has values without a common type; CAST them", column + 1));
    for (auto& row : rows) row[column] = bind::MakeCast(row[column], *common, bind::CastMode::kImplicit, session_.zone);
    relation.scope.columns.push_back({.name = fmt::format("EXPR${}", column), .type = *common});
  }
  relation.node = MakeNode(plan::Values{std::move(rows)}, relation.scope.schema(), position);
  return relation;
}

/// `sorted`: ORDER BY has been planned with the select list.
Result<Relation> QueryPlanner::PlanSort(Relation input, const dialect::Query& query, bool sorted) {
  plan::SortLimit sort{.input = input.node};
  if (!sorted) {
    for (const dialect::OrderItem& item : query.order_by) {
      FLOE_TRY(ExpressionPtr key, bind::ExpressionBinder(input.scope, session_).Bind(item.expression));
      bool first =
          item.nulls == dialect::NullsOrder::kDefault ? !item.descending : item.nulls == dialect::NullsOrder::kFirst;
      sort.keys.push_back({std::move(key), item.descending, first});
    }
  }
  if (query.limit) {
    FLOE_TRY(sort.limit, Count(*query.limit, session_, "LIMIT"));
  }
  if (query.offset) {
    FLOE_TRY(sort.offset, Count(*query.offset, session_, "OFFSET"));
  }
  if (sort.keys.empty() && !sort.limit && sort.offset == 0) return input;
  const auto* below = std::get_if<plan::SortLimit>(&input.node->op);
  if (sort.keys.empty() && below != nullptr && !below->limit && below->offset == 0) {
    sort.keys = below->keys;
    sort.input = below->input;
  }
  return Relation{MakeNode(std::move(sort), input.node->schema, query.span.position), input.scope};
}

}  // namespace floe::sql::planner
