// SPDX-License-Identifier: Apache-2.0
// Windowed aggregation: state is bucketed by pane first, then by key, so that closing a window frees whole buckets.
#include <algorithm>
#include <map>

#include "duck/guard.h"
#include "stream/ops/aggregate_operators.h"
#include "stream/ops/aggregate_set.h"
#include "stream/ops/window.h"
#include "stream/state/state_io.h"

namespace floe::stream {
namespace {

using duckdb::idx_t;

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kBeginning = std::numeric_limits<std::int64_t>::min();

class WindowAggregateOperator final : public Operator {
 public:
  WindowAggregateOperator(const OperatorContext& context, std::string stage, InputEdge input, WindowMath windows,
                          const sql::plan::WindowSpec& spec, std::unique_ptr<AggregateSet> aggregates, DuckTypes output)
      : context_(context),
        stage_(std::move(stage)),
        input_(std::move(input)),
        windows_(windows),
        spec_(spec),
        aggregates_(std::move(aggregates)) {
    out_.rows.Initialize(duckdb::Allocator::DefaultAllocator(), output);
  }
  ~WindowAggregateOperator() override {
    for (auto& [start, table] : panes_) aggregates_->Destroy(*table);
  }

  Status Process(int, Chunk chunk, Output&) override {
    FLOE_TRY(PreparedBatch * batch, aggregates_->Prepare(chunk.batch, counters_));
    late_.clear();
    by_pane_.clear();
    if (spec_.proctime) {
      RowsOfPane(windows_.PaneOf(context_.clock.WallNow().value())).resize(batch->count);
      auto& rows = by_pane_.back().second;
      for (idx_t i = 0; i < batch->count; ++i) rows[i] = static_cast<std::uint32_t>(i);
    } else {
      FLOE_TRY_VOID(AssignPanes(*batch));
    }
    for (auto& [pane, rows] : by_pane_) {
      if (!rows.empty()) FLOE_TRY_VOID(UpdatePane(pane, *batch, rows));
    }
    return late_.empty() ? Status{} : ReportLate(*batch);
  }

  Status OnWatermark(TimestampUs watermark, Output& out) override {
    if (!spec_.proctime) {
      watermark_ = watermark;
      const std::int64_t through =
          watermark.value() > kNever - kWindowTimeStep ? kNever : watermark.value() + kWindowTimeStep;
      FLOE_TRY_VOID(FireThrough(through, out));
    }
    return out.Advance(watermark);
  }

  Status OnEndOfInput(Output& out) override { return FireThrough(kNever, out); }

  std::optional<TimestampUs> NextTimer() const override {
    if (!spec_.proctime || next_fire_ == kNever) return std::nullopt;
    return TimestampUs(next_fire_);
  }
  Status OnTimer(TimestampUs now, Output& out) override {
    return spec_.proctime ? FireThrough(now.value(), out) : Status{};
  }

  bool stateful() const override { return true; }
  std::uint64_t memory_bytes() const override {
    std::uint64_t bytes = 0;
    for (const auto& [pane, table] : panes_) bytes += table->memory_bytes();
    return bytes;
  }
  Status Save(StateWriter& writer) const override {
    writer.Put(fired_through_);
    writer.Put(watermark_.value());
    writer.Put<std::uint64_t>(panes_.size());
    for (const auto& [start, table] : panes_) {
      writer.Put(start);
      aggregates_->Save(*table, writer);
    }
    return {};
  }
  Status Load(StateReader& reader) override {
    FLOE_TRY(fired_through_, reader.Get<std::int64_t>());
    FLOE_TRY(auto watermark, reader.Get<std::int64_t>());
    watermark_ = TimestampUs(watermark);
    FLOE_TRY(auto panes, reader.GetCount(2 * sizeof(std::uint64_t)));
    for (std::uint64_t i = 0; i < panes; ++i) {
      FLOE_TRY(auto start, reader.Get<std::int64_t>());
      FLOE_TRY_VOID(aggregates_->Load(TableOf(start), reader));
    }
    return {};
  }

 private:
  std::vector<std::uint32_t>& RowsOfPane(std::int64_t pane) {
    for (auto& [start, rows] : by_pane_) {
      if (start == pane) return rows;
    }
    return by_pane_.emplace_back(pane, std::vector<std::uint32_t>()).second;
  }

  GroupTable& TableOf(std::int64_t pane) {
    auto& table = panes_[pane];
    if (!table) {
      table = std::make_unique<GroupTable>(aggregates_->state_size());
      std::vector<Window> windows;
      windows_.WindowsOfPane(pane, windows);
      for (const Window& window : windows) {
        if (window.end > fired_through_) next_fire_ = std::min(next_fire_, window.end);
      }
    }
    return *table;
  }

  Status AssignPanes(const PreparedBatch& batch) {
    duckdb::UnifiedVectorFormat format;
    batch.rows->data[static_cast<idx_t>(spec_.time_column)].ToUnifiedFormat(batch.count, format);
    const auto* times = duckdb::UnifiedVectorFormat::GetData<std::int64_t>(format);
    // Rows of one pane come in runs, so the last pane is tried before the division.
    std::int64_t pane = 1, pane_end = 0;
    enum class Fate { kIn, kLate, kNoWindow } fate = Fate::kIn;
    std::vector<std::uint32_t>* rows = nullptr;
    for (idx_t i = 0; i < batch.count; ++i) {
      const idx_t at = format.sel->get_index(i);
      if (!format.validity.RowIsValid(at) || !IsWindowTime(times[at])) {
        ++counters_.dead_lettered;
        FLOE_TRY_VOID(ReportBadRow(context_, stage_, input_.schema, *batch.rows, i, NullTime()));
        continue;
      }
      if (times[at] < pane || times[at] >= pane_end) {
        pane = windows_.PaneOf(times[at]);
        pane_end = pane + windows_.pane_size();
        const std::int64_t last_end = windows_.LastEndOfPane(pane);
        fate = last_end <= pane ? Fate::kNoWindow : last_end <= fired_through_ ? Fate::kLate : Fate::kIn;
        if (fate == Fate::kIn) rows = &RowsOfPane(pane);
      }
      if (fate == Fate::kIn) {
        rows->push_back(static_cast<std::uint32_t>(i));
      } else if (fate == Fate::kLate) {
        late_.push_back(i);
      } else {
        ++counters_.filtered;
      }
    }
    return {};
  }

  Status UpdatePane(std::int64_t pane, const PreparedBatch& batch, const std::vector<std::uint32_t>& rows) {
    GroupTable& table = TableOf(pane);
    counters_.absorbed += static_cast<std::int64_t>(rows.size());
    return duck::Guard([&] {
      states_.resize(rows.size());
      created_.clear();
      table.FindOrInsert(*batch.keys, batch.hashes, rows, states_.data(), created_);
      for (std::uint32_t i : created_) aggregates_->Init(states_[i]);
      aggregates_->Update(rows, states_.data());
    });
  }

  Status ReportLate(const PreparedBatch& batch) {
    counters_.late += static_cast<std::int64_t>(late_.size());
    duckdb::DataChunk rows;
    FLOE_TRY_VOID(duck::Guard([&] {
      duckdb::SelectionVector selected(late_.size());
      for (idx_t i = 0; i < late_.size(); ++i) selected.set_index(i, late_[i]);
      rows.InitializeEmpty(input_.types);
      rows.Slice(*batch.rows, selected, late_.size());
    }));
    return context_.late_rows.OnLateRows({stage_, input_.schema, rows, watermark_});
  }

  /// Fires all windows that end at or before `through`, by end.
  Status FireThrough(std::int64_t through, Output& out) {
    if (through <= fired_through_) return {};
    const std::int64_t fired_before = fired_through_;
    fired_through_ = through;
    if (next_fire_ > through) return {};
    std::map<std::int64_t, std::int64_t> due;  // end to start
    next_fire_ = kNever;
    std::vector<Window> windows;
    for (const auto& [pane, table] : panes_) {
      windows_.WindowsOfPane(pane, windows);
      for (const Window& window : windows) {
        if (window.end > through) {
          next_fire_ = std::min(next_fire_, window.end);
          break;
        }
        if (window.end > fired_before) due.emplace(window.end, window.start);
      }
    }
    for (const auto& [end, start] : due) FLOE_TRY_VOID(Fire({start, end}, out));
    for (auto at = panes_.begin(); at != panes_.end();) {
      if (windows_.LastEndOfPane(at->first) > through) {
        ++at;
        continue;
      }
      aggregates_->Destroy(*at->second);
      at = panes_.erase(at);
    }
    return {};
  }

  Status Fire(const Window& window, Output& out) {
    const auto first = panes_.lower_bound(window.start);
    const auto last = panes_.lower_bound(window.end);
    if (first == last) return {};
    if (std::next(first) == last) return EmitTable(*first->second, window, out);
    GroupTable merged(aggregates_->state_size());
    auto combined = duck::Guard([&] {
      for (auto pane = first; pane != last; ++pane) {
        pane->second->ForEach([&](std::byte* state) {
          const auto key = pane->second->KeyOf(state);
          bool created = false;
          std::byte* target = merged.FindOrInsert(key, HashBytes(key), created);
          if (created) aggregates_->Init(target);
          aggregates_->Combine(state, target);
        });
      }
    });
    Status emitted = combined ? EmitTable(merged, window, out) : combined;
    aggregates_->Destroy(merged);
    return emitted;
  }

  Status EmitTable(const GroupTable& table, const Window& window, Output& out) {
    std::vector<std::byte*> states;
    states.reserve(table.size());
    table.ForEach([&](std::byte* state) {
      if (reinterpret_cast<const GroupHeader*>(state)->rows > 0) states.push_back(state);
    });
    for (std::size_t begin = 0; begin < states.size(); begin += STANDARD_VECTOR_SIZE) {
      const std::size_t count = std::min<std::size_t>(STANDARD_VECTOR_SIZE, states.size() - begin);
      out_.rows.Reset();
      FLOE_TRY_VOID(aggregates_->Finalize(table, std::span(states).subspan(begin, count), out_.rows));
      const std::size_t bounds = out_.rows.ColumnCount() - 3;
      for (std::size_t i = 0; i < count; ++i) {
        duckdb::FlatVector::GetData<std::int64_t>(out_.rows.data[bounds])[i] = window.start;
        duckdb::FlatVector::GetData<std::int64_t>(out_.rows.data[bounds + 1])[i] = window.end;
        duckdb::FlatVector::GetData<std::int64_t>(out_.rows.data[bounds + 2])[i] = window.end - kWindowTimeStep;
      }
      counters_.generated += static_cast<std::int64_t>(count);
      FLOE_TRY_VOID(out.Emit({out_}));
    }
    return {};
  }

  const OperatorContext& context_;
  std::string stage_;
  InputEdge input_;
  WindowMath windows_;
  sql::plan::WindowSpec spec_;
  std::unique_ptr<AggregateSet> aggregates_;

  // State.
  std::map<std::int64_t, std::unique_ptr<GroupTable>> panes_;
  std::int64_t fired_through_ = kBeginning;  // all windows that end at or before it have fired
  std::int64_t next_fire_ = kNever;          // the earliest end not fired of a window with rows
  TimestampUs watermark_ = kNoWatermark;

  // Of the current batch.
  std::vector<std::pair<std::int64_t, std::vector<std::uint32_t>>> by_pane_;
  std::vector<idx_t> late_;
  std::vector<std::byte*> states_;
  std::vector<std::uint32_t> created_;
  data::Batch out_;
};

}  // namespace

Result<std::unique_ptr<Operator>> MakeWindowAggregate(const OperatorContext& context, std::string stage,
                                                      InputEdge input, const sql::plan::WindowAggregate& aggregate,
                                                      DuckTypes output) {
  FLOE_TRY(WindowMath windows, WindowMath::Make(aggregate.window));
  FLOE_TRY(auto set, AggregateSet::Make(context, stage, input, aggregate.keys, aggregate.aggregates));
  return std::unique_ptr<Operator>(new WindowAggregateOperator(context, std::move(stage), std::move(input), windows,
                                                               aggregate.window, std::move(set), std::move(output)));
}

}  // namespace floe::stream
