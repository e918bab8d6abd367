// SPDX-License-Identifier: Apache-2.0
#include "stream/ops/aggregate_set.h"

#include "duck/guard.h"
#include "stream/state/state_io.h"

namespace floe::stream {

using duckdb::idx_t;

Result<std::unique_ptr<AggregateSet>> AggregateSet::Make(const OperatorContext& context, std::string stage,
                                                         InputEdge input, const std::vector<int>& keys,
                                                         const std::vector<sql::plan::AggregateCall>& calls) {
  DuckTypes key_types;
  for (int key : keys) key_types.push_back(input.types.at(static_cast<std::size_t>(key)));
  const bool retract = input.retracts;
  const DuckTypes input_types = input.types;
  std::unique_ptr<AggregateSet> set(
      new AggregateSet(context, std::move(stage), std::move(input), keys, RowCodec(std::move(key_types))));
  std::vector<sql::plan::ExpressionPtr> expressions;
  for (const auto& call : calls) {
    Call& added = set->accumulators_.emplace_back();
    for (const auto& argument : call.args) {
      added.arguments.push_back(static_cast<int>(expressions.size()));
      expressions.push_back(argument);
    }
    if (call.filter) {
      added.filter = static_cast<int>(expressions.size());
      expressions.push_back(call.filter);
    }
  }
  FLOE_TRY(set->arguments_, Evaluator::Make(context.expressions, expressions, input_types));
  set->state_size_ = sizeof(GroupHeader);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    Call& call = set->accumulators_[i];
    DuckTypes types;
    for (int argument : call.arguments) types.push_back(set->arguments_->types()[static_cast<std::size_t>(argument)]);
    FLOE_TRY(call.accumulator, MakeAccumulator(context.expressions, calls[i], types, retract));
    call.offset = set->state_size_;
    set->state_size_ += (call.accumulator->size() + 15) & ~std::size_t{15};
    set->owns_memory_ = set->owns_memory_ || call.accumulator->owns_memory();
  }
  return set;
}

Result<PreparedBatch*> AggregateSet::Prepare(data::Batch& batch, Counters& counters) {
  auto on_bad = [&](const duckdb::DataChunk& rows, idx_t row, const Error& cause) {
    ++counters.dead_lettered;
    return ReportBadRow(context_, stage_, input_.schema, rows, row, cause);
  };
  const std::int64_t bad_before = counters.dead_lettered;
  FLOE_TRY(evaluated_, arguments_->Run(batch.rows, kept_, on_bad));
  const bool dropped = counters.dead_lettered != bad_before;
  prepared_.rows = &batch.rows;
  prepared_.count = batch.size();
  FLOE_TRY_VOID(duck::Guard([&] {
    if (dropped) {
      duckdb::SelectionVector rows(STANDARD_VECTOR_SIZE);
      for (idx_t i = 0; i < kept_.size(); ++i) rows.set_index(i, kept_[i]);
      good_rows_.Destroy();
      good_rows_.InitializeEmpty(input_.types);
      good_rows_.Slice(batch.rows, rows, kept_.size());
      prepared_.rows = &good_rows_;
      prepared_.count = kept_.size();
    }
    std::vector<duckdb::Vector*> columns;
    for (int key : keys_) columns.push_back(&prepared_.rows->data[static_cast<idx_t>(key)]);
    prepared_.keys = &codec_.Encode(columns, prepared_.count);
  }));
  prepared_.hashes.resize(prepared_.count);
  for (idx_t i = 0; i < prepared_.count; ++i) prepared_.hashes[i] = HashBytes((*prepared_.keys)[i]);
  prepared_.weights.clear();
  if (!batch.append_only()) {
    for (idx_t i = 0; i < prepared_.count; ++i) {
      prepared_.weights.push_back(static_cast<std::int8_t>(data::Weight(batch.kinds[dropped ? kept_[i] : i])));
      if (prepared_.weights.back() < 0 && !input_.retracts) {
        return Fail(ErrorKind::kInternal, "operator " + stage_ + " got a retraction on an edge planned as append-only");
      }
    }
  }
  return &prepared_;
}

void AggregateSet::Init(std::byte* state) const {
  for (const Call& call : accumulators_) call.accumulator->Init(state + call.offset);
}

void AggregateSet::Destroy(std::byte* state) const {
  if (!owns_memory_) return;
  for (const Call& call : accumulators_) call.accumulator->Destroy(state + call.offset);
}

void AggregateSet::Destroy(GroupTable& table) const {
  if (!owns_memory_) return;
  table.ForEach([&](std::byte* state) { Destroy(state); });
}

void AggregateSet::Update(std::span<const std::uint32_t> rows, std::byte* const* states) {
  const bool weighted = !prepared_.weights.empty();
  row_weights_.clear();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::int8_t weight = weighted ? prepared_.weights[rows[i]] : std::int8_t{1};
    reinterpret_cast<GroupHeader*>(states[i])->rows += weight;
    if (weighted) row_weights_.push_back(weight);
  }
  for (Call& call : accumulators_) UpdateCall(call, rows, states);
}

void AggregateSet::UpdateCall(Call& call, std::span<const std::uint32_t> rows, std::byte* const* states) {
  std::vector<duckdb::Vector*> arguments;
  for (int argument : call.arguments) arguments.push_back(&evaluated_->data[static_cast<idx_t>(argument)]);
  const std::int8_t* weights = row_weights_.empty() ? nullptr : row_weights_.data();
  if (call.filter < 0) {
    call.accumulator->Update({arguments, prepared_.count, rows, states, call.offset, weights});
    return;
  }
  duckdb::UnifiedVectorFormat format;
  evaluated_->data[static_cast<idx_t>(call.filter)].ToUnifiedFormat(prepared_.count, format);
  const auto* passes = duckdb::UnifiedVectorFormat::GetData<bool>(format);
  std::vector<std::int8_t> passed_weights;
  filtered_rows_.clear();
  filtered_states_.clear();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const idx_t row = format.sel->get_index(rows[i]);
    if (!format.validity.RowIsValid(row) || !passes[row]) continue;
    filtered_rows_.push_back(rows[i]);
    filtered_states_.push_back(states[i]);
    if (weights != nullptr) passed_weights.push_back(weights[i]);
  }
  call.accumulator->Update({arguments, prepared_.count, filtered_rows_, filtered_states_.data(), call.offset,
                            weights == nullptr ? nullptr : passed_weights.data()});
}

void AggregateSet::Combine(const std::byte* from, std::byte* into) const {
  reinterpret_cast<GroupHeader*>(into)->rows += reinterpret_cast<const GroupHeader*>(from)->rows;
  for (const Call& call : accumulators_) call.accumulator->Combine(from + call.offset, into + call.offset);
}

Status AggregateSet::Finalize(const GroupTable& table, std::span<std::byte* const> states, duckdb::DataChunk& out) {
  std::vector<duckdb::Vector*> keys;
  for (std::size_t i = 0; i < keys_.size(); ++i) keys.push_back(&out.data[i]);
  for (std::size_t i = 0; i < states.size(); ++i) FLOE_TRY_VOID(codec_.Decode(table.KeyOf(states[i]), keys, i));
  return duck::Guard([&] {
    for (std::size_t i = 0; i < accumulators_.size(); ++i) {
      accumulators_[i].accumulator->Finalize(states, accumulators_[i].offset, out.data[keys_.size() + i]);
    }
    out.SetCardinality(states.size());
  });
}

void AggregateSet::Save(const GroupTable& table, StateWriter& writer) const {
  writer.Put<std::uint64_t>(table.size());
  table.ForEach([&](std::byte* state) {
    writer.PutBytes(table.KeyOf(state));
    writer.Put(reinterpret_cast<const GroupHeader*>(state)->rows);
    for (const Call& call : accumulators_) call.accumulator->Save(state + call.offset, writer);
  });
}

Status AggregateSet::Load(GroupTable& table, StateReader& reader) const {
  FLOE_TRY(auto groups, reader.GetCount(2 * sizeof(std::uint64_t)));
  for (std::uint64_t i = 0; i < groups; ++i) {
    FLOE_TRY(auto key, reader.GetBytes());
    FLOE_TRY(auto rows, reader.Get<std::int64_t>());
    bool created = false;
    std::byte* state = table.FindOrInsert(key, HashBytes(key), created);
    if (!created) return Fail(ErrorKind::kCorruption, "checkpoint state holds a group twice");
    Init(state);
    reinterpret_cast<GroupHeader*>(state)->rows = rows;
    for (const Call& call : accumulators_) FLOE_TRY_VOID(call.accumulator->Load(state + call.offset, reader));
  }
  return {};
}

}  // namespace floe::stream
