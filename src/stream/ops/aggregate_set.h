// SPDX-License-Identifier: Apache-2.0
// The aggregate calls of one operator over one state row, with their argument expressions and key columns.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sql/plan/node.h"
#include "stream/graph/operator.h"
#include "stream/ops/accumulator.h"
#include "stream/ops/context.h"
#include "stream/ops/evaluator.h"
#include "stream/state/group_table.h"
#include "stream/state/row_codec.h"

namespace floe::stream {

/// Every state row begins with this.
struct GroupHeader {
  std::int64_t rows = 0;    ///< weights summed: the group exists while it is positive
  std::uint64_t epoch = 0;  ///< of the batch that touched it last
};

/// A batch made ready: bad rows are out, keys are bytes, arguments are vectors.
struct PreparedBatch {
  duckdb::DataChunk* rows = nullptr;  ///< the input, or its good rows
  duckdb::idx_t count = 0;
  const std::vector<std::string_view>* keys = nullptr;
  std::vector<std::uint64_t> hashes;
  std::vector<std::int8_t> weights;  ///< empty: all +1
};

class AggregateSet {
 public:
  /// Kinds: those of CompileExpression and MakeAccumulator.
  static Result<std::unique_ptr<AggregateSet>> Make(const OperatorContext& context, std::string stage, InputEdge input,
                                                    const std::vector<int>& keys,
                                                    const std::vector<sql::plan::AggregateCall>& calls);

  std::size_t state_size() const { return state_size_; }
  const DuckTypes& key_types() const { return codec_.types(); }
  std::size_t call_count() const { return accumulators_.size(); }

  /// Valid until the next call. Counts dead-lettered rows.
  Result<PreparedBatch*> Prepare(data::Batch& batch, Counters& counters);
  void Init(std::byte* state) const;
  void Destroy(GroupTable& table) const;
  void Destroy(std::byte* state) const;
  /// Row `rows[i]` of the prepared batch goes into `states[i]`. Inside a Guard.
  void Update(std::span<const std::uint32_t> rows, std::byte* const* states);
  void Combine(const std::byte* from, std::byte* into) const;
  /// Keys to columns 0.., aggregates behind them. At most STANDARD_VECTOR_SIZE states; sets the cardinality.
  Status Finalize(const GroupTable& table, std::span<std::byte* const> states, duckdb::DataChunk& out);

  void Save(const GroupTable& table, StateWriter& writer) const;
  Status Load(GroupTable& table, StateReader& reader) const;

 private:
  struct Call {
    std::unique_ptr<Accumulator> accumulator;
    std::vector<int> arguments;  // columns of the evaluated chunk
    int filter = -1;
    std::size_t offset = 0;
  };
  AggregateSet(const OperatorContext& context, std::string stage, InputEdge input, std::vector<int> keys,
               RowCodec codec)
      : context_(context),
        stage_(std::move(stage)),
        input_(std::move(input)),
        keys_(std::move(keys)),
        codec_(std::move(codec)) {}
  void UpdateCall(Call& call, std::span<const std::uint32_t> rows, std::byte* const* states);

  const OperatorContext& context_;
  std::string stage_;
  InputEdge input_;
  std::vector<int> keys_;
  RowCodec codec_;
  std::unique_ptr<Evaluator> arguments_;
  std::vector<Call> accumulators_;
  std::size_t state_size_ = 0;
  bool owns_memory_ = false;

  // Of the current batch.
  PreparedBatch prepared_;
  duckdb::DataChunk good_rows_;
  duckdb::DataChunk* evaluated_ = nullptr;
  std::vector<duckdb::idx_t> kept_;
  std::vector<std::int8_t> row_weights_;
  std::vector<std::uint32_t> filtered_rows_;
  std::vector<std::byte*> filtered_states_;
};

}  // namespace floe::stream
