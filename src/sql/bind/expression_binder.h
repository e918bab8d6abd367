// SPDX-License-Identifier: Apache-2.0
// Expressions of the AST to typed expressions of the plan, by Flink's rules.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sql/bind/scope.h"
#include "sql/bind/session.h"
#include "sql/dialect/query.h"
#include "sql/plan/expression.h"

namespace floe::sql::bind {

/// Looks at a node before the binder does: a grouped query answers keys and aggregates here, a query with OVER its
/// calls. nullopt: not mine.
using Interceptor = std::function<Result<std::optional<plan::ExpressionPtr>>(const dialect::Expression& expression)>;

/// Made for one clause of one query; not kept.
class ExpressionBinder {
 public:
  ExpressionBinder(const Scope& scope, const Session& session, Interceptor interceptor = {})
      : scope_(scope), session_(session), interceptor_(std::move(interceptor)) {}

  /// kInvalidInput or kNotSupported, always with a position.
  Result<plan::ExpressionPtr> Bind(const dialect::Expression& expression);
  /// The same, and it must be BOOLEAN.
  Result<plan::ExpressionPtr> BindCondition(const dialect::Expression& expression, std::string_view clause);
  /// Arguments of an aggregate or OVER call, without the Star.
  Result<std::vector<plan::ExpressionPtr>> BindArguments(const dialect::Call& call);

 private:
  Result<plan::ExpressionPtr> BindNode(const dialect::Expression& expression);

  // One for each alternative of dialect::Expression; a node of another place is refused by the template.
  Result<plan::ExpressionPtr> BindAs(const dialect::Literal& literal, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::IntervalLiteral& interval, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::ColumnReference& reference, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::FieldAccess& access, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::Subscript& subscript, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::Unary& unary, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::Binary& binary, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::IsTest& test, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::Between& between, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::In& in, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::Exists& exists, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::ScalarQuery& scalar, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::Quantified& quantified, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::Like& like, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::Case& node, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::Cast& cast, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::Call& call, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::RowConstructor& row, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::ArrayConstructor& array, const dialect::Expression& at);
  Result<plan::ExpressionPtr> BindAs(const dialect::MapConstructor& map, const dialect::Expression& at);
  template <typename Other>
  Result<plan::ExpressionPtr> BindAs(const Other& other, const dialect::Expression& at);

  /// `operand op (query)`; without an operand EXISTS and the value of a query.
  Result<plan::ExpressionPtr> BindSubquery(std::string op, const dialect::Expression* operand,
                                           const dialect::Query& query, const dialect::Expression& at);
  /// The reference in the query around this one.
  Result<plan::ExpressionPtr> BindOutside(const dialect::Expression& at, Error unknown);

  Result<plan::ExpressionPtr> BindOverlaps(const dialect::Binary& binary, const dialect::Expression& at);
  Result<std::vector<plan::ExpressionPtr>> BindAll(const std::vector<dialect::Expression>& expressions);
  /// All of them in their common type.
  Result<std::vector<plan::ExpressionPtr>> Unify(std::vector<plan::ExpressionPtr> values, std::string_view what,
                                                 TextPosition position);

  const Scope& scope_;
  const Session& session_;
  Interceptor interceptor_;
};

/// `left op right` with both sides brought to their comparison type. kInvalidInput names both types.
Result<plan::ExpressionPtr> BindComparison(std::string op, plan::ExpressionPtr left, plan::ExpressionPtr right,
                                           const Session& session, TextPosition position);
/// + - * / % over numbers, and over times and intervals.
Result<plan::ExpressionPtr> BindArithmetic(dialect::BinaryOperator op, plan::ExpressionPtr left,
                                           plan::ExpressionPtr right, const Session& session, TextPosition position);
/// A literal as the plan has it; kInvalidInput for a date that is none and the like.
Result<plan::ExpressionPtr> BindLiteral(const dialect::Literal& literal, const Session& session, TextPosition position);
/// The literal as an INTERVAL: milliseconds or months.
Result<plan::ExpressionPtr> BindInterval(const dialect::IntervalLiteral& interval, TextPosition position);

}  // namespace floe::sql::bind
