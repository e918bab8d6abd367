// SPDX-License-Identifier: Apache-2.0
// Unwindowed GROUP BY and SELECT DISTINCT: a changelog of group rows.
#include "duck/guard.h"
#include "stream/ops/aggregate_operators.h"
#include "stream/ops/aggregate_set.h"
#include "stream/state/state_io.h"

namespace floe::stream {
namespace {

using data::RowKind;
using duckdb::idx_t;

class GroupAggregateOperator final : public Operator {
 public:
  GroupAggregateOperator(std::unique_ptr<AggregateSet> aggregates, DuckTypes output)
      : aggregates_(std::move(aggregates)),
        types_(std::move(output)),
        codec_(types_),
        groups_(aggregates_->state_size()) {
    before_.Initialize(duckdb::Allocator::DefaultAllocator(), types_);
    after_.Initialize(duckdb::Allocator::DefaultAllocator(), types_);
  }
  ~GroupAggregateOperator() override { aggregates_->Destroy(groups_); }

  Status Process(int, Chunk chunk, Output& out) override {
    FLOE_TRY(PreparedBatch * batch, aggregates_->Prepare(chunk.batch, counters_));
    if (batch->count == 0) return {};
    counters_.absorbed += static_cast<std::int64_t>(batch->count);
    rows_.resize(batch->count);
    for (std::uint32_t i = 0; i < batch->count; ++i) rows_[i] = i;
    states_.resize(batch->count);
    created_.clear();
    FLOE_TRY_VOID(duck::Guard([&] {
      groups_.FindOrInsert(*batch->keys, batch->hashes, rows_, states_.data(), created_);
      for (std::uint32_t i : created_) aggregates_->Init(states_[i]);
    }));
    FLOE_TRY_VOID(Touch());
    FLOE_TRY_VOID(duck::Guard([&] { aggregates_->Update(rows_, states_.data()); }));
    FLOE_TRY_VOID(Compare());
    Forget();
    return EmitChanges(out);
  }

  bool stateful() const override { return true; }
  std::uint64_t memory_bytes() const override { return groups_.memory_bytes(); }
  Status Save(StateWriter& writer) const override {
    aggregates_->Save(groups_, writer);
    return {};
  }
  Status Load(StateReader& reader) override { return aggregates_->Load(groups_, reader); }

 private:
  static GroupHeader& HeaderOf(std::byte* state) { return *reinterpret_cast<GroupHeader*>(state); }

  /// The groups of this batch, each once, and their rows as they were.
  Status Touch() {
    ++epoch_;
    touched_.clear();
    existed_.clear();
    old_index_.clear();
    for (std::byte* state : states_) {
      if (HeaderOf(state).epoch == epoch_) continue;
      HeaderOf(state).epoch = epoch_;
      touched_.push_back(state);
      old_index_.push_back(existed_.size());
      if (HeaderOf(state).rows > 0) existed_.push_back(state);
    }
    before_.Reset();
    return aggregates_->Finalize(groups_, existed_, before_);
  }

  /// Fills changes_ with what became of each touched group.
  Status Compare() {
    exists_.clear();
    std::vector<std::size_t> new_index;
    std::vector<bool> existed;
    std::size_t next_old = 0;
    for (std::byte* state : touched_) {
      existed.push_back(next_old < existed_.size() && existed_[next_old] == state);
      if (existed.back()) ++next_old;
      new_index.push_back(exists_.size());
      if (HeaderOf(state).rows > 0) exists_.push_back(state);
    }
    after_.Reset();
    FLOE_TRY_VOID(aggregates_->Finalize(groups_, exists_, after_));
    std::vector<std::string> old_rows;
    FLOE_TRY_VOID(duck::Guard([&] {
      std::vector<duckdb::Vector*> columns;
      for (auto& column : before_.data) columns.push_back(&column);
      for (auto view : codec_.Encode(columns, before_.size())) old_rows.emplace_back(view);
    }));
    std::vector<duckdb::Vector*> columns;
    for (auto& column : after_.data) columns.push_back(&column);
    return duck::Guard([&] {
      const auto& new_rows = codec_.Encode(columns, after_.size());
      changes_.clear();
      const std::size_t shift = before_.size();
      for (std::size_t i = 0; i < touched_.size(); ++i) {
        const bool exists = HeaderOf(touched_[i]).rows > 0;
        const std::size_t old_row = old_index_[i], new_row = new_index[i];
        if (existed[i] && exists && old_rows[old_row] == new_rows[new_row]) continue;
        if (existed[i]) changes_.push_back({old_row, exists ? RowKind::kUpdateBefore : RowKind::kDelete});
        if (exists) changes_.push_back({shift + new_row, existed[i] ? RowKind::kUpdateAfter : RowKind::kInsert});
      }
    });
  }

  void Forget() {
    for (std::byte* state : touched_) {
      if (HeaderOf(state).rows != 0) continue;
      aggregates_->Destroy(state);
      groups_.Erase(state);
    }
  }

  Status EmitChanges(Output& out) {
    if (changes_.empty()) return {};
    // One vector of old rows then new rows per column, and batches that pick from it; a -U stays with its +U.
    std::vector<duckdb::Vector> both;
    FLOE_TRY_VOID(duck::Guard([&] {
      for (std::size_t column = 0; column < types_.size(); ++column) {
        both.emplace_back(types_[column], before_.size() + after_.size());
        duckdb::VectorOperations::Copy(before_.data[column], both.back(), before_.size(), 0, 0);
        duckdb::VectorOperations::Copy(after_.data[column], both.back(), after_.size(), 0, before_.size());
      }
    }));
    for (std::size_t begin = 0; begin < changes_.size();) {
      std::size_t end = std::min<std::size_t>(begin + STANDARD_VECTOR_SIZE, changes_.size());
      if (end < changes_.size() && changes_[end].kind == RowKind::kUpdateAfter) --end;
      FLOE_TRY_VOID(EmitRange(both, begin, end, out));
      begin = end;
    }
    return {};
  }

  Status EmitRange(std::vector<duckdb::Vector>& both, std::size_t begin, std::size_t end, Output& out) {
    data::Batch result;
    bool only_inserts = true;
    FLOE_TRY_VOID(duck::Guard([&] {
      duckdb::SelectionVector rows(end - begin);
      for (std::size_t i = begin; i < end; ++i) {
        rows.set_index(i - begin, changes_[i].row);
        result.kinds.push_back(changes_[i].kind);
        only_inserts = only_inserts && changes_[i].kind == RowKind::kInsert;
      }
      result.rows.InitializeEmpty(types_);
      for (std::size_t column = 0; column < types_.size(); ++column) {
        result.rows.data[column].Slice(both[column], rows, end - begin);
      }
      result.rows.SetCardinality(end - begin);
    }));
    if (only_inserts) result.kinds.clear();
    counters_.generated += static_cast<std::int64_t>(end - begin);
    return out.Emit({result});
  }

  struct Change {
    std::size_t row;  // in old rows followed by new rows
    RowKind kind;
  };

  std::unique_ptr<AggregateSet> aggregates_;
  DuckTypes types_;
  RowCodec codec_;
  GroupTable groups_;
  std::uint64_t epoch_ = 0;

  // Of the current batch.
  std::vector<std::uint32_t> rows_;
  std::vector<std::byte*> states_;
  std::vector<std::uint32_t> created_;
  std::vector<std::byte*> touched_;
  std::vector<std::byte*> existed_;
  std::vector<std::byte*> exists_;
  std::vector<std::size_t> old_index_;
  std::vector<Change> changes_;
  duckdb::DataChunk before_;
  duckdb::DataChunk after_;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeGroupAggregate(const OperatorContext& context, std::string stage, InputEdge input,
                                                     const sql::plan::Aggregate& aggregate, DuckTypes output) {
  FLOE_TRY(auto set,
           AggregateSet::Make(context, std::move(stage), std::move(input), aggregate.keys, aggregate.aggregates));
  return std::unique_ptr<Operator>(new GroupAggregateOperator(std::move(set), std::move(output)));
}

}  // namespace floe::stream
