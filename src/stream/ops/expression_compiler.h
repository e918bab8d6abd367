// SPDX-License-Identifier: Apache-2.0
// Lowers plan expressions to DuckDB's bound expressions, on a client context that lives as long as the job.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <duckdb.hpp>
#include <duckdb/planner/expression.hpp>
#include <duckdb/planner/expression/bound_aggregate_expression.hpp>

#include "base/result.h"
#include "duck/instance.h"
#include "sql/plan/expression.h"

namespace floe::stream {

using DuckTypes = duckdb::vector<duckdb::LogicalType>;
using DuckExpression = duckdb::unique_ptr<duckdb::Expression>;

/// One per job, used by the job's task thread only. Holds a connection with a transaction always open, which function
/// lookup and some kernels (now(), time zone functions) need.
class ExpressionContext {
 public:
  /// Settings understood: 'table.local-time-zone' (default UTC). kInvalidInput names the setting.
  static Result<std::unique_ptr<ExpressionContext>> Make(duck::Instance& instance,
                                                         const std::map<std::string, std::string>& settings);
  ~ExpressionContext();

  duckdb::ClientContext& client();
  /// A new transaction, so that now() and its kind move on. Call inside a Guard.
  void Refresh();

 private:
  explicit ExpressionContext(std::unique_ptr<duckdb::Connection> connection) : connection_(std::move(connection)) {}
  std::unique_ptr<duckdb::Connection> connection_;
};

/// Columns refer to `input`. Kinds: kNotSupported (unknown function; the message has its name and the position),
/// kInvalidInput (arguments do not fit, literal out of range).
Result<DuckExpression> CompileExpression(ExpressionContext& context, const sql::plan::Expression& expression,
                                         const DuckTypes& input);

/// The aggregate function as bound by DuckDB for arguments of these types; literals stay constants, which some
/// functions ask for (string_agg's separator). kNotSupported: no such aggregate.
Result<duckdb::unique_ptr<duckdb::BoundAggregateExpression>> BindAggregate(ExpressionContext& context,
                                                                           const sql::plan::AggregateCall& call,
                                                                           const DuckTypes& arguments);

/// Whether the value may differ between two evaluations over the same row (now(), random()).
bool NeedsFreshTransaction(const duckdb::Expression& expression);

}  // namespace floe::stream
