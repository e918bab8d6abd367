// SPDX-License-Identifier: Apache-2.0
// One aggregate call over many groups: typed states for the common functions, bags of values through DuckDB's own for
// the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <duckdb.hpp>

#include "base/result.h"
#include "sql/plan/expression.h"
#include "stream/ops/expression_compiler.h"

namespace floe::stream {

class StateWriter;
class StateReader;

/// Rows going into states: row `rows[i]` of the argument vectors into `states[i]`. Without weights every row counts +1;
/// with them `weights[i]` is +1 or -1, and an accumulator not made for retraction never sees any.
struct UpdateInput {
  const std::vector<duckdb::Vector*>& args;
  duckdb::idx_t vector_size;
  std::span<const std::uint32_t> rows;
  std::byte* const* states;
  std::size_t offset;  ///< of this accumulator's part in the state
  const std::int8_t* weights;
};

/// Knows the layout of a state, holds none itself. A state is `size()` bytes, 16-byte aligned, zeroed before Init.
/// Calls other than Save and Load happen inside a Guard: they may throw what DuckDB throws.
class Accumulator {
 public:
  virtual ~Accumulator() = default;
  virtual std::size_t size() const = 0;
  virtual void Init(std::byte*) const {}
  /// Whether states own memory that Destroy frees.
  virtual bool owns_memory() const { return false; }
  virtual void Destroy(std::byte*) const {}
  virtual void Update(const UpdateInput& input) = 0;
  virtual void Combine(const std::byte* from, std::byte* into) const = 0;
  /// Writes the results of `states[i] + offset` into rows 0..n-1 of the flat vector.
  virtual void Finalize(std::span<std::byte* const> states, std::size_t offset, duckdb::Vector& result) = 0;
  virtual void Save(const std::byte* state, StateWriter& writer) const = 0;
  virtual Status Load(std::byte* state, StateReader& reader) const = 0;
};

/// Overflow: SUM over integers wraps like Flink's (Java's) arithmetic; SUM over decimals beyond 38 digits is NULL, as
/// in Flink. AVG over integers with an integer result truncates; with a decimal result it rounds half up. `retract`:
/// negative weights may come. kNotSupported: no such aggregate.
Result<std::unique_ptr<Accumulator>> MakeAccumulator(ExpressionContext& context, const sql::plan::AggregateCall& call,
                                                     const DuckTypes& arguments, bool retract);

/// Keeps the values and computes with `inner` when asked: any function, retraction, DISTINCT. (bag_accumulator.cc)
std::unique_ptr<Accumulator> MakeBagAccumulator(std::unique_ptr<Accumulator> inner, const DuckTypes& arguments,
                                                bool distinct);
/// DuckDB's own aggregate; its states cannot be saved or retracted, so it only lives inside a bag. (bag_accumulator.cc)
Result<std::unique_ptr<Accumulator>> MakeDuckAccumulator(ExpressionContext& context,
                                                         const sql::plan::AggregateCall& call,
                                                         const DuckTypes& arguments, const duckdb::LogicalType& result);

}  // namespace floe::stream
