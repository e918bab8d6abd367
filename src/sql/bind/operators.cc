// SPDX-License-Identifier: Apache-2.0
// Comparison and arithmetic.
#include <fmt/format.h>

#include "sql/bind/expression_binder.h"
#include "sql/bind/functions_internal.h"
#include "sql/bind/types.h"

namespace floe::sql::bind {
namespace {

using data::TypeKind;
using dialect::BinaryOperator;
using plan::ExpressionPtr;

std::string Name(const Type& type) {
  return type.WithNullable(true).ToString();
}

Result<Arithmetic> ArithmeticOf(BinaryOperator op, TextPosition position) {
  switch (op) {
    case BinaryOperator::kAdd: return Arithmetic::kAdd;
    case BinaryOperator::kSubtract: return Arithmetic::kSubtract;
    case BinaryOperator::kMultiply: return Arithmetic::kMultiply;
    case BinaryOperator::kDivide: return Arithmetic::kDivide;
    case BinaryOperator::kModulo: return Arithmetic::kModulo;
    default: return Fail(Error(ErrorKind::kInternal, "not an arithmetic operator").WithPosition(position));
  }
}

ExpressionPtr Decimals(Arithmetic op, const ExpressionPtr& left, const ExpressionPtr& right, const Type& result,
                       TextPosition position) {
  ExpressionPtr a = plan::CastTo(left, AsDecimal(left->type));
  ExpressionPtr b = plan::CastTo(right, AsDecimal(right->type));
  if (op == Arithmetic::kDivide) return Strict("floe_divide", {a, b, IntLiteral(result.scale())}, result, position);
  if (op == Arithmetic::kModulo) return Strict("%", {a, b}, result, position);
  if (op == Arithmetic::kMultiply) return Strict("*", {a, b}, result, position);
  // Both in the result's type: DuckDB then adds without another digit check of its own.
  return Strict(std::string(ToString(op)), {plan::CastTo(a, result), plan::CastTo(b, result)}, result, position);
}

ExpressionPtr Numbers(Arithmetic op, const ExpressionPtr& left, const ExpressionPtr& right, const Type& result,
                      TextPosition position) {
  if (result.kind() == TypeKind::kDecimal) return Decimals(op, left, right, result, position);
  if (left->type.IsInteger() && right->type.IsInteger()) {
    Type wide(std::max(left->type.kind(), right->type.kind()));
    std::string kernel(ToString(op));
    if (op == Arithmetic::kDivide) kernel = "floe_divide";
    if (op == Arithmetic::kModulo) kernel = "floe_modulo";
    return Strict(kernel, {plan::CastTo(left, wide), plan::CastTo(right, wide)}, result, position);
  }
  Type type = result.WithNullable(true);
  return Strict(std::string(ToString(op)), {plan::CastTo(left, type), plan::CastTo(right, type)}, result, position);
}

/// time ± interval.
Result<ExpressionPtr> Shift(const ExpressionPtr& time, const ExpressionPtr& interval, bool minus,
                            const Session& session, TextPosition position) {
  std::optional<std::int64_t> literal = IntegerOf(interval);
  if (interval->type.kind() == TypeKind::kIntervalDayTime && literal) {
    std::int64_t millis = minus ? -*literal : *literal;
    if (time->type.kind() != TypeKind::kDate) {
      Type type = time->type.IsTimestamp() ? time->type : Type::Timestamp(3);
      if (time->type.kind() == TypeKind::kTime)
        return NotSupportedAt(position, "TIME plus INTERVAL is not supported; use TIMESTAMP");
      return ShiftMs(plan::CastTo(time, type), millis);
    }
    ExpressionPtr shifted = ShiftMs(plan::CastTo(time, Type::Timestamp(3)), millis);
    return millis % 86'400'000 == 0 ? plan::CastTo(shifted, Type(TypeKind::kDate)) : shifted;
  }
  bool instant = time->type.kind() == TypeKind::kTimestampLtz;
  ExpressionPtr local = instant ? ToLocal(time, session.zone) : time;
  Type type = local->type.kind() == TypeKind::kDate ? Type::Timestamp(3) : local->type;
  ExpressionPtr sum = Strict(minus ? "-" : "+", {plan::CastTo(local, type), interval}, type, position);
  if (time->type.kind() == TypeKind::kDate) return plan::CastTo(sum, time->type);
  return instant ? FromLocal(sum, session.zone) : sum;
}

bool IsTime(const Type& type) {
  return type.IsTimestamp() || type.kind() == TypeKind::kDate || type.kind() == TypeKind::kTime;
}

ExpressionPtr ScaleInterval(const ExpressionPtr& interval, const ExpressionPtr& factor, TextPosition position) {
  std::optional<std::int64_t> a = IntegerOf(interval);
  std::optional<std::int64_t> b = IntegerOf(factor);
  std::int64_t product = 0;
  if (a && b && !__builtin_mul_overflow(*a, *b, &product)) return plan::Literal(product, interval->type, position);
  return Strict("*", {interval, plan::CastTo(factor, Type::BigInt())}, interval->type, position);
}

}  // namespace

Result<ExpressionPtr> BindComparison(std::string op, ExpressionPtr left, ExpressionPtr right, const Session& session,
                                     TextPosition position) {
  std::optional<Type> common = ComparisonType(left->type, right->type);
  if (!common) {
    return FailAt(position, fmt::format("{} {} {} cannot be compared; CAST one side to the other's type",
                                        Name(left->type), op, Name(right->type)));
  }
  left = MakeCast(std::move(left), *common, CastMode::kImplicit, session.zone);
  right = MakeCast(std::move(right), *common, CastMode::kImplicit, session.zone);
  return plan::Compare(std::move(op), std::move(left), std::move(right), position);
}

Result<ExpressionPtr> BindArithmetic(BinaryOperator op, ExpressionPtr left, ExpressionPtr right, const Session& session,
                                     TextPosition position) {
  FLOE_TRY(Arithmetic arithmetic, ArithmeticOf(op, position));
  const Type& a = left->type;
  const Type& b = right->type;
  bool additive = arithmetic == Arithmetic::kAdd || arithmetic == Arithmetic::kSubtract;
  if (additive && IsTime(a) && b.IsInterval())
    return Shift(left, right, arithmetic == Arithmetic::kSubtract, session, position);
  if (arithmetic == Arithmetic::kAdd && a.IsInterval() && IsTime(b))
    return Shift(right, left, false, session, position);
  if (additive && a.IsInterval() && a.kind() == b.kind()) {
    return Strict(std::string(ToString(arithmetic)), {left, right}, a, position);
  }
  if (arithmetic == Arithmetic::kMultiply && a.IsInterval() && b.IsInteger())
    return ScaleInterval(left, right, position);
  if (arithmetic == Arithmetic::kMultiply && a.IsInteger() && b.IsInterval())
    return ScaleInterval(right, left, position);
  if (arithmetic == Arithmetic::kSubtract && IsTime(a) && IsTime(b)) {
    return FailAt(position, "a time minus a time has no type in SQL; write TIMESTAMPDIFF(SECOND, earlier, later)");
  }
  std::optional<Type> result = ArithmeticType(arithmetic, a, b);
  if (!result) {
    std::string fix = a.IsCharacter() || b.IsCharacter() ? "; CAST the text to a number, or join texts with ||"
                                                         : "; CAST them to numbers";
    return FailAt(position, fmt::format("{} {} {} does not exist{}", Name(a), ToString(arithmetic), Name(b), fix));
  }
  return Numbers(arithmetic, left, right, *result, position);
}

}  // namespace floe::sql::bind
