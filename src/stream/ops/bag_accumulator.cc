// SPDX-License-Identifier: Apache-2.0
// Aggregates over kept values, and DuckDB's aggregate functions behind the accumulator interface.
#include <algorithm>
#include <deque>
#include <unordered_map>

#include <duckdb/planner/expression/bound_aggregate_expression.hpp>
#include <fmt/format.h>

#include "duck/guard.h"
#include "stream/ops/accumulator.h"
#include "stream/state/row_codec.h"
#include "stream/state/state_io.h"

namespace floe::stream {
namespace {

using duckdb::DataChunk;
using duckdb::idx_t;
using duckdb::Vector;

/// Values with the order they came in: string_agg, list, first and last depend on it, and a retraction takes the oldest
/// equal value. With DISTINCT only the multiplicity is kept.
struct Bag {
  struct Entry {
    std::int64_t count = 0;  ///< negative while a retraction has overtaken its row
    std::uint64_t first = 0;
    std::deque<std::uint64_t> places;
  };
  std::unordered_map<std::string, Entry> values;
  std::uint64_t next = 0;
};

class BagAccumulator final : public Accumulator {
 public:
  BagAccumulator(std::unique_ptr<Accumulator> inner, const DuckTypes& arguments, bool distinct)
      : inner_(std::move(inner)), codec_(arguments), distinct_(distinct) {
    if (!arguments.empty()) replay_.Initialize(duckdb::Allocator::DefaultAllocator(), arguments);
  }
  std::size_t size() const override { return sizeof(Bag*); }
  bool owns_memory() const override { return true; }
  void Init(std::byte* state) const override { *reinterpret_cast<Bag**>(state) = new Bag; }
  void Destroy(std::byte* state) const override { delete *reinterpret_cast<Bag**>(state); }

  void Update(const UpdateInput& input) override {
    const auto& keys = codec_.Encode(input.args, input.vector_size);
    for (std::size_t i = 0; i < input.rows.size(); ++i) {
      Bag& bag = **reinterpret_cast<Bag**>(input.states[i] + input.offset);
      Add(bag, std::string(keys[input.rows[i]]), input.weights == nullptr ? 1 : input.weights[i]);
    }
  }
  void Combine(const std::byte* from, std::byte* into) const override {
    const Bag& source = **reinterpret_cast<Bag* const*>(from);
    Bag& target = **reinterpret_cast<Bag**>(into);
    for (const auto& [place, value, count] : Ordered(source)) Add(target, *value, count);
  }
  void Finalize(std::span<std::byte* const> states, std::size_t offset, Vector& result) override {
    inner_state_.resize(inner_->size() / sizeof(Slot) + 1);
    Vector one(result.GetType(), 1);
    for (std::size_t i = 0; i < states.size(); ++i) {
      std::fill(inner_state_.begin(), inner_state_.end(), Slot{});
      auto* inner = reinterpret_cast<std::byte*>(inner_state_.data());
      inner_->Init(inner);
      auto replayed = duck::Guard([&] { Replay(**reinterpret_cast<Bag**>(states[i] + offset), inner); });
      if (replayed) {
        std::byte* const state[] = {inner};
        inner_->Finalize(state, 0, one);
        duckdb::VectorOperations::Copy(one, result, 1, 0, i);
      }
      inner_->Destroy(inner);
      if (!replayed) duck::Raise(replayed.error());
    }
  }
  void Save(const std::byte* state, StateWriter& writer) const override {
    const Bag& bag = **reinterpret_cast<Bag* const*>(state);
    const auto ordered = Ordered(bag);
    writer.Put<std::uint64_t>(ordered.size());
    for (const auto& [place, value, count] : ordered) {
      writer.PutBytes(*value);
      writer.Put(count);
    }
  }
  Status Load(std::byte* state, StateReader& reader) const override {
    FLOE_TRY(auto size, reader.GetCount(2 * sizeof(std::uint64_t)));
    Bag& bag = **reinterpret_cast<Bag**>(state);
    for (std::uint64_t i = 0; i < size; ++i) {
      FLOE_TRY(auto value, reader.GetBytes());
      FLOE_TRY(auto count, reader.Get<std::int64_t>());
      Add(bag, std::string(value), count);
    }
    return {};
  }

 private:
  struct alignas(16) Slot {
    std::byte bytes[16] = {};
  };
  struct Item {
    std::uint64_t place;
    const std::string* value;
    std::int64_t count;
  };

  void Add(Bag& bag, std::string value, std::int64_t count) const {
    auto [at, is_new] = bag.values.try_emplace(std::move(value));
    Bag::Entry& entry = at->second;
    if (is_new) entry.first = bag.next;
    const std::int64_t step = count > 0 ? 1 : -1;
    if (distinct_) {
      entry.count += count;
      ++bag.next;
    } else {
      for (std::int64_t i = 0; i != count; i += step) {
        if (step > 0 && entry.count >= 0) entry.places.push_back(bag.next++);
        if (step < 0 && entry.count > 0) entry.places.pop_front();
        entry.count += step;
      }
    }
    if (entry.count == 0) bag.values.erase(at);
  }

  /// In order of arrival; with DISTINCT one item per value, otherwise one per occurrence.
  std::vector<Item> Ordered(const Bag& bag) const {
    std::vector<Item> items;
    for (const auto& [value, entry] : bag.values) {
      if (distinct_ || entry.count < 0) {
        items.push_back({entry.first, &value, entry.count});
        continue;
      }
      for (std::uint64_t place : entry.places) items.push_back({place, &value, 1});
    }
    std::ranges::sort(items, {}, &Item::place);
    return items;
  }

  void Replay(const Bag& bag, std::byte* inner) {
    std::vector<Vector*> columns;
    for (auto& column : replay_.data) columns.push_back(&column);
    std::vector<std::uint32_t> rows;
    std::vector<std::byte*> states;
    auto flush = [&] {
      if (!rows.empty()) inner_->Update({columns, rows.size(), rows, states.data(), 0, nullptr});
      rows.clear();
      states.clear();
      if (!columns.empty()) replay_.Reset();
    };
    flush();
    for (const Item& item : Ordered(bag)) {
      if (item.count <= 0) continue;
      auto decoded = codec_.Decode(*item.value, columns, rows.size());
      if (!decoded) duck::Raise(decoded.error());
      rows.push_back(static_cast<std::uint32_t>(rows.size()));
      states.push_back(inner);
      if (rows.size() == STANDARD_VECTOR_SIZE) flush();
    }
    flush();
  }

  std::unique_ptr<Accumulator> inner_;
  RowCodec codec_;
  bool distinct_;
  DataChunk replay_;
  std::vector<Slot> inner_state_;
};

/// States are DuckDB's own; what they allocate beyond their size lives in the arena until the next Init.
class DuckAccumulator final : public Accumulator {
 public:
  DuckAccumulator(duckdb::unique_ptr<duckdb::BoundAggregateExpression> bound, const duckdb::LogicalType& result,
                  duckdb::ClientContext& client)
      : bound_(std::move(bound)), arena_(duckdb::Allocator::DefaultAllocator()), result_(result), client_(client) {}

  std::size_t size() const override { return bound_->function.GetStateSizeCallback()(bound_->function); }
  bool owns_memory() const override { return bound_->function.HasStateDestructorCallback(); }
  void Init(std::byte* state) const override {
    arena_.Reset();
    bound_->function.GetStateInitCallback()(bound_->function, reinterpret_cast<duckdb::data_ptr_t>(state));
  }
  void Destroy(std::byte* state) const override {
    if (!owns_memory()) return;
    Vector pointer(duckdb::Value::POINTER(reinterpret_cast<std::uintptr_t>(state)));
    duckdb::AggregateInputData input(bound_->bind_info.get(), arena_);
    bound_->function.GetStateDestructorCallback()(pointer, input, 1);
  }
  void Update(const UpdateInput& input) override {
    // Only called by a bag: rows are 0..n-1 and all go to one state.
    DataChunk arguments;
    DuckTypes types;
    for (const auto& child : bound_->children) types.push_back(child->return_type);
    if (!types.empty()) arguments.Initialize(duckdb::Allocator::DefaultAllocator(), types);
    for (std::size_t i = 0; i < types.size(); ++i) Convert(*input.args[i], arguments.data[i], input.vector_size);
    Vector states(duckdb::Value::POINTER(reinterpret_cast<std::uintptr_t>(input.states[0])));
    states.Flatten(input.vector_size);
    duckdb::AggregateInputData data(bound_->bind_info.get(), arena_);
    bound_->function.GetStateUpdateCallback()(arguments.data.data(), data, types.size(), states, input.vector_size);
  }
  void Combine(const std::byte*, std::byte*) const override {
    duck::Raise(Error(ErrorKind::kInternal, "DuckDB's aggregate states are not combined"));
  }
  void Finalize(std::span<std::byte* const> states, std::size_t offset, Vector& result) override {
    for (std::size_t i = 0; i < states.size(); ++i) {
      Vector pointer(duckdb::Value::POINTER(reinterpret_cast<std::uintptr_t>(states[i] + offset)));
      Vector value(bound_->function.GetReturnType(), 1);
      duckdb::AggregateInputData data(bound_->bind_info.get(), arena_);
      bound_->function.GetStateFinalizeCallback()(pointer, data, value, 1, 0);
      duckdb::Value cast = value.GetValue(0);
      result.SetValue(i, cast.CastAs(client_, result_));
    }
  }
  void Save(const std::byte*, StateWriter&) const override {}
  Status Load(std::byte*, StateReader&) const override {
    return Fail(ErrorKind::kInternal, "DuckDB's aggregate states are not saved");
  }

 private:
  void Convert(Vector& from, Vector& to, idx_t count) {
    if (from.GetType() == to.GetType()) {
      to.Reference(from);
    } else {
      duckdb::VectorOperations::Cast(client_, from, to, count);
    }
  }

  duckdb::unique_ptr<duckdb::BoundAggregateExpression> bound_;
  mutable duckdb::ArenaAllocator arena_;
  duckdb::LogicalType result_;
  duckdb::ClientContext& client_;
};

}  // namespace

std::unique_ptr<Accumulator> MakeBagAccumulator(std::unique_ptr<Accumulator> inner, const DuckTypes& arguments,
                                                bool distinct) {
  return std::make_unique<BagAccumulator>(std::move(inner), arguments, distinct);
}

Result<std::unique_ptr<Accumulator>> MakeDuckAccumulator(ExpressionContext& context,
                                                         const sql::plan::AggregateCall& call,
                                                         const DuckTypes& arguments,
                                                         const duckdb::LogicalType& result) {
  FLOE_TRY(auto bound, BindAggregate(context, call, arguments));
  return std::unique_ptr<Accumulator>(new DuckAccumulator(std::move(bound), result, context.client()));
}

}  // namespace floe::stream
