// SPDX-License-Identifier: Apache-2.0
#include "sql/bind/types.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace floe::sql::bind {
namespace {

using data::RowField;
using data::TypeKind;

std::shared_ptr<const Type> Shared(Type type) {
  return std::make_shared<const Type>(std::move(type));
}

Type DecimalArithmetic(Arithmetic op, const Type& left, const Type& right) {
  std::int32_t p1 = left.precision();
  std::int32_t s1 = left.scale();
  std::int32_t p2 = right.precision();
  std::int32_t s2 = right.scale();
  switch (op) {
    case Arithmetic::kAdd:
    case Arithmetic::kSubtract: {
      std::int32_t scale = std::max(s1, s2);
      return CappedDecimal(std::max(p1 - s1, p2 - s2) + scale + 1, scale);
    }
    case Arithmetic::kMultiply: return CappedDecimal(p1 + p2, s1 + s2);
    case Arithmetic::kDivide: {
      std::int32_t scale = std::max(6, s1 + p2 + 1);
      return CappedDecimal(p1 - s1 + s2 + scale, scale);
    }
    case Arithmetic::kModulo: {
      if (s1 == 0 && s2 == 0) return right;
      std::int32_t scale = std::max(s1, s2);
      return CappedDecimal(std::min(p1 - s1, p2 - s2) + scale, scale);
    }
  }
  return left;
}

Type Approximate(const Type& left, const Type& right) {
  auto forces_double = [](const Type& t) { return t.kind() == TypeKind::kDouble || t.kind() == TypeKind::kDecimal; };
  return forces_double(left) || forces_double(right) ? Type::Double() : Type(TypeKind::kFloat);
}

Type CommonNumber(const Type& a, const Type& b) {
  if (a.IsApproximate() || b.IsApproximate()) return Approximate(a, b);
  if (a.IsInteger() && b.IsInteger()) return Type(std::max(a.kind(), b.kind()));
  Type left = AsDecimal(a);
  Type right = AsDecimal(b);
  std::int32_t scale = std::max(left.scale(), right.scale());
  std::int32_t integral = std::max(left.precision() - left.scale(), right.precision() - right.scale());
  return Type::Decimal(std::min(kMaxDecimalPrecision, integral + scale),
                       std::min(scale, kMaxDecimalPrecision - integral));
}

Type CommonString(const Type& a, const Type& b) {
  std::int32_t length = std::max(a.length(), b.length());
  bool fixed = a.kind() == TypeKind::kChar && b.kind() == TypeKind::kChar && a.length() == b.length();
  return fixed ? Type::Char(length) : Type::Varchar(length);
}

Type CommonBinary(const Type& a, const Type& b) {
  std::int32_t length = std::max(a.length(), b.length());
  bool fixed = a.kind() == TypeKind::kBinary && b.kind() == TypeKind::kBinary && a.length() == b.length();
  return fixed ? Type::Binary(length) : Type::Varbinary(length);
}

/// For DATE, TIMESTAMP and TIMESTAMP_LTZ in any mix.
Type CommonTime(const Type& a, const Type& b) {
  bool dates = a.kind() == TypeKind::kDate || b.kind() == TypeKind::kDate;
  std::int32_t precision = std::max({a.precision(), b.precision(), dates ? 3 : 0});
  bool instant = a.kind() == TypeKind::kTimestampLtz || b.kind() == TypeKind::kTimestampLtz;
  return instant ? Type::TimestampLtz(precision) : Type::Timestamp(precision);
}

std::optional<Type> CommonNested(const Type& a, const Type& b) {
  if (a.kind() != b.kind() || a.fields().empty() || a.fields().size() != b.fields().size()) return std::nullopt;
  std::vector<Type> children;
  for (std::size_t i = 0; i < a.fields().size(); ++i) {
    std::optional<Type> child = LeastRestrictive(a.child(i), b.child(i));
    if (!child) return std::nullopt;
    children.push_back(std::move(*child));
  }
  if (a.kind() == TypeKind::kArray) return Type::Array(children[0]);
  if (a.kind() == TypeKind::kMultiset) return Type::Multiset(children[0]);
  if (a.kind() == TypeKind::kMap) return Type::Map(children[0], children[1]);
  std::vector<RowField> fields;
  for (std::size_t i = 0; i < children.size(); ++i) {
    fields.push_back({a.fields()[i].name, Shared(children[i]), a.fields()[i].comment});
  }
  return Type::Row(std::move(fields));
}

bool IsDateOrTimestamp(const Type& type) {
  return type.kind() == TypeKind::kDate || type.IsTimestamp();
}

std::optional<Type> Common(const Type& a, const Type& b) {
  if (a.EqualsIgnoringNullability(b)) return a;
  if (a.kind() == TypeKind::kNull) return b;
  if (b.kind() == TypeKind::kNull) return a;
  if (a.IsNumeric() && b.IsNumeric()) return CommonNumber(a, b);
  if (a.IsCharacter() && b.IsCharacter()) return CommonString(a, b);
  if (a.IsBinary() && b.IsBinary()) return CommonBinary(a, b);
  if (IsDateOrTimestamp(a) && IsDateOrTimestamp(b)) return CommonTime(a, b);
  if (a.kind() == TypeKind::kTime && b.kind() == TypeKind::kTime) {
    return Type::Time(std::max(a.precision(), b.precision()));
  }
  return CommonNested(a, b);
}

bool NestedCast(const Type& from, const Type& to, bool (*allowed)(const Type&, const Type&)) {
  if (from.kind() != to.kind() || from.fields().empty() || from.fields().size() != to.fields().size()) return false;
  for (std::size_t i = 0; i < from.fields().size(); ++i) {
    if (!allowed(from.child(i), to.child(i))) return false;
  }
  return true;
}

bool NumberWidens(const Type& from, const Type& to) {
  if (to.kind() == TypeKind::kDouble) return true;
  if (to.kind() == TypeKind::kFloat) return from.kind() != TypeKind::kDouble;
  if (from.IsApproximate()) return false;
  if (to.kind() == TypeKind::kDecimal) return true;
  return from.IsInteger() && from.kind() <= to.kind();
}

}  // namespace

Type CappedDecimal(std::int32_t precision, std::int32_t scale) {
  if (precision <= kMaxDecimalPrecision) return Type::Decimal(precision, scale);
  std::int32_t integral = precision - scale;
  return Type::Decimal(kMaxDecimalPrecision, std::max(kMaxDecimalPrecision - integral, std::min(scale, 6)));
}

Type AsDecimal(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kTinyInt: return Type::Decimal(3, 0).WithNullable(type.nullable());
    case TypeKind::kSmallInt: return Type::Decimal(5, 0).WithNullable(type.nullable());
    case TypeKind::kInt: return Type::Decimal(10, 0).WithNullable(type.nullable());
    case TypeKind::kBigInt: return Type::Decimal(19, 0).WithNullable(type.nullable());
    default: return type;
  }
}

std::string_view ToString(Arithmetic op) {
  switch (op) {
    case Arithmetic::kAdd: return "+";
    case Arithmetic::kSubtract: return "-";
    case Arithmetic::kMultiply: return "*";
    case Arithmetic::kDivide: return "/";
    case Arithmetic::kModulo: return "%";
  }
  return "?";
}

std::optional<Type> ArithmeticType(Arithmetic op, const Type& left, const Type& right) {
  bool nullable = left.nullable() || right.nullable();
  // A NULL literal takes the other side's type.
  const Type& a = left.kind() == TypeKind::kNull ? right : left;
  const Type& b = right.kind() == TypeKind::kNull ? left : right;
  if (!a.IsNumeric() || !b.IsNumeric()) return std::nullopt;
  if (a.IsApproximate() || b.IsApproximate()) return Approximate(a, b).WithNullable(nullable);
  if (a.IsInteger() && b.IsInteger()) {
    if (op == Arithmetic::kModulo) return b.WithNullable(nullable);
    return Type(std::max(a.kind(), b.kind())).WithNullable(nullable);
  }
  return DecimalArithmetic(op, AsDecimal(a), AsDecimal(b)).WithNullable(nullable);
}

std::optional<Type> LeastRestrictive(std::span<const Type> types) {
  if (types.empty()) return std::nullopt;
  Type common = types[0];
  bool nullable = types[0].nullable();
  for (const Type& type : types.subspan(1)) {
    std::optional<Type> next = Common(common, type);
    if (!next) return std::nullopt;
    common = std::move(*next);
    nullable = nullable || type.nullable();
  }
  return common.WithNullable(nullable);
}

std::optional<Type> LeastRestrictive(const Type& a, const Type& b) {
  std::optional<Type> common = Common(a, b);
  if (!common) return std::nullopt;
  return common->WithNullable(a.nullable() || b.nullable());
}

std::optional<Type> ComparisonType(const Type& a, const Type& b) {
  if (std::optional<Type> common = LeastRestrictive(a, b)) return common;
  const Type& text = a.IsCharacter() ? a : b;
  const Type& other = a.IsCharacter() ? b : a;
  if (!text.IsCharacter()) return std::nullopt;
  bool nullable = a.nullable() || b.nullable();
  // As DOUBLE, so that '1.5' is not read as an integer.
  if (other.IsInteger() || other.kind() == TypeKind::kFloat) return Type::Double().WithNullable(nullable);
  bool readable = other.IsNumeric() || IsDateOrTimestamp(other) || other.kind() == TypeKind::kTime ||
                  other.kind() == TypeKind::kBoolean;
  if (!readable) return std::nullopt;
  return other.WithNullable(nullable);
}

bool CanCastImplicitly(const Type& from, const Type& to) {
  if (from.kind() == TypeKind::kNull) return true;
  if (from.IsCharacter() && to.IsCharacter()) return true;
  if (from.IsBinary() && to.IsBinary()) return true;
  if (from.IsNumeric() && to.IsNumeric()) return NumberWidens(from, to);
  if (IsDateOrTimestamp(from) && IsDateOrTimestamp(to)) {
    return to.kind() != TypeKind::kDate || from.kind() == TypeKind::kDate;
  }
  if (from.fields().empty()) return from.kind() == to.kind();
  return NestedCast(from, to, &CanCastImplicitly);
}

bool CanCastExplicitly(const Type& from, const Type& to) {
  if (CanCastImplicitly(from, to)) return true;
  if (to.IsCharacter()) return from.kind() != TypeKind::kMultiset;
  if (from.IsCharacter()) {
    return to.IsNumeric() || to.kind() == TypeKind::kBoolean || to.IsBinary() || IsDateOrTimestamp(to) ||
           to.kind() == TypeKind::kTime;
  }
  if (from.IsNumeric()) return to.IsNumeric() || to.kind() == TypeKind::kBoolean;
  if (from.kind() == TypeKind::kBoolean) return to.IsNumeric();
  if (from.IsTimestamp()) return to.kind() == TypeKind::kDate || to.kind() == TypeKind::kTime;
  return NestedCast(from, to, &CanCastExplicitly);
}

Type SumType(const Type& argument) {
  if (argument.kind() == TypeKind::kDecimal) return Type::Decimal(kMaxDecimalPrecision, argument.scale());
  return argument.WithNullable(true);
}

Type AverageType(const Type& argument) {
  if (argument.kind() == TypeKind::kDecimal) {
    return Type::Decimal(kMaxDecimalPrecision, std::max(argument.scale(), 6));
  }
  return argument.WithNullable(true);
}

}  // namespace floe::sql::bind
