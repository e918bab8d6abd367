// SPDX-License-Identifier: Apache-2.0
// Types and expressions as DuckDB SQL.
#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "sql/plan/literal_text.h"
#include "sql/planner/duckdb_sql.h"
#include "sql/planner/duckdb_sql_internal.h"

namespace floe::sql::planner {
namespace {

using data::Type;
using data::TypeKind;
using plan::Expression;
using plan::ExpressionKind;

constexpr std::array<std::string_view, 9> kOperators = {"+", "-", "*", "/", "%", "//", "||", "~~", "!~~"};

std::string BlobText(const std::string& bytes) {
  std::string text = "'";
  for (char c : bytes) text += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
  return text + "'::BLOB";
}

std::string DoubleText(double value) {
  if (std::isnan(value)) return "'NaN'";
  if (std::isinf(value)) return value > 0 ? "'Infinity'" : "'-Infinity'";
  return fmt::format("{:.17g}", value);
}

std::string LiteralText(const Expression& e) {
  std::string type = ToDuckDBSql(e.type);
  if (std::holds_alternative<std::monostate>(e.value)) return "CAST(NULL AS " + type + ")";
  if (const auto* text = std::get_if<std::string>(&e.value)) {
    if (e.type.IsBinary()) return BlobText(*text);
    if (e.type.IsCharacter()) return plan::QuotedText(*text);
    return "CAST(" + plan::QuotedText(*text) + " AS " + type + ")";
  }
  if (const auto* real = std::get_if<double>(&e.value)) return "CAST(" + DoubleText(*real) + " AS " + type + ")";
  std::int64_t value = std::get<std::int64_t>(e.value);
  switch (e.type.kind()) {
    case TypeKind::kBoolean: return value != 0 ? "TRUE" : "FALSE";
    case TypeKind::kDate: return "DATE '" + plan::DateText(value) + "'";
    case TypeKind::kTime: return "TIME '" + plan::TimeText(value, 6) + "'";
    case TypeKind::kTimestamp: return "TIMESTAMP '" + plan::TimestampText(value, 6) + "'";
    case TypeKind::kTimestampLtz: return "TIMESTAMPTZ '" + plan::TimestampText(value, 6) + "+00'";
    case TypeKind::kIntervalDayTime: return fmt::format("INTERVAL '{} milliseconds'", value);
    case TypeKind::kIntervalYearMonth: return fmt::format("INTERVAL '{} months'", value);
    default: return fmt::format("CAST({} AS {})", value, type);
  }
}

class ExpressionPrinter {
 public:
  ExpressionPrinter(const std::function<std::string(int)>& columns, SubqueryPrinter* subqueries)
      : columns_(columns), subqueries_(subqueries) {}

  std::string Print(const Expression& e) const {
    switch (e.kind) {
      case ExpressionKind::kColumn: return columns_(e.column);
      case ExpressionKind::kLiteral: return LiteralText(e);
      case ExpressionKind::kCall: return "CAST(" + Call(e) + " AS " + ToDuckDBSql(e.type) + ")";
      case ExpressionKind::kCast: return "CAST(" + Arg(e, 0) + " AS " + ToDuckDBSql(e.type) + ")";
      case ExpressionKind::kTryCast: return "TRY_CAST(" + Arg(e, 0) + " AS " + ToDuckDBSql(e.type) + ")";
      case ExpressionKind::kCompare: return "(" + Arg(e, 0) + " " + e.function + " " + Arg(e, 1) + ")";
      case ExpressionKind::kAnd: return "(" + List(e, 0, " AND ") + ")";
      case ExpressionKind::kOr: return "(" + List(e, 0, " OR ") + ")";
      case ExpressionKind::kNot: return "(NOT " + Arg(e, 0) + ")";
      case ExpressionKind::kIsNull: return "(" + Arg(e, 0) + " IS NULL)";
      case ExpressionKind::kIsNotNull: return "(" + Arg(e, 0) + " IS NOT NULL)";
      case ExpressionKind::kIn: return "(" + Arg(e, 0) + " IN (" + List(e, 1, ", ") + "))";
      case ExpressionKind::kCase: return Case(e);
      case ExpressionKind::kCoalesce: return "COALESCE(" + List(e, 0, ", ") + ")";
      case ExpressionKind::kField: return "struct_extract(" + Arg(e, 0) + ", " + plan::QuotedText(e.function) + ")";
      case ExpressionKind::kParameter: return subqueries_ == nullptr ? "NULL" : subqueries_->Parameter(e.column);
      case ExpressionKind::kSubquery: return Subquery(e);
    }
    return "";
  }

 private:
  std::string Arg(const Expression& e, std::size_t i) const { return Print(*e.args[i]); }
  std::string List(const Expression& e, std::size_t from, std::string_view separator) const {
    std::string text;
    for (std::size_t i = from; i < e.args.size(); ++i) {
      if (i > from) text += separator;
      text += Arg(e, i);
    }
    return text;
  }
  std::string Call(const Expression& e) const {
    if (std::ranges::find(kOperators, e.function) != kOperators.end()) {
      if (e.args.size() == 1) return "(" + e.function + Arg(e, 0) + ")";
      return "(" + List(e, 0, " " + e.function + " ") + ")";
    }
    return e.function + "(" + List(e, 0, ", ") + ")";
  }
  std::string Case(const Expression& e) const {
    std::string text = "CASE";
    for (std::size_t i = 0; i + 1 < e.args.size(); i += 2) text += " WHEN " + Arg(e, i) + " THEN " + Arg(e, i + 1);
    return text + " ELSE " + Arg(e, e.args.size() - 1) + " END";
  }

  std::string Subquery(const Expression& e) const {
    if (subqueries_ == nullptr) return "NULL";
    std::vector<std::string> args;
    for (std::size_t i = 0; i < e.args.size(); ++i) args.push_back(Arg(e, i));
    return subqueries_->Subquery(e, std::move(args));
  }

  const std::function<std::string(int)>& columns_;
  SubqueryPrinter* subqueries_;  ///< null: expressions without sub-queries
};

}  // namespace

std::string QuotedName(std::string_view name) {
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

std::string ToDuckDBSql(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kNull: return "INTEGER";
    case TypeKind::kBoolean: return "BOOLEAN";
    case TypeKind::kTinyInt: return "TINYINT";
    case TypeKind::kSmallInt: return "SMALLINT";
    case TypeKind::kInt: return "INTEGER";
    case TypeKind::kBigInt: return "BIGINT";
    case TypeKind::kFloat: return "FLOAT";
    case TypeKind::kDouble: return "DOUBLE";
    case TypeKind::kDecimal: return fmt::format("DECIMAL({}, {})", type.precision(), type.scale());
    case TypeKind::kChar:
    case TypeKind::kVarchar: return "VARCHAR";
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return "BLOB";
    case TypeKind::kDate: return "DATE";
    case TypeKind::kTime: return "TIME";
    case TypeKind::kTimestamp: return "TIMESTAMP";
    case TypeKind::kTimestampLtz: return "TIMESTAMPTZ";
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime: return "INTERVAL";
    case TypeKind::kArray: return ToDuckDBSql(type.child(0)) + "[]";
    case TypeKind::kMap: return "MAP(" + ToDuckDBSql(type.child(0)) + ", " + ToDuckDBSql(type.child(1)) + ")";
    case TypeKind::kMultiset: return "MAP(" + ToDuckDBSql(type.child(0)) + ", INTEGER)";
    case TypeKind::kRow: {
      std::string text = "STRUCT(";
      for (std::size_t i = 0; i < type.fields().size(); ++i) {
        if (i > 0) text += ", ";
        text += QuotedName(type.fields()[i].name) + " " + ToDuckDBSql(type.child(i));
      }
      return text + ")";
    }
  }
  return "VARCHAR";
}

std::string ToDuckDBSql(const Expression& expression, const std::function<std::string(int)>& columns) {
  return ExpressionPrinter(columns, nullptr).Print(expression);
}

std::string ToDuckDBSql(const Expression& expression, const std::function<std::string(int)>& columns,
                        SubqueryPrinter& subqueries) {
  return ExpressionPrinter(columns, &subqueries).Print(expression);
}

}  // namespace floe::sql::planner
