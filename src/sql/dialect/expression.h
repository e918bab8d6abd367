// SPDX-License-Identifier: Apache-2.0
// Expressions as written: no names resolved, no types inferred.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sql/dialect/box.h"
#include "sql/dialect/name.h"

namespace floe::sql::dialect {

struct Expression;
struct Query;
struct Argument;
struct OrderItem;
struct When;
struct WindowSpec;
struct JsonClauses;

enum class LiteralKind : std::uint8_t {
  kNull,
  kBoolean,      ///< text is TRUE or FALSE
  kInteger,      ///< digits
  kDecimal,      ///< digits and a point
  kApproximate,  ///< with an exponent
  kString,       ///< the value, quotes and escapes removed
  kBinary,       ///< X'..': hexadecimal digits
  kDate,         ///< DATE '2024-01-31': the string's value
  kTime,
  kTimestamp,     ///< TIMESTAMP '...'
  kTimestampLtz,  ///< TIMESTAMP_LTZ '...' and TIMESTAMP WITH [LOCAL] TIME ZONE '...'
};

struct Literal {
  LiteralKind kind = LiteralKind::kNull;
  std::string text;
  bool operator==(const Literal&) const = default;
};

enum class TimeUnit : std::uint8_t {
  kNanosecond,
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kQuarter,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
  kEpoch,
  kDayOfWeek,
  kIsoDayOfWeek,
  kDayOfYear,
  kIsoYear,
};

/// "DAY".
std::string_view ToString(TimeUnit unit);

/// INTERVAL [-]'text' from[(precision)] [TO to]. The text is not checked here.
struct IntervalLiteral {
  bool negative = false;
  std::string text;
  TimeUnit from = TimeUnit::kSecond;
  TimeUnit to = TimeUnit::kSecond;  ///< same as `from` for a single unit
  std::int32_t precision = -1;      ///< of the leading unit; -1: not written
  std::int32_t fractional_precision = -1;
  bool operator==(const IntervalLiteral&) const = default;
};

/// A column, or a path into it: a, t.a, a.field, cat.db.t.a. Which part is what is the binder's to find out.
struct ColumnReference {
  std::vector<Identifier> parts;
  bool operator==(const ColumnReference&) const = default;
};

/// base.field where base is not a plain path: f(x).a, (r).a, a[1].b.
struct FieldAccess {
  Box<Expression> base;
  Identifier field;
  bool operator==(const FieldAccess&) const = default;
};

/// base[index]: ARRAY element (from 1), MAP value, or ROW field by name or position.
struct Subscript {
  Box<Expression> base;
  Box<Expression> index;
  bool operator==(const Subscript&) const = default;
};

/// * or t.*; only as a select item.
struct Star {
  std::vector<Identifier> qualifier;
  bool operator==(const Star&) const = default;
};

enum class UnaryOperator : std::uint8_t { kNot, kMinus, kPlus };

struct Unary {
  UnaryOperator op = UnaryOperator::kNot;
  Box<Expression> operand;
  bool operator==(const Unary&) const = default;
};

enum class BinaryOperator : std::uint8_t {
  kOr,
  kAnd,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kIsDistinctFrom,
  kIsNotDistinctFrom,
  kOverlaps,
  kAdd,
  kSubtract,
  kConcat,
  kMultiply,
  kDivide,
  kModulo,
};

struct Binary {
  BinaryOperator op = BinaryOperator::kOr;
  Box<Expression> left;
  Box<Expression> right;
  bool operator==(const Binary&) const = default;
};

enum class Test : std::uint8_t {
  kNull,
  kTrue,
  kFalse,
  kUnknown,
  kJson,
  kJsonValue,
  kJsonObject,
  kJsonArray,
  kJsonScalar
};

/// operand IS [NOT] test.
struct IsTest {
  Box<Expression> operand;
  Test test = Test::kNull;
  bool negated = false;
  bool operator==(const IsTest&) const = default;
};

struct Between {
  Box<Expression> operand;
  Box<Expression> low;
  Box<Expression> high;
  bool negated = false;
  bool symmetric = false;
  bool operator==(const Between&) const = default;
};

/// operand [NOT] IN (list), or IN (query): exactly one of `list` and `query` is there.
struct In {
  Box<Expression> operand;
  std::vector<Expression> list;
  Box<Query> query;
  bool negated = false;
  bool operator==(const In&) const = default;
};

struct Exists {
  Box<Query> query;
  bool operator==(const Exists&) const = default;
};

enum class LikeKind : std::uint8_t { kLike, kSimilarTo };

struct Like {
  LikeKind kind = LikeKind::kLike;
  Box<Expression> operand;
  Box<Expression> pattern;
  Box<Expression> escape;  ///< null when not written
  bool negated = false;
  bool operator==(const Like&) const = default;
};

/// operand op ANY|ALL (query). SOME is ANY.
struct Quantified {
  BinaryOperator op = BinaryOperator::kEqual;
  bool all = false;
  Box<Expression> operand;
  Box<Query> query;
  bool operator==(const Quantified&) const = default;
};

/// (SELECT ...) as a value.
struct ScalarQuery {
  Box<Query> query;
  bool operator==(const ScalarQuery&) const = default;
};

struct Case {
  Box<Expression> operand;  ///< null for CASE WHEN
  std::vector<When> whens;
  Box<Expression> otherwise;  ///< null when there is no ELSE
  bool operator==(const Case&) const = default;
};

struct Cast {
  Box<Expression> operand;
  TypeName type;
  bool try_cast = false;
  bool operator==(const Cast&) const = default;
};

/// A function call in one of two shapes. Standard SQL's special forms become plain arguments, with keywords as Symbol:
/// EXTRACT(DAY FROM x) is EXTRACT(Symbol DAY, x); TRIM(BOTH c FROM x) is TRIM(Symbol BOTH, c, x); SUBSTRING(x FROM a
/// FOR b) is SUBSTRING(x, a, b); POSITION(a IN b) is POSITION(a, b); OVERLAY(x PLACING y FROM a FOR b) is OVERLAY(x, y,
/// a, b); CEIL(x TO DAY) is CEIL(x, Symbol DAY); TIMESTAMPADD(DAY, n, t) is TIMESTAMPADD(Symbol DAY, n, t).
struct Call {
  ObjectName name;  ///< as written; function names ignore case
  std::vector<Argument> arguments;
  bool distinct = false;
  bool star = false;            ///< COUNT(*)
  bool no_parentheses = false;  ///< CURRENT_TIMESTAMP
  std::vector<OrderItem> within_group;
  Box<Expression> filter;  ///< FILTER (WHERE ...)
  Box<WindowSpec> over;
  Box<JsonClauses> json;  ///< JSON_VALUE, JSON_QUERY, JSON_EXISTS, JSON_OBJECT, JSON_ARRAY and their aggregates
  bool operator==(const Call&) const = default;
};

/// A keyword that stands as an argument: a time unit, BOTH, LEADING.
struct Symbol {
  std::string text;  ///< upper case
  bool operator==(const Symbol&) const = default;
};

/// ROW(...) or (a, b).
struct RowConstructor {
  std::vector<Expression> items;
  bool operator==(const RowConstructor&) const = default;
};

/// ARRAY[...].
struct ArrayConstructor {
  std::vector<Expression> items;
  bool operator==(const ArrayConstructor&) const = default;
};

/// MAP[k, v, k, v, ...]: an even number of items.
struct MapConstructor {
  std::vector<Expression> items;
  bool operator==(const MapConstructor&) const = default;
};

/// TABLE t or TABLE (query) as an argument of a table function.
struct TableArgument {
  ObjectName table;  ///< without parts when `query` is set
  Box<Query> query;
  std::vector<Expression> partition_by;
  std::vector<OrderItem> order_by;
  bool operator==(const TableArgument&) const = default;
};

/// DESCRIPTOR(a, b).
struct Descriptor {
  std::vector<Identifier> columns;
  bool operator==(const Descriptor&) const = default;
};

struct Expression {
  std::variant<Literal, IntervalLiteral, ColumnReference, FieldAccess, Subscript, Star, Unary, Binary, IsTest, Between,
               In, Exists, Like, Quantified, ScalarQuery, Case, Cast, Call, Symbol, RowConstructor, ArrayConstructor,
               MapConstructor, TableArgument, Descriptor>
      node;
  Span span;

  /// Null when the node is another one.
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&node);
  }
  friend bool operator==(const Expression& a, const Expression& b);
};

}  // namespace floe::sql::dialect

#include "sql/dialect/query.h"  // IWYU pragma: export; completes Query, Argument, When, OrderItem, WindowSpec
