// SPDX-License-Identifier: Apache-2.0
// Queries inside expressions: EXISTS, IN, ANY, ALL and a query as a value. They run in batch, where DuckDB unnests
// them.
#include <algorithm>

#include <fmt/format.h>

#include "sql/bind/expression_binder.h"
#include "sql/bind/functions_internal.h"
#include "sql/bind/types.h"
#include "sql/dialect/unparser.h"
#include "sql/plan/node.h"

namespace floe::sql::bind {
namespace {

using plan::ExpressionKind;
using plan::ExpressionPtr;
using plan::NodePtr;
using Bound = Result<ExpressionPtr>;

std::string Symbol(dialect::BinaryOperator op) {
  switch (op) {
    case dialect::BinaryOperator::kEqual: return "=";
    case dialect::BinaryOperator::kNotEqual: return "<>";
    case dialect::BinaryOperator::kLess: return "<";
    case dialect::BinaryOperator::kLessEqual: return "<=";
    case dialect::BinaryOperator::kGreater: return ">";
    default: return ">=";
  }
}

/// The query's only column as `type`.
NodePtr CastColumn(const NodePtr& query, const Type& type, const std::string& zone) {
  const data::Field& field = query->schema.fields[0];
  ExpressionPtr column = plan::Column(0, field.type);
  ExpressionPtr cast = MakeCast(column, type, CastMode::kImplicit, zone);
  if (cast == column) return query;
  plan::Node node;
  node.schema.fields.push_back({field.name, cast->type, {}, {}});
  node.op = plan::Project{query, {std::move(cast)}};
  return std::make_shared<const plan::Node>(std::move(node));
}

}  // namespace

Bound ExpressionBinder::BindAs(const dialect::Exists& exists, const dialect::Expression& at) {
  return BindSubquery("exists", nullptr, *exists.query, at);
}

Bound ExpressionBinder::BindAs(const dialect::ScalarQuery& scalar, const dialect::Expression& at) {
  return BindSubquery("scalar", nullptr, *scalar.query, at);
}

Bound ExpressionBinder::BindAs(const dialect::Quantified& quantified, const dialect::Expression& at) {
  std::string op = Symbol(quantified.op) + (quantified.all ? " all" : " any");
  return BindSubquery(std::move(op), &*quantified.operand, *quantified.query, at);
}

Bound ExpressionBinder::BindSubquery(std::string op, const dialect::Expression* operand, const dialect::Query& query,
                                     const dialect::Expression& at) {
  TextPosition position = at.span.position;
  if (!session_.plan_subquery) {
    return NotSupportedAt(
        position, session_.streaming ? "a query inside an expression is not supported in streaming mode; write a JOIN"
                                     : "a query cannot stand here");
  }
  ExpressionPtr left;
  if (operand != nullptr) {
    FLOE_TRY(left, Bind(*operand));
  }
  OuterQuery outer;
  outer.bind = [this](const dialect::Expression& reference) { return Bind(reference); };
  FLOE_TRY(NodePtr planned, session_.plan_subquery(query, outer));
  plan::Expression made{.kind = ExpressionKind::kSubquery, .function = op, .position = position};
  if (op == "exists") {
    made.type = Type::Boolean().WithNullable(false);
  } else if (planned->schema.size() != 1) {
    return FailAt(position, fmt::format("the query gives {} columns; here it must give one", planned->schema.size()));
  } else if (left == nullptr) {
    made.type = planned->schema.fields[0].type.WithNullable(true);
  } else {
    const Type& item = planned->schema.fields[0].type;
    std::optional<Type> common = ComparisonType(left->type, item);
    if (!common) {
      return FailAt(position,
                    fmt::format("{} cannot be compared with the query's {}; CAST one of them",
                                left->type.WithNullable(true).ToString(), item.WithNullable(true).ToString()));
    }
    made.type = Type::Boolean().WithNullable(left->type.nullable() || item.nullable());
    planned = CastColumn(planned, *common, session_.zone);
    made.args.push_back(MakeCast(std::move(left), *common, CastMode::kImplicit, session_.zone));
  }
  made.subquery = std::move(planned);
  made.args.insert(made.args.end(), outer.parameters.begin(), outer.parameters.end());
  return std::make_shared<const plan::Expression>(std::move(made));
}

Bound ExpressionBinder::BindOutside(const dialect::Expression& at, Error unknown) {
  if (session_.outer == nullptr || unknown.message().find("ambiguous") != std::string::npos)
    return Fail(std::move(unknown));
  auto outside = session_.outer->bind(at);
  // A column that is nowhere is reported with those of the query it stands in.
  if (!outside) return Fail(std::move(outside.error().message().starts_with("unknown") ? unknown : outside.error()));
  if (session_.expansion != nullptr) {
    // In full it may mean a column in here.
    auto full = session_.expansion->paths.find(at.As<dialect::ColumnReference>());
    if (full != session_.expansion->paths.end() && ResolveName(scope_, full->second[0]))
      session_.expansion->paths.erase(full);
  }
  std::vector<ExpressionPtr>& parameters = session_.outer->parameters;
  auto known = std::ranges::find_if(parameters, [&](const ExpressionPtr& p) { return plan::Equal(*p, **outside); });
  plan::Expression parameter{.kind = ExpressionKind::kParameter,
                             .type = (*outside)->type,
                             .column = static_cast<int>(known - parameters.begin()),
                             .position = at.span.position};
  if (known == parameters.end()) parameters.push_back(std::move(*outside));
  return std::make_shared<const plan::Expression>(std::move(parameter));
}

}  // namespace floe::sql::bind
