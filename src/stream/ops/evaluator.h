// SPDX-License-Identifier: Apache-2.0
// Runs compiled expressions over batches; a value that cannot be computed costs its row, never the job.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <duckdb/execution/expression_executor.hpp>

#include "data/batch.h"
#include "stream/ops/expression_compiler.h"

namespace floe::stream {

/// Told about each row whose expression failed; an error ends the job.
using BadRowHandler = std::function<Status(const duckdb::DataChunk& rows, duckdb::idx_t row, const Error& cause)>;

/// A list of expressions over one input schema. Used by one thread.
class Evaluator {
 public:
  static Result<std::unique_ptr<Evaluator>> Make(ExpressionContext& context,
                                                 const std::vector<sql::plan::ExpressionPtr>& expressions,
                                                 const DuckTypes& input);

  const DuckTypes& types() const { return types_; }

  /// Computes all expressions into the returned chunk, which lives until the next call and may share the input's
  /// vectors. When rows failed, `kept` holds the input rows that made it, in order, and the chunk has only those;
  /// otherwise `kept` is empty.
  Result<duckdb::DataChunk*> Run(duckdb::DataChunk& input, std::vector<duckdb::idx_t>& kept,
                                 const BadRowHandler& on_bad);

  /// For a single boolean expression: the rows where it is true go to `selected`. `failed` counts rows handed to
  /// `on_bad`.
  Result<duckdb::idx_t> Select(duckdb::DataChunk& input, duckdb::SelectionVector& selected, duckdb::idx_t& failed,
                               const BadRowHandler& on_bad);

 private:
  Evaluator(ExpressionContext& context, std::vector<DuckExpression> expressions, const DuckTypes& input);
  Status TryRange(duckdb::DataChunk& input, duckdb::idx_t begin, duckdb::idx_t end, std::vector<duckdb::idx_t>& kept,
                  const BadRowHandler& on_bad);

  ExpressionContext& context_;
  std::vector<DuckExpression> expressions_;
  DuckTypes input_types_;
  DuckTypes types_;
  bool refresh_ = false;
  duckdb::ExpressionExecutor executor_;
  duckdb::DataChunk result_;
  duckdb::DataChunk partial_;   // results of a range while looking for bad rows
  duckdb::DataChunk salvaged_;  // rows that made it
};

/// A row as one JSON object, for dead letters; never throws.
std::string RowAsJson(const duckdb::DataChunk& rows, duckdb::idx_t row, const std::vector<std::string>& names);

}  // namespace floe::stream
