// SPDX-License-Identifier: Apache-2.0
#include "sql/plan/expression.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include <fmt/format.h>

#include "sql/plan/literal_text.h"

namespace floe::sql::plan {
namespace {

using data::TypeKind;

constexpr std::array<std::string_view, 12> kInfix = {"+",  "-",           "*",           "/",  "%",   "//",
                                                     "||", "floe_divide", "floe_modulo", "~~", "!~~", "&"};

std::string Infix(std::string_view function) {
  if (function == "floe_divide") return "/";
  if (function == "floe_modulo") return "%";
  if (function == "~~") return "LIKE";
  if (function == "!~~") return "NOT LIKE";
  return std::string(function);
}

std::string LiteralText(const Expression& expression) {
  if (std::holds_alternative<std::monostate>(expression.value)) return "NULL";
  if (const auto* text = std::get_if<std::string>(&expression.value)) {
    return expression.type.IsNumeric() ? *text : QuotedText(*text);
  }
  if (const auto* real = std::get_if<double>(&expression.value)) return fmt::format("{}", *real);
  std::int64_t value = std::get<std::int64_t>(expression.value);
  switch (expression.type.kind()) {
    case TypeKind::kBoolean: return value != 0 ? "TRUE" : "FALSE";
    case TypeKind::kDate: return "DATE '" + DateText(value) + "'";
    case TypeKind::kTime: return "TIME '" + TimeText(value, expression.type.precision()) + "'";
    case TypeKind::kTimestamp: return "TIMESTAMP '" + TimestampText(value, expression.type.precision()) + "'";
    case TypeKind::kTimestampLtz:
      return "TIMESTAMP_LTZ '" + TimestampText(value, expression.type.precision()) + " UTC'";
    case TypeKind::kIntervalDayTime: return DayTimeIntervalText(value);
    case TypeKind::kIntervalYearMonth: return YearMonthIntervalText(value);
    default: return fmt::format("{}", value);
  }
}

class Printer {
 public:
  explicit Printer(const data::Schema& input) : input_(input) {}

  std::string Print(const Expression& e) const {
    switch (e.kind) {
      case ExpressionKind::kColumn: return ColumnText(e.column);
      case ExpressionKind::kLiteral: return LiteralText(e);
      case ExpressionKind::kCall: return CallText(e);
      case ExpressionKind::kCast: return "CAST(" + Arg(e, 0) + " AS " + e.type.WithNullable(true).ToString() + ")";
      case ExpressionKind::kTryCast:
        return "TRY_CAST(" + Arg(e, 0) + " AS " + e.type.WithNullable(true).ToString() + ")";
      case ExpressionKind::kCompare: return "(" + Arg(e, 0) + " " + Upper(e.function) + " " + Arg(e, 1) + ")";
      case ExpressionKind::kAnd: return Joined(e, " AND ");
      case ExpressionKind::kOr: return Joined(e, " OR ");
      case ExpressionKind::kNot: return "NOT " + Arg(e, 0);
      case ExpressionKind::kIsNull: return Arg(e, 0) + " IS NULL";
      case ExpressionKind::kIsNotNull: return Arg(e, 0) + " IS NOT NULL";
      case ExpressionKind::kIn: return Arg(e, 0) + " IN (" + List(e, 1) + ")";
      case ExpressionKind::kCase: return CaseText(e);
      case ExpressionKind::kCoalesce: return "COALESCE(" + List(e, 0) + ")";
      case ExpressionKind::kField: return Arg(e, 0) + "." + e.function;
      case ExpressionKind::kSubquery: return SubqueryText(e);
      case ExpressionKind::kParameter: return fmt::format("$outer{}", e.column);
    }
    return "?";
  }

 private:
  static std::string Upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::toupper(c); });
    return text;
  }
  std::string Arg(const Expression& e, std::size_t i) const { return Print(*e.args[i]); }
  std::string ColumnText(int column) const {
    if (column >= 0 && static_cast<std::size_t>(column) < input_.size())
      return input_.fields[static_cast<std::size_t>(column)].name;
    return fmt::format("${}", column);
  }
  std::string List(const Expression& e, std::size_t from) const {
    std::string text;
    for (std::size_t i = from; i < e.args.size(); ++i) text += (i > from ? ", " : "") + Arg(e, i);
    return text;
  }
  std::string Joined(const Expression& e, std::string_view word) const {
    std::string text = "(";
    for (std::size_t i = 0; i < e.args.size(); ++i) {
      if (i > 0) text += word;
      text += Arg(e, i);
    }
    return text + ")";
  }
  std::string CallText(const Expression& e) const {
    if (e.args.size() == 2 && std::ranges::find(kInfix, e.function) != kInfix.end())
      return Joined(e, " " + Infix(e.function) + " ");
    if (e.function == "floe_shift_ms" && e.args[1]->kind == ExpressionKind::kLiteral) {
      if (const auto* ms = std::get_if<std::int64_t>(&e.args[1]->value)) {
        return "(" + Arg(e, 0) + (*ms < 0 ? " - " : " + ") + DayTimeIntervalText(*ms < 0 ? -*ms : *ms) + ")";
      }
    }
    return Upper(e.function) + "(" + List(e, 0) + ")";
  }
  std::string SubqueryText(const Expression& e) const {
    if (e.function == "exists") return "EXISTS(" + List(e, 0) + ")";
    if (e.function == "scalar") return "QUERY(" + List(e, 0) + ")";
    return Arg(e, 0) + " " + Upper(e.function) + " QUERY(" + List(e, 1) + ")";
  }
  std::string CaseText(const Expression& e) const {
    std::string text = "CASE";
    for (std::size_t i = 0; i + 1 < e.args.size(); i += 2) text += " WHEN " + Arg(e, i) + " THEN " + Arg(e, i + 1);
    return text + " ELSE " + Arg(e, e.args.size() - 1) + " END";
  }

  const data::Schema& input_;
};

}  // namespace

ExpressionPtr Column(int index, data::Type type, TextPosition position) {
  Expression e{.kind = ExpressionKind::kColumn, .type = std::move(type), .column = index, .position = position};
  return std::make_shared<const Expression>(std::move(e));
}

ExpressionPtr Literal(LiteralValue value, data::Type type, TextPosition position) {
  type = type.WithNullable(std::holds_alternative<std::monostate>(value));
  Expression e{
      .kind = ExpressionKind::kLiteral, .type = std::move(type), .value = std::move(value), .position = position};
  return std::make_shared<const Expression>(std::move(e));
}

ExpressionPtr Call(std::string function, std::vector<ExpressionPtr> args, data::Type type, TextPosition position) {
  Expression e{.kind = ExpressionKind::kCall,
               .type = std::move(type),
               .function = std::move(function),
               .args = std::move(args),
               .position = position};
  return std::make_shared<const Expression>(std::move(e));
}

ExpressionPtr CastTo(ExpressionPtr expression, data::Type type) {
  if (expression->type.EqualsIgnoringNullability(type)) return expression;
  TextPosition position = expression->position;
  data::Type target = type.WithNullable(expression->type.nullable());
  return Make(ExpressionKind::kCast, {std::move(expression)}, std::move(target), position);
}

ExpressionPtr Make(ExpressionKind kind, std::vector<ExpressionPtr> args, data::Type type, TextPosition position) {
  Expression e{.kind = kind, .type = std::move(type), .args = std::move(args), .position = position};
  return std::make_shared<const Expression>(std::move(e));
}

ExpressionPtr Compare(std::string comparison, ExpressionPtr left, ExpressionPtr right, TextPosition position) {
  bool distinct = comparison.starts_with("is");
  bool nullable = !distinct && (left->type.nullable() || right->type.nullable());
  Expression e{.kind = ExpressionKind::kCompare,
               .type = data::Type::Boolean().WithNullable(nullable),
               .function = std::move(comparison),
               .args = {std::move(left), std::move(right)},
               .position = position};
  return std::make_shared<const Expression>(std::move(e));
}

ExpressionPtr And(std::vector<ExpressionPtr> conditions) {
  if (conditions.empty()) return nullptr;
  if (conditions.size() == 1) return conditions[0];
  bool nullable = std::ranges::any_of(conditions, [](const ExpressionPtr& c) { return c->type.nullable(); });
  TextPosition position = conditions[0]->position;
  return Make(ExpressionKind::kAnd, std::move(conditions), data::Type::Boolean().WithNullable(nullable), position);
}

std::vector<ExpressionPtr> Conjuncts(const ExpressionPtr& condition) {
  if (condition == nullptr) return {};
  if (condition->kind != ExpressionKind::kAnd) return {condition};
  std::vector<ExpressionPtr> all;
  for (const ExpressionPtr& arg : condition->args) {
    for (ExpressionPtr& part : Conjuncts(arg)) all.push_back(std::move(part));
  }
  return all;
}

ExpressionPtr Substitute(const ExpressionPtr& expression, const std::vector<ExpressionPtr>& columns) {
  if (expression->kind == ExpressionKind::kColumn) return columns[static_cast<std::size_t>(expression->column)];
  if (expression->args.empty()) return expression;
  Expression copy = *expression;
  for (ExpressionPtr& arg : copy.args) arg = Substitute(arg, columns);
  return std::make_shared<const Expression>(std::move(copy));
}

ExpressionPtr Remap(const ExpressionPtr& expression, const std::vector<int>& columns) {
  if (expression->kind != ExpressionKind::kColumn && expression->args.empty()) return expression;
  Expression copy = *expression;
  if (copy.kind == ExpressionKind::kColumn) copy.column = columns[static_cast<std::size_t>(copy.column)];
  for (ExpressionPtr& arg : copy.args) arg = Remap(arg, columns);
  return std::make_shared<const Expression>(std::move(copy));
}

void CollectColumns(const Expression& expression, std::vector<bool>& used) {
  if (expression.kind == ExpressionKind::kColumn) {
    auto column = static_cast<std::size_t>(expression.column);
    if (used.size() <= column) used.resize(column + 1);
    used[column] = true;
  }
  for (const ExpressionPtr& arg : expression.args) CollectColumns(*arg, used);
}

bool IsDeterministic(const Expression& expression) {
  constexpr std::array<std::string_view, 4> kVolatile = {"random", "gen_random_uuid", "floe_now",
                                                         "floe_current_watermark"};
  if (expression.kind == ExpressionKind::kCall && std::ranges::find(kVolatile, expression.function) != kVolatile.end())
    return false;
  return std::ranges::all_of(expression.args, [](const ExpressionPtr& arg) { return IsDeterministic(*arg); });
}

bool IsSelfContained(const Expression& expression) {
  if (expression.kind == ExpressionKind::kSubquery || expression.kind == ExpressionKind::kParameter) return false;
  return std::ranges::all_of(expression.args, [](const ExpressionPtr& arg) { return IsSelfContained(*arg); });
}

std::string ToString(const Expression& expression, const data::Schema& input) {
  return Printer(input).Print(expression);
}

bool Equal(const Expression& a, const Expression& b) {
  if (&a == &b) return true;
  if (a.kind != b.kind || a.column != b.column || a.function != b.function || a.value != b.value ||
      a.subquery != b.subquery || a.args.size() != b.args.size() || !a.type.EqualsIgnoringNullability(b.type)) {
    return false;
  }
  for (std::size_t i = 0; i < a.args.size(); ++i) {
    if (!Equal(*a.args[i], *b.args[i])) return false;
  }
  return true;
}

}  // namespace floe::sql::plan
