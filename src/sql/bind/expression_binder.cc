// SPDX-License-Identifier: Apache-2.0
#include "sql/bind/expression_binder.h"

#include <algorithm>

#include <fmt/format.h>

#include "sql/bind/aggregates.h"
#include "sql/bind/functions_internal.h"
#include "sql/bind/types.h"
#include "sql/bind/zone.h"
#include "sql/dialect/unparser.h"

namespace floe::sql::bind {
namespace {

using data::TypeKind;
using dialect::BinaryOperator;
using dialect::Expression;
using plan::ExpressionKind;
using plan::ExpressionPtr;
using Bound = Result<ExpressionPtr>;

TextPosition At(const Expression& e) {
  return e.span.position;
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string ComparisonOf(BinaryOperator op) {
  switch (op) {
    case BinaryOperator::kEqual: return "=";
    case BinaryOperator::kNotEqual: return "<>";
    case BinaryOperator::kLess: return "<";
    case BinaryOperator::kLessEqual: return "<=";
    case BinaryOperator::kGreater: return ">";
    case BinaryOperator::kGreaterEqual: return ">=";
    case BinaryOperator::kIsDistinctFrom: return "is distinct from";
    case BinaryOperator::kIsNotDistinctFrom: return "is not distinct from";
    default: return "";
  }
}

ExpressionPtr Not(ExpressionPtr e) {
  Type type = e->type;
  TextPosition position = e->position;
  return plan::Make(ExpressionKind::kNot, {std::move(e)}, std::move(type), position);
}

ExpressionPtr NotIf(bool negated, ExpressionPtr e) {
  return negated ? Not(std::move(e)) : e;
}

Bound Condition(ExpressionPtr e, std::string_view what) {
  if (e->type.kind() == TypeKind::kNull) return plan::Literal({}, Type::Boolean(), e->position);
  if (e->type.kind() != TypeKind::kBoolean) {
    return FailAt(e->position, fmt::format("{} needs a BOOLEAN, not {}; write a comparison", what,
                                           e->type.WithNullable(true).ToString()));
  }
  return e;
}

Bound TextOperand(ExpressionPtr e, const Session& session, std::string_view what) {
  if (e->type.IsCharacter()) return e;
  if (e->type.kind() == TypeKind::kNull) return NullLiteral(Type::String());
  if (what == "||" && CanCastExplicitly(e->type, Type::String()))
    return MakeCast(e, Type::String(), CastMode::kImplicit, session.zone);
  return FailAt(e->position, fmt::format("{} needs a STRING, not {}; CAST it to STRING", what,
                                         e->type.WithNullable(true).ToString()));
}

/// SIMILAR TO's % and _ as RE2 has them.
std::string SimilarPattern(std::string_view pattern) {
  std::string regex;
  for (char c : pattern) {
    if (c == '%') {
      regex += ".*";
    } else {
      regex += c == '_' ? '.' : c;
    }
  }
  return regex;
}

bool HoldsInstant(const Type& type) {
  if (type.kind() == TypeKind::kTimestampLtz) return true;
  return std::ranges::any_of(type.fields(), [](const data::RowField& field) { return HoldsInstant(*field.type); });
}

}  // namespace

Bound ExpressionBinder::Bind(const Expression& expression) {
  if (interceptor_) {
    FLOE_TRY(std::optional<ExpressionPtr> mine, interceptor_(expression));
    if (mine) return *mine;
  }
  return BindNode(expression);
}

Bound ExpressionBinder::BindNode(const Expression& expression) {
  return std::visit([&](const auto& node) -> Bound { return BindAs(node, expression); }, expression.node);
}

Bound ExpressionBinder::BindCondition(const Expression& expression, std::string_view clause) {
  FLOE_TRY(ExpressionPtr condition, Bind(expression));
  return Condition(std::move(condition), clause);
}

Result<std::vector<ExpressionPtr>> ExpressionBinder::BindAll(const std::vector<Expression>& expressions) {
  std::vector<ExpressionPtr> bound;
  for (const Expression& e : expressions) {
    FLOE_TRY(ExpressionPtr value, Bind(e));
    bound.push_back(std::move(value));
  }
  return bound;
}

Result<std::vector<ExpressionPtr>> ExpressionBinder::BindArguments(const dialect::Call& call) {
  std::vector<ExpressionPtr> bound;
  for (const dialect::Argument& argument : call.arguments) {
    FLOE_TRY(ExpressionPtr value, Bind(argument.value));
    bound.push_back(std::move(value));
  }
  return bound;
}

Result<std::vector<ExpressionPtr>> ExpressionBinder::Unify(std::vector<ExpressionPtr> values, std::string_view what,
                                                           TextPosition position) {
  std::vector<Type> types;
  for (const ExpressionPtr& value : values) types.push_back(value->type);
  std::optional<Type> common = LeastRestrictive(types);
  if (!common) {
    std::string list;
    for (const Type& type : types) list += (list.empty() ? "" : ", ") + type.WithNullable(true).ToString();
    return FailAt(position, fmt::format("{}: {} have no common type; CAST them to one", what, list));
  }
  for (ExpressionPtr& value : values) value = MakeCast(std::move(value), *common, CastMode::kImplicit, session_.zone);
  return values;
}

Bound ExpressionBinder::BindAs(const dialect::Literal& literal, const Expression& at) {
  return BindLiteral(literal, session_, At(at));
}

Bound ExpressionBinder::BindAs(const dialect::IntervalLiteral& interval, const Expression& at) {
  return BindInterval(interval, At(at));
}

Bound ExpressionBinder::BindAs(const dialect::ColumnReference& reference, const Expression& at) {
  auto name = ResolveName(scope_, reference.parts);
  if (!name) return BindOutside(at, std::move(name).error());
  const ScopeColumn& column = scope_.columns[static_cast<std::size_t>(name->column)];
  ExpressionPtr value = plan::Column(name->column, column.type, At(at));
  for (std::size_t i = name->used; i < reference.parts.size(); ++i) {
    const dialect::Identifier& part = reference.parts[i];
    FLOE_TRY(value, FieldOf(std::move(value), part.text, part.span.position));
  }
  if (session_.expansion != nullptr) {
    std::vector<dialect::Identifier> path = PathOf(scope_, name->column);
    path.insert(path.end(), reference.parts.begin() + static_cast<std::ptrdiff_t>(name->used), reference.parts.end());
    if (path.size() > reference.parts.size() - name->used) session_.expansion->paths[&reference] = {std::move(path)};
  }
  return value;
}

Bound ExpressionBinder::BindAs(const dialect::FieldAccess& access, const Expression&) {
  FLOE_TRY(ExpressionPtr base, Bind(*access.base));
  return FieldOf(std::move(base), access.field.text, access.field.span.position);
}

Bound ExpressionBinder::BindAs(const dialect::Subscript& subscript, const Expression& at) {
  FLOE_TRY(ExpressionPtr base, Bind(*subscript.base));
  FLOE_TRY(ExpressionPtr index, Bind(*subscript.index));
  const Type type = base->type;
  if (type.kind() == TypeKind::kArray) {
    if (!index->type.IsInteger()) return FailAt(index->position, "an ARRAY's index is an INT, counted from 1");
    if (std::optional<std::int64_t> n = IntegerOf(index); n && *n < 1)
      return FailAt(index->position, "an ARRAY's index starts from 1");
    return plan::Call("list_extract", {base, plan::CastTo(index, Type::BigInt())}, type.child(0).WithNullable(true),
                      At(at));
  }
  if (type.kind() == TypeKind::kMap) {
    if (!CanCastImplicitly(index->type, type.child(0))) {
      return FailAt(index->position,
                    fmt::format("the MAP's key is {}, not {}", type.child(0).ToString(), index->type.ToString()));
    }
    index = MakeCast(index, type.child(0), CastMode::kImplicit, session_.zone);
    return plan::Call("map_extract_value", {base, index}, type.child(1).WithNullable(true), At(at));
  }
  if (type.kind() == TypeKind::kRow) {
    if (std::optional<std::string> name = TextOf(index)) return FieldOf(base, *name, At(at));
    std::optional<std::int64_t> n = IntegerOf(index);
    if (n && *n >= 1 && static_cast<std::size_t>(*n) <= type.fields().size()) {
      return FieldOf(base, type.fields()[static_cast<std::size_t>(*n - 1)].name, At(at));
    }
  }
  return FailAt(At(at), fmt::format("[...] takes an element of an ARRAY, MAP or ROW, not of {}",
                                    type.WithNullable(true).ToString()));
}

Bound ExpressionBinder::BindAs(const dialect::Unary& unary, const Expression& at) {
  FLOE_TRY(ExpressionPtr operand, Bind(*unary.operand));
  if (unary.op == dialect::UnaryOperator::kNot) {
    FLOE_TRY(ExpressionPtr condition, Condition(std::move(operand), "NOT"));
    return Not(std::move(condition));
  }
  const Type type = operand->type;
  if (!type.IsNumeric() && !type.IsInterval()) {
    return FailAt(At(at), fmt::format("-{} does not exist; CAST it to a number", type.WithNullable(true).ToString()));
  }
  if (unary.op == dialect::UnaryOperator::kPlus) return operand;
  if (operand->kind == ExpressionKind::kLiteral) {
    if (const auto* n = std::get_if<std::int64_t>(&operand->value)) return plan::Literal(-*n, type, At(at));
    if (const auto* d = std::get_if<double>(&operand->value)) return plan::Literal(-*d, type, At(at));
    if (const auto* s = std::get_if<std::string>(&operand->value)) {
      // The smallest BIGINT is written as a minus and a number one too big.
      if (*s == "9223372036854775808")
        return plan::Literal(std::numeric_limits<std::int64_t>::min(), Type::BigInt(), At(at));
      return plan::Literal("-" + *s, type, At(at));
    }
  }
  return Strict("-", {operand}, type, At(at));
}

Bound ExpressionBinder::BindAs(const dialect::Binary& binary, const Expression& at) {
  if (binary.op == BinaryOperator::kOverlaps) return BindOverlaps(binary, at);
  FLOE_TRY(ExpressionPtr left, Bind(*binary.left));
  FLOE_TRY(ExpressionPtr right, Bind(*binary.right));
  switch (binary.op) {
    case BinaryOperator::kAnd:
    case BinaryOperator::kOr: {
      bool conjunction = binary.op == BinaryOperator::kAnd;
      FLOE_TRY(left, Condition(std::move(left), conjunction ? "AND" : "OR"));
      FLOE_TRY(right, Condition(std::move(right), conjunction ? "AND" : "OR"));
      bool nullable = left->type.nullable() || right->type.nullable();
      return plan::Make(conjunction ? ExpressionKind::kAnd : ExpressionKind::kOr, {left, right},
                        Type::Boolean().WithNullable(nullable), At(at));
    }
    case BinaryOperator::kConcat: {
      FLOE_TRY(left, TextOperand(std::move(left), session_, "||"));
      FLOE_TRY(right, TextOperand(std::move(right), session_, "||"));
      return Strict("||", {left, right}, Type::String(), At(at));
    }
    case BinaryOperator::kAdd:
    case BinaryOperator::kSubtract:
    case BinaryOperator::kMultiply:
    case BinaryOperator::kDivide:
    case BinaryOperator::kModulo: return BindArithmetic(binary.op, std::move(left), std::move(right), session_, At(at));
    default: return BindComparison(ComparisonOf(binary.op), std::move(left), std::move(right), session_, At(at));
  }
}

/// (start, end or length) OVERLAPS (...): the periods share at least a point; their ends may stand in any order.
Bound ExpressionBinder::BindOverlaps(const dialect::Binary& binary, const Expression& at) {
  struct Period {
    ExpressionPtr low;
    ExpressionPtr high;
  };
  auto period = [&](const Expression& side) -> Result<Period> {
    const auto* row = side.As<dialect::RowConstructor>();
    if (row == nullptr || row->items.size() != 2)
      return FailAt(At(side), "OVERLAPS takes periods: (start, end) or (start, INTERVAL ...)");
    FLOE_TRY(std::vector<ExpressionPtr> ends, BindAll(row->items));
    if (ends[1]->type.IsInterval()) {
      FLOE_TRY(ends[1], BindArithmetic(BinaryOperator::kAdd, ends[0], ends[1], session_, At(side)));
    }
    FLOE_TRY(ends, Unify(std::move(ends), "OVERLAPS", At(side)));
    FLOE_TRY(ExpressionPtr ordered, BindComparison("<=", ends[0], ends[1], session_, At(side)));
    Type type = ends[0]->type.WithNullable(ends[0]->type.nullable() || ends[1]->type.nullable());
    return Period{plan::Make(ExpressionKind::kCase, {ordered, ends[0], ends[1]}, type, At(side)),
                  plan::Make(ExpressionKind::kCase, {ordered, ends[1], ends[0]}, type, At(side))};
  };
  FLOE_TRY(Period left, period(*binary.left));
  FLOE_TRY(Period right, period(*binary.right));
  FLOE_TRY(ExpressionPtr first, BindComparison("<=", left.low, right.high, session_, At(at)));
  FLOE_TRY(ExpressionPtr second, BindComparison("<=", right.low, left.high, session_, At(at)));
  return plan::And({first, second});
}

Bound ExpressionBinder::BindAs(const dialect::IsTest& test, const Expression& at) {
  FLOE_TRY(ExpressionPtr operand, Bind(*test.operand));
  Type boolean = Type::Boolean().WithNullable(false);
  switch (test.test) {
    case dialect::Test::kNull:
      return plan::Make(test.negated ? ExpressionKind::kIsNotNull : ExpressionKind::kIsNull, {operand}, boolean,
                        At(at));
    case dialect::Test::kTrue:
    case dialect::Test::kFalse: {
      FLOE_TRY(operand, Condition(std::move(operand), "IS TRUE"));
      ExpressionPtr value = plan::Literal(std::int64_t{test.test == dialect::Test::kTrue}, Type::Boolean());
      return plan::Compare(test.negated ? "is distinct from" : "is not distinct from", operand, value, At(at));
    }
    case dialect::Test::kUnknown: {
      FLOE_TRY(operand, Condition(std::move(operand), "IS UNKNOWN"));
      return plan::Make(test.negated ? ExpressionKind::kIsNotNull : ExpressionKind::kIsNull, {operand}, boolean,
                        At(at));
    }
    case dialect::Test::kJson:
    case dialect::Test::kJsonValue: {
      FLOE_TRY(operand, TextOperand(std::move(operand), session_, "IS JSON"));
      return NotIf(test.negated, Strict("json_valid", {operand}, Type::Boolean(), At(at)));
    }
    default: return NotSupportedAt(At(at), "IS JSON OBJECT, ARRAY and SCALAR are not supported; use IS JSON");
  }
}

Bound ExpressionBinder::BindAs(const dialect::Between& between, const Expression& at) {
  FLOE_TRY(ExpressionPtr value, Bind(*between.operand));
  FLOE_TRY(ExpressionPtr low, Bind(*between.low));
  FLOE_TRY(ExpressionPtr high, Bind(*between.high));
  auto inside = [&](const ExpressionPtr& from, const ExpressionPtr& to) -> Bound {
    FLOE_TRY(ExpressionPtr above, BindComparison(">=", value, from, session_, At(at)));
    FLOE_TRY(ExpressionPtr below, BindComparison("<=", value, to, session_, At(at)));
    return plan::And({above, below});
  };
  FLOE_TRY(ExpressionPtr forward, inside(low, high));
  if (!between.symmetric) return NotIf(between.negated, std::move(forward));
  FLOE_TRY(ExpressionPtr backward, inside(high, low));
  Type type = forward->type;
  return NotIf(between.negated, plan::Make(ExpressionKind::kOr, {forward, backward}, std::move(type), At(at)));
}

Bound ExpressionBinder::BindAs(const dialect::In& in, const Expression& at) {
  if (in.query) {
    FLOE_TRY(ExpressionPtr found, BindSubquery("in", &*in.operand, *in.query, at));
    return NotIf(in.negated, std::move(found));
  }
  FLOE_TRY(ExpressionPtr operand, Bind(*in.operand));
  FLOE_TRY(std::vector<ExpressionPtr> values, BindAll(in.list));
  Type common = operand->type;
  for (const ExpressionPtr& value : values) {
    std::optional<Type> next = ComparisonType(common, value->type);
    if (!next) {
      return FailAt(value->position,
                    fmt::format("IN: {} cannot be compared with {}; CAST it", value->type.WithNullable(true).ToString(),
                                common.WithNullable(true).ToString()));
    }
    common = *next;
  }
  std::vector<ExpressionPtr> args = {MakeCast(operand, common, CastMode::kImplicit, session_.zone)};
  bool nullable = operand->type.nullable();
  for (ExpressionPtr& value : values) {
    nullable = nullable || value->type.nullable();
    args.push_back(MakeCast(std::move(value), common, CastMode::kImplicit, session_.zone));
  }
  ExpressionPtr list = plan::Make(ExpressionKind::kIn, std::move(args), Type::Boolean().WithNullable(nullable), At(at));
  return NotIf(in.negated, std::move(list));
}

Bound ExpressionBinder::BindAs(const dialect::Like& like, const Expression& at) {
  FLOE_TRY(ExpressionPtr operand, Bind(*like.operand));
  FLOE_TRY(ExpressionPtr pattern, Bind(*like.pattern));
  FLOE_TRY(operand, TextOperand(std::move(operand), session_, "LIKE"));
  FLOE_TRY(pattern, TextOperand(std::move(pattern), session_, "LIKE"));
  if (like.kind == dialect::LikeKind::kSimilarTo) {
    std::optional<std::string> text = TextOf(pattern);
    if (!text || like.escape)
      return NotSupportedAt(At(at), "SIMILAR TO needs a constant pattern without ESCAPE; or use REGEXP(text, pattern)");
    ExpressionPtr match =
        Strict("regexp_full_match", {operand, TextLiteral(SimilarPattern(*text))}, Type::Boolean(), At(at));
    return NotIf(like.negated, std::move(match));
  }
  if (!like.escape) return NotIf(like.negated, Strict("~~", {operand, pattern}, Type::Boolean(), At(at)));
  FLOE_TRY(ExpressionPtr escape, Bind(*like.escape));
  return NotIf(like.negated, Strict("like_escape", {operand, pattern, escape}, Type::Boolean(), At(at)));
}

Bound ExpressionBinder::BindAs(const dialect::Case& node, const Expression& at) {
  std::vector<ExpressionPtr> conditions;
  std::vector<ExpressionPtr> results;
  ExpressionPtr operand;
  if (node.operand) {
    FLOE_TRY(operand, Bind(*node.operand));
  }
  for (const dialect::When& when : node.whens) {
    FLOE_TRY(ExpressionPtr condition, Bind(when.condition));
    if (operand != nullptr) {
      FLOE_TRY(condition, BindComparison("=", operand, std::move(condition), session_, At(when.condition)));
    } else {
      FLOE_TRY(condition, Condition(std::move(condition), "WHEN"));
    }
    conditions.push_back(std::move(condition));
    FLOE_TRY(ExpressionPtr result, Bind(when.result));
    results.push_back(std::move(result));
  }
  ExpressionPtr otherwise = plan::Literal({}, Type::Null());
  if (node.otherwise) {
    FLOE_TRY(otherwise, Bind(*node.otherwise));
  }
  results.push_back(std::move(otherwise));
  FLOE_TRY(results, Unify(std::move(results), "CASE", At(at)));
  std::vector<ExpressionPtr> args;
  bool nullable = results.back()->type.nullable();
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    nullable = nullable || results[i]->type.nullable();
    args.push_back(conditions[i]);
    args.push_back(results[i]);
  }
  args.push_back(results.back());
  Type type = results[0]->type.WithNullable(nullable);
  return plan::Make(ExpressionKind::kCase, std::move(args), std::move(type), At(at));
}

Bound ExpressionBinder::BindAs(const dialect::Cast& cast, const Expression& at) {
  FLOE_TRY(ExpressionPtr operand, Bind(*cast.operand));
  if (!cast.type.unresolved.empty()) {
    return NotSupportedAt(cast.type.span.position, fmt::format("the type {} is not supported", cast.type.unresolved));
  }
  const Type& to = cast.type.type;
  const Type& from = operand->type;
  if (!CanCastExplicitly(from, to)) {
    std::string fix;
    if (from.IsNumeric() && to.IsTimestamp()) fix = "; use TO_TIMESTAMP_LTZ(milliseconds, 3)";
    if (from.IsTimestamp() && to.IsNumeric()) fix = "; use UNIX_TIMESTAMP or EXTRACT";
    return FailAt(At(at), fmt::format("CAST from {} to {} does not exist{}", from.WithNullable(true).ToString(),
                                      to.WithNullable(true).ToString(), fix));
  }
  if (to.IsCharacter() && !from.IsTimestamp() && HoldsInstant(from) && !FixedOffsetMs(session_.zone)) {
    return NotSupportedAt(At(at),
                          fmt::format("CAST from {} to STRING is not supported in the time zone {}, whose offset "
                                      "changes; CAST the TIMESTAMP_LTZ inside by itself",
                                      from.WithNullable(true).ToString(), session_.zone));
  }
  return MakeCast(operand, to, cast.try_cast ? CastMode::kTry : CastMode::kExplicit, session_.zone);
}

Bound ExpressionBinder::BindAs(const dialect::Call& call, const Expression& at) {
  std::string name = Upper(call.name.parts.back().text);
  if (call.name.parts.size() > 1)
    return NotSupportedAt(At(at), "user functions are not supported: " + call.name.ToString());
  if (call.over) return FailAt(At(at), name + " OVER (...) may stand only in SELECT and ORDER BY");
  if (IsAggregate(name)) {
    if (IsOverOnly(name))
      return FailAt(At(at),
                    fmt::format("{} needs an OVER clause: {}() OVER (PARTITION BY ... ORDER BY ...)", name, name));
    return FailAt(
        At(at),
        fmt::format("the aggregate {} may stand only in SELECT, HAVING and ORDER BY, and not inside another", name));
  }
  if (call.filter || call.distinct || call.star || !call.within_group.empty()) {
    return FailAt(At(at), fmt::format("{} is no aggregate: DISTINCT, FILTER, * and WITHIN GROUP do not apply", name));
  }
  CallSite site{.name = name, .position = At(at), .session = session_, .json = call.json.get()};
  for (const dialect::Argument& argument : call.arguments) {
    if (const auto* symbol = argument.value.As<dialect::Symbol>()) {
      site.args.push_back(nullptr);
      site.symbols.push_back(symbol->text);
      continue;
    }
    FLOE_TRY(ExpressionPtr value, Bind(argument.value));
    site.args.push_back(std::move(value));
    site.symbols.emplace_back();
  }
  return BindFunction(std::move(site));
}

Bound ExpressionBinder::BindAs(const dialect::RowConstructor& row, const Expression& at) {
  FLOE_TRY(std::vector<ExpressionPtr> items, BindAll(row.items));
  std::vector<data::RowField> fields;
  for (std::size_t i = 0; i < items.size(); ++i) {
    fields.push_back({fmt::format("EXPR${}", i), std::make_shared<const Type>(items[i]->type), ""});
  }
  return plan::Call("row", std::move(items), Type::Row(std::move(fields)).WithNullable(false), At(at));
}

Bound ExpressionBinder::BindAs(const dialect::ArrayConstructor& array, const Expression& at) {
  if (array.items.empty())
    return FailAt(At(at), "ARRAY[] has no element type; CAST(ARRAY[NULL] AS ...) or give elements");
  FLOE_TRY(std::vector<ExpressionPtr> items, BindAll(array.items));
  FLOE_TRY(items, Unify(std::move(items), "ARRAY", At(at)));
  Type element = items[0]->type;
  for (const ExpressionPtr& item : items) element = element.WithNullable(element.nullable() || item->type.nullable());
  return plan::Call("list_value", std::move(items), Type::Array(element).WithNullable(false), At(at));
}

Bound ExpressionBinder::BindAs(const dialect::MapConstructor& map, const Expression& at) {
  if (map.items.empty()) return FailAt(At(at), "MAP[] has no key and value types; give entries");
  std::vector<ExpressionPtr> keys;
  std::vector<ExpressionPtr> values;
  for (std::size_t i = 0; i < map.items.size(); ++i) {
    FLOE_TRY(ExpressionPtr item, Bind(map.items[i]));
    (i % 2 == 0 ? keys : values).push_back(std::move(item));
  }
  FLOE_TRY(keys, Unify(std::move(keys), "MAP keys", At(at)));
  FLOE_TRY(values, Unify(std::move(values), "MAP values", At(at)));
  Type key = keys[0]->type;
  Type value = values[0]->type;
  for (const ExpressionPtr& v : values) value = value.WithNullable(value.nullable() || v->type.nullable());
  ExpressionPtr key_list = plan::Call("list_value", std::move(keys), Type::Array(key).WithNullable(false), At(at));
  ExpressionPtr value_list =
      plan::Call("list_value", std::move(values), Type::Array(value).WithNullable(false), At(at));
  return plan::Call("map", {key_list, value_list}, Type::Map(key, value).WithNullable(false), At(at));
}

template <typename Other>
Bound ExpressionBinder::BindAs(const Other&, const Expression& at) {
  if (at.As<dialect::Star>() != nullptr)
    return FailAt(At(at), "'*' may stand only as an item of SELECT and in COUNT(*)");
  return FailAt(At(at), "this may stand only as an argument of a table function");
}

}  // namespace floe::sql::bind
