// SPDX-License-Identifier: Apache-2.0
// Numeric functions.
#include <array>
#include <numbers>

#include "sql/bind/functions_internal.h"
#include "sql/bind/types.h"

namespace floe::sql::bind {
namespace {

using data::TypeKind;
using plan::ExpressionPtr;
using Built = Result<ExpressionPtr>;

/// FLOOR and CEIL keep the type; DECIMAL(p, s) loses its scale.
template <const char* const& kernel>
Built Integral(const CallSite& site) {
  const Type& type = site.args[0]->type;
  if (type.IsInteger()) return site.args[0];
  Type result = type.kind() == TypeKind::kDecimal ? Type::Decimal(type.precision(), 0) : type;
  return Strict(kernel, {site.args[0]}, result, site.position);
}
constexpr const char* kFloor = "floor";
constexpr const char* kCeil = "ceil";

/// ROUND and TRUNCATE to constant places; on decimals the result has so many.
template <const char* const& kernel>
Built Places(const CallSite& site) {
  const Type& type = site.args[0]->type;
  ExpressionPtr places = site.args.size() == 2 ? site.args[1] : IntLiteral(0);
  if (type.kind() != TypeKind::kDecimal) {
    if (type.IsInteger() && IntegerOf(places).value_or(-1) >= 0) return site.args[0];
    return Strict(kernel, {plan::CastTo(site.args[0], Type::Double()), places}, type, site.position);
  }
  std::optional<std::int64_t> n = IntegerOf(places);
  if (!n)
    return NotSupportedAt(site.position, site.name + " of a DECIMAL needs constant places; cast it to DOUBLE first");
  if (*n >= type.scale()) return site.args[0];
  auto scale = static_cast<std::int32_t>(std::max<std::int64_t>(*n, 0));
  std::int32_t precision = std::min(kMaxDecimalPrecision, type.precision() - type.scale() + scale + 1);
  return Strict(kernel, {site.args[0], IntLiteral(*n)}, Type::Decimal(precision, scale), site.position);
}
constexpr const char* kRound = "round";
constexpr const char* kTrunc = "trunc";

Built Mod(const CallSite& site) {
  const Type& left = site.args[0]->type;
  const Type& right = site.args[1]->type;
  Type result = *ArithmeticType(Arithmetic::kModulo, left, right);
  Type common = *LeastRestrictive(left, right);
  bool integers = left.IsInteger() && right.IsInteger();
  return Strict(integers ? "floe_modulo" : "%",
                {plan::CastTo(site.args[0], common), plan::CastTo(site.args[1], common)}, result, site.position);
}

/// NULL as soon as one is: DuckDB would skip it.
template <const char* const& kernel>
Built Extreme(const CallSite& site) {
  std::vector<Type> types;
  for (const ExpressionPtr& arg : site.args) types.push_back(arg->type);
  std::optional<Type> common = LeastRestrictive(types);
  if (!common) return FailAt(site, site.name + ": the arguments have no common type; cast them to one");
  std::vector<ExpressionPtr> args;
  std::vector<ExpressionPtr> missing;
  for (const ExpressionPtr& arg : site.args) {
    args.push_back(MakeCast(arg, *common, CastMode::kImplicit, site.session.zone));
    if (arg->type.nullable()) missing.push_back(IsNull(args.back()));
  }
  ExpressionPtr value = plan::Call(kernel, std::move(args), *common, site.position);
  if (missing.empty()) return value;
  ExpressionPtr any = missing.size() == 1 ? missing[0]
                                          : plan::Make(plan::ExpressionKind::kOr, std::move(missing),
                                                       Type::Boolean().WithNullable(false), site.position);
  return If(any, NullLiteral(*common), value);
}
constexpr const char* kGreatest = "greatest";
constexpr const char* kLeast = "least";

/// LOG(x) is the natural logarithm, LOG(base, x) the other.
Built Log(const CallSite& site) {
  if (site.args.size() == 1) return Strict("ln", site.args, Type::Double(), site.position);
  return Strict("log", site.args, Type::Double(), site.position);
}

Built Sign(const CallSite& site) {
  return Strict("sign", site.args, site.args[0]->type, site.position);
}

Built Random(const CallSite& site) {
  if (!site.args.empty()) return NotSupportedAt(site.position, "RAND with a seed is not supported; write RAND()");
  return plan::Call("random", {}, Type::Double().WithNullable(false), site.position);
}

Built RandomInteger(const CallSite& site) {
  if (site.args.size() == 2)
    return NotSupportedAt(site.position, "RAND_INTEGER with a seed is not supported; write RAND_INTEGER(bound)");
  ExpressionPtr random = plan::Call("random", {}, Type::Double().WithNullable(false), site.position);
  ExpressionPtr scaled =
      Strict("*", {random, plan::CastTo(site.args[0], Type::Double())}, Type::Double(), site.position);
  return Strict("trunc", {scaled}, Type::Int(), site.position);
}

Built Pi(const CallSite& site) {
  return plan::Literal(std::numbers::pi, Type::Double(), site.position);
}
Built Euler(const CallSite& site) {
  return plan::Literal(std::numbers::e, Type::Double(), site.position);
}

constexpr std::array kMath = std::to_array<Function>({
    {"ABS", "n", Returns::kFirst, "abs"},
    {"FLOOR", "n", Returns::kFirst, "", Integral<kFloor>},
    {"CEIL", "n", Returns::kFirst, "", Integral<kCeil>},
    {"CEILING", "n", Returns::kFirst, "", Integral<kCeil>},
    {"ROUND", "ni?", Returns::kFirst, "", Places<kRound>},
    {"TRUNCATE", "ni?", Returns::kFirst, "", Places<kTrunc>},
    {"POWER", "dd", Returns::kDouble, "pow"},
    {"POW", "dd", Returns::kDouble, "pow"},
    {"SQRT", "d", Returns::kDouble, "sqrt"},
    {"LN", "d", Returns::kDouble, "ln"},
    {"LOG", "dd?", Returns::kDouble, "", Log},
    {"LOG10", "d", Returns::kDouble, "log10"},
    {"LOG2", "d", Returns::kDouble, "log2"},
    {"EXP", "d", Returns::kDouble, "exp"},
    {"MOD", "nn", Returns::kFirst, "", Mod},
    {"SIGN", "n", Returns::kFirst, "", Sign},
    {"RAND", "x?", Returns::kDouble, "", Random},
    {"RAND_INTEGER", "ix?", Returns::kInt, "", RandomInteger},
    {"PI", "", Returns::kDouble, "", Pi},
    {"E", "", Returns::kDouble, "", Euler},
    {"SIN", "d", Returns::kDouble, "sin"},
    {"COS", "d", Returns::kDouble, "cos"},
    {"TAN", "d", Returns::kDouble, "tan"},
    {"COT", "d", Returns::kDouble, "cot"},
    {"ASIN", "d", Returns::kDouble, "asin"},
    {"ACOS", "d", Returns::kDouble, "acos"},
    {"ATAN", "d", Returns::kDouble, "atan"},
    {"ATAN2", "dd", Returns::kDouble, "atan2"},
    {"SINH", "d", Returns::kDouble, "sinh"},
    {"COSH", "d", Returns::kDouble, "cosh"},
    {"TANH", "d", Returns::kDouble, "tanh"},
    {"DEGREES", "d", Returns::kDouble, "degrees"},
    {"RADIANS", "d", Returns::kDouble, "radians"},
    {"GREATEST", "xx*", Returns::kFirst, "", Extreme<kGreatest>},
    {"LEAST", "xx*", Returns::kFirst, "", Extreme<kLeast>},
});

}  // namespace

std::span<const Function> MathFunctions() {
  return kMath;
}

}  // namespace floe::sql::bind
