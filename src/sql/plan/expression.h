// SPDX-License-Identifier: Apache-2.0
// Typed expressions as plain data. The analyser has already applied Flink's rules: every coercion is an explicit kCast,
// every function is the name of a DuckDB kernel whose result type is `type` (or is cast to it). So the same tree lowers
// to DuckDB's bound expressions and prints as DuckDB SQL.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "data/type.h"

namespace floe::sql::plan {

enum class ExpressionKind : std::uint8_t {
  kColumn,  ///< input column by index
  kLiteral,
  kCall,     ///< DuckDB scalar function or operator by name ("+", "lower", "date_trunc"); its result is cast to `type`
  kCast,     ///< args[0] to `type`; fails on bad input
  kTryCast,  ///< the same, NULL on bad input
  kCompare,  ///< function is one of = <> < <= > >= and "is distinct from", "is not distinct from"
  kAnd,
  kOr,
  kNot,
  kIsNull,
  kIsNotNull,
  kIn,    ///< args[0] IN (args[1..])
  kCase,  ///< when, then, when, then, ..., else: args.size() is odd
  kCoalesce,
  kField,  ///< field `function` of the ROW args[0]
  /// A query asked once per row, batch only. `function`: "exists"; "scalar" (its one row's one column); or a comparison
  /// with its column, "in", "= any", "> all", ..., whose left side is args[0]. The other args are its parameters.
  kSubquery,
  kParameter,  ///< inside a sub-query's plan: parameter `column` of it
};

/// Integers and booleans as int64; decimals as text; timestamps as microseconds, dates as days, day-time intervals as
/// milliseconds, year-month intervals as months, all in int64. NULL is monostate.
using LiteralValue = std::variant<std::monostate, std::int64_t, double, std::string>;

struct Node;
struct Expression;
using ExpressionPtr = std::shared_ptr<const Expression>;

struct Expression {
  ExpressionKind kind = ExpressionKind::kLiteral;
  data::Type type;
  int column = -1;
  LiteralValue value;
  std::string function;
  std::vector<ExpressionPtr> args;
  std::shared_ptr<const Node> subquery;  ///< of kSubquery
  TextPosition position;                 ///< where in the statement it stands; line 0 when made up
};

ExpressionPtr Column(int index, data::Type type, TextPosition position = {});
ExpressionPtr Literal(LiteralValue value, data::Type type, TextPosition position = {});
ExpressionPtr Call(std::string function, std::vector<ExpressionPtr> args, data::Type type, TextPosition position = {});
/// The expression itself when it already has the type (nullability aside).
ExpressionPtr CastTo(ExpressionPtr expression, data::Type type);
ExpressionPtr Make(ExpressionKind kind, std::vector<ExpressionPtr> args, data::Type type, TextPosition position = {});

/// `comparison` as in kCompare; BOOLEAN, nullable when an operand is (never for the distinct forms).
ExpressionPtr Compare(std::string comparison, ExpressionPtr left, ExpressionPtr right, TextPosition position = {});
/// All of them; null when there is none.
ExpressionPtr And(std::vector<ExpressionPtr> conditions);
/// The parts of nested ANDs; empty for null.
std::vector<ExpressionPtr> Conjuncts(const ExpressionPtr& condition);

/// Column i becomes columns[i].
ExpressionPtr Substitute(const ExpressionPtr& expression, const std::vector<ExpressionPtr>& columns);
/// Column i becomes column columns[i].
ExpressionPtr Remap(const ExpressionPtr& expression, const std::vector<int>& columns);
/// Sets used[i] for each column that occurs; grows `used` when needed.
void CollectColumns(const Expression& expression, std::vector<bool>& used);
/// False when two evaluations over the same row may differ (random, clocks).
bool IsDeterministic(const Expression& expression);

/// True when no sub-query and no parameter of one is in it: it means the same wherever its columns are.
bool IsSelfContained(const Expression& expression);

/// For EXPLAIN: "CAST(temperature AS DOUBLE)". Column names come from the input schema.
std::string ToString(const Expression& expression, const data::Schema& input);
/// Structural equality, positions aside.
bool Equal(const Expression& a, const Expression& b);

/// An aggregate function over a group.
struct AggregateCall {
  std::string
      function;  ///< DuckDB's aggregate name: "sum", "count_star", "avg", "min", "max", "count", "first", "last", ...
  std::vector<ExpressionPtr> args;  ///< over the node's input
  ExpressionPtr filter;             ///< null when none
  bool distinct = false;
  data::Type type;   ///< Flink's result type; the kernel's own result is cast to it
  std::string name;  ///< output column
};

}  // namespace floe::sql::plan
