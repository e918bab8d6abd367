// SPDX-License-Identifier: Apache-2.0
// Queries as written: SELECT, set operations, VALUES, table references, joins and windows.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "sql/dialect/box.h"
#include "sql/dialect/expression.h"
#include "sql/dialect/name.h"

namespace floe::sql::dialect {

/// One argument of a call; `name` is set for named ones (DATA => TABLE t).
struct Argument {
  Identifier name;
  Expression value;
  bool operator==(const Argument&) const = default;
};

struct When {
  Expression condition;
  Expression result;
  bool operator==(const When&) const = default;
};

enum class NullsOrder : std::uint8_t { kDefault, kFirst, kLast };

struct OrderItem {
  Expression expression;
  bool descending = false;
  NullsOrder nulls = NullsOrder::kDefault;
  bool operator==(const OrderItem&) const = default;
};

enum class BoundKind : std::uint8_t { kUnboundedPreceding, kPreceding, kCurrentRow, kFollowing, kUnboundedFollowing };

struct FrameBound {
  BoundKind kind = BoundKind::kCurrentRow;
  Box<Expression> value;  ///< for kPreceding and kFollowing
  bool operator==(const FrameBound&) const = default;
};

struct Frame {
  bool rows = false;  ///< ROWS; else RANGE
  FrameBound start;
  FrameBound end;  ///< CURRENT ROW when only the start is written
  bool operator==(const Frame&) const = default;
};

/// OVER name, OVER (...), and the right side of WINDOW name AS (...).
struct WindowSpec {
  Identifier name;         ///< of a WINDOW it starts from; empty when none
  bool reference = false;  ///< OVER name, without parentheses
  std::vector<Expression> partition_by;
  std::vector<OrderItem> order_by;
  Box<Frame> frame;
  Span span;
  bool operator==(const WindowSpec&) const = default;
};

/// What JSON_VALUE, JSON_QUERY and JSON_EXISTS do on empty or on error.
enum class JsonBehaviour : std::uint8_t {
  kNone,
  kNull,
  kError,
  kDefault,
  kEmptyArray,
  kEmptyObject,
  kTrue,
  kFalse,
  kUnknown
};
enum class JsonWrapper : std::uint8_t { kNone, kWithout, kWithConditional, kWithUnconditional };
enum class JsonNulls : std::uint8_t { kNone, kNullOnNull, kAbsentOnNull };

/// The clauses that only the JSON functions have; kNone means: not written. JSON_OBJECT's KEY k VALUE v pairs are
/// arguments k, v, k, v.
struct JsonClauses {
  Box<TypeName> returning;
  JsonBehaviour on_empty = JsonBehaviour::kNone;
  Box<Expression> empty_default;
  JsonBehaviour on_error = JsonBehaviour::kNone;
  Box<Expression> error_default;
  JsonWrapper wrapper = JsonWrapper::kNone;
  JsonNulls nulls = JsonNulls::kNone;
  bool operator==(const JsonClauses&) const = default;
};

struct TableReference;

enum class TravelKind : std::uint8_t {
  kSystemTime,  ///< FOR SYSTEM_TIME AS OF: temporal and lookup joins, and Iceberg's time travel in batch
  kTimestamp,   ///< FOR TIMESTAMP AS OF, TIMESTAMP AS OF
  kVersion,     ///< FOR VERSION AS OF, VERSION AS OF: a snapshot id or the name of a branch or tag
};

struct TimeTravel {
  TravelKind kind = TravelKind::kSystemTime;
  Expression value;
  Span span;
  bool operator==(const TimeTravel&) const = default;
};

/// A table, view or WITH name; also a metadata table (`t$snapshots`, always one identifier).
struct NamedTable {
  ObjectName name;
  std::vector<Hint> hints;
  Box<TimeTravel> as_of;
  bool operator==(const NamedTable&) const = default;
};

struct DerivedTable {
  Box<Query> query;
  bool lateral = false;
  bool operator==(const DerivedTable&) const = default;
};

/// TABLE(f(...)), LATERAL TABLE(f(...)), and f(...) alone: window functions and table functions.
struct TableFunction {
  Call call;
  bool lateral = false;
  bool operator==(const TableFunction&) const = default;
};

struct Unnest {
  std::vector<Expression> collections;
  bool with_ordinality = false;
  bool operator==(const Unnest&) const = default;
};

enum class JoinKind : std::uint8_t { kInner, kLeft, kRight, kFull, kCross };

struct Join {
  JoinKind kind = JoinKind::kInner;
  bool natural = false;
  bool comma = false;  ///< a, b: a cross join
  Box<TableReference> left;
  Box<TableReference> right;
  Box<Expression> on;
  std::vector<Identifier> with_columns;  ///< USING (...)
  bool operator==(const Join&) const = default;
};

/// MATCH_RECOGNIZE (...): only its text is kept.
struct MatchRecognize {
  Box<TableReference> input;
  std::string text;  ///< between the parentheses
  bool operator==(const MatchRecognize&) const = default;
};

struct TableReference {
  std::variant<NamedTable, DerivedTable, TableFunction, Unnest, Join, MatchRecognize> node;
  Identifier alias;  ///< empty when none
  std::vector<Identifier> column_aliases;
  Span span;
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&node);
  }
  bool operator==(const TableReference& other) const;
};

struct SelectItem {
  Expression expression;
  Identifier alias;  ///< empty when none
  bool operator==(const SelectItem&) const = default;
};

enum class GroupKind : std::uint8_t { kExpressions, kRollup, kCube, kGroupingSets };

/// One item of GROUP BY. kExpressions: one expression, or (a, b), or (); the legacy group windows are calls (TUMBLE(ts,
/// INTERVAL ..)).
struct GroupItem {
  GroupKind kind = GroupKind::kExpressions;
  bool parenthesized = false;
  std::vector<Expression> expressions;  ///< of kExpressions
  std::vector<GroupItem> items;         ///< of the others
  Span span;
  bool operator==(const GroupItem&) const = default;
};

struct NamedWindow {
  Identifier name;
  WindowSpec spec;
  bool operator==(const NamedWindow&) const = default;
};

struct Select {
  std::vector<Hint> hints;
  bool distinct = false;
  std::vector<SelectItem> items;
  Box<TableReference> from;  ///< null when none
  Box<Expression> where;
  std::vector<GroupItem> group_by;
  Box<Expression> having;
  std::vector<NamedWindow> windows;
  Span span;
  Span group_by_span;
  bool operator==(const Select&) const = default;
};

enum class SetOperator : std::uint8_t { kUnion, kIntersect, kExcept };

struct SetOperation {
  SetOperator op = SetOperator::kUnion;
  bool all = false;
  Box<Query> left;
  Box<Query> right;
  bool operator==(const SetOperation&) const = default;
};

/// VALUES (1, 'a'), (2, 'b'): rows of equal width.
struct Values {
  std::vector<std::vector<Expression>> rows;
  bool operator==(const Values&) const = default;
};

/// TABLE t as a query.
struct ExplicitTable {
  ObjectName name;
  bool operator==(const ExplicitTable&) const = default;
};

struct CommonTable {
  Identifier name;
  std::vector<Identifier> columns;
  Box<Query> query;
  bool operator==(const CommonTable&) const = default;
};

struct Query {
  bool recursive = false;
  std::vector<CommonTable> with;
  std::variant<Select, SetOperation, Values, ExplicitTable, Box<Query>>
      body;  ///< the last: a query in parentheses, with more behind it
  std::vector<OrderItem> order_by;
  Box<Expression> limit;  ///< LIMIT n or FETCH FIRST n ROWS ONLY; null for none and for LIMIT ALL
  Box<Expression> offset;
  Span span;
  template <typename T>
  const T* As() const {
    return std::get_if<T>(&body);
  }
  bool operator==(const Query& other) const;
};

}  // namespace floe::sql::dialect
