// SPDX-License-Identifier: Apache-2.0
// The relational algebra of the house, plain data. A plan is a directed acyclic graph: shared sub-plans are the same
// pointer.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "connect/api/connector.h"
#include "sql/plan/expression.h"

namespace floe::sql::plan {

struct Node;
using NodePtr = std::shared_ptr<const Node>;

/// Reads a table. Output: chosen physical columns, then chosen metadata columns.
struct Scan {
  connect::TableDefinition table;
  std::vector<int> columns;
  std::vector<int> metadata;
  /// Predicates the source may use to read less (they are still applied above).
  std::vector<ExpressionPtr> pushed_filters;
  /// Iceberg time travel; at most one is set.
  std::optional<std::int64_t> as_of_snapshot;
  std::optional<std::int64_t> as_of_timestamp_ms;
  std::string as_of_ref;
};

/// Constant rows.
struct Values {
  std::vector<std::vector<ExpressionPtr>> rows;
};

struct Project {
  NodePtr input;
  std::vector<ExpressionPtr> expressions;
};

struct Filter {
  NodePtr input;
  ExpressionPtr condition;
};

/// Marks the rowtime column and says how its watermark is made (WATERMARK FOR). Per source split, min-merged.
struct Watermark {
  NodePtr input;
  int rowtime_column = -1;
  ExpressionPtr expression;  ///< the watermark as an expression over the input row
  std::int64_t idle_timeout_ms = 0;
};

enum class WindowKind : std::uint8_t { kTumble, kHop, kCumulate, kSession };

/// All in milliseconds. TUMBLE: size. HOP: size, step = slide. CUMULATE: size = max size, step. SESSION: size = gap.
struct WindowSpec {
  WindowKind kind = WindowKind::kTumble;
  int time_column = -1;
  std::int64_t size_ms = 0;
  std::int64_t step_ms = 0;
  std::int64_t offset_ms = 0;
  bool proctime = false;
};

/// A window TVF used row by row: input columns, then window_start, window_end, window_time; one output row per window.
struct WindowAssign {
  NodePtr input;
  WindowSpec window;
};

/// TVF (or legacy group window) with aggregation: emits each (window, key) once, when the watermark passes the window's
/// end. Output: keys, then aggregates, then window_start, window_end, window_time (TIMESTAMP or TIMESTAMP_LTZ as the
/// time column).
struct WindowAggregate {
  NodePtr input;
  WindowSpec window;
  std::vector<int> keys;  ///< input columns
  std::vector<AggregateCall> aggregates;
};

/// Unwindowed GROUP BY; streaming output is a changelog keyed by `keys`. Output: keys, then aggregates. Also SELECT
/// DISTINCT (no aggregates).
struct Aggregate {
  NodePtr input;
  std::vector<int> keys;
  std::vector<AggregateCall> aggregates;
};

enum class SetOperation : std::uint8_t { kUnionAll, kUnion, kIntersect, kIntersectAll, kExcept, kExceptAll };

/// kUnionAll streams; the others run in batch.
struct SetOp {
  SetOperation operation = SetOperation::kUnionAll;
  std::vector<NodePtr> inputs;
};

enum class JoinType : std::uint8_t { kInner, kLeft, kRight, kFull, kCross, kSemi, kAnti };

/// Batch only for now. Output: left columns, then right columns (left only for semi and anti).
struct Join {
  JoinType type = JoinType::kInner;
  NodePtr left;
  NodePtr right;
  ExpressionPtr condition;  ///< over left columns followed by right columns; null for cross
};

struct SortKey {
  ExpressionPtr expression;
  bool descending = false;
  bool nulls_first = true;
};

/// ORDER BY and LIMIT; batch only, but a LIMIT without keys also ends a streaming SELECT.
struct SortLimit {
  NodePtr input;
  std::vector<SortKey> keys;
  std::optional<std::int64_t> limit;
  std::int64_t offset = 0;
};

/// fn(args) OVER (PARTITION BY ... ORDER BY ...) appended as columns; batch only for now.
struct OverCall {
  AggregateCall call;  ///< also row_number, rank, dense_rank, lag, lead
  std::vector<ExpressionPtr> partition_by;
  std::vector<SortKey> order_by;
  std::string frame;  ///< DuckDB's frame clause, empty for the default
};
struct Over {
  NodePtr input;
  std::vector<OverCall> calls;
};

/// Writes to a table. Input columns are already in the sink's order and types.
struct SinkWrite {
  NodePtr input;
  connect::TableDefinition table;
  std::vector<int> input_metadata;  ///< metadata column for each trailing input column
  bool overwrite = false;
};

/// Which row kinds flow over a node's output edge.
struct ChangelogTrait {
  bool updates = false;         ///< -U/+U may appear
  bool deletes = false;         ///< -D may appear
  std::vector<int> upsert_key;  ///< columns that identify a row, where known
  /// "[I]", "[I,UB,UA]", "[I,UB,UA,D]" as Flink's EXPLAIN CHANGELOG_MODE prints.
  std::string ToString() const;
};

struct Node {
  std::variant<Scan, Values, Project, Filter, Watermark, WindowAssign, WindowAggregate, Aggregate, SetOp, Join,
               SortLimit, Over, SinkWrite>
      op;
  data::Schema schema;       ///< of the output; empty for SinkWrite
  ChangelogTrait changelog;  ///< filled by the planner's inference
  TextPosition position;
};

/// Inputs in order; empty for leaves.
std::vector<NodePtr> Inputs(const Node& node);
/// The expressions a node holds, those of its aggregates and sort keys among them.
std::vector<ExpressionPtr> Expressions(const Node& node);
/// The same node over other inputs of the same schemas.
NodePtr WithInputs(const Node& node, std::vector<NodePtr> inputs);

/// One job: one or more sinks over shared sub-plans; or one query whose rows go back to the caller.
struct Program {
  std::vector<NodePtr> sinks;                   ///< SinkWrite nodes
  NodePtr query;                                ///< set for SELECT
  std::map<std::string, std::string> settings;  ///< effective SET values
};

}  // namespace floe::sql::plan
