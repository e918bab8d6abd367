// SPDX-License-Identifier: Apache-2.0
#include "stream/ops/edge_operators.h"

#include <algorithm>

#include "duck/guard.h"
#include "stream/ops/evaluator.h"
#include "stream/ops/window.h"
#include "stream/state/state_io.h"

namespace floe::stream {
namespace {

using data::RowKind;
using duckdb::idx_t;

class SourceOperator final : public Operator {
 public:
  Status Process(int, Chunk, Output&) override { return Fail(ErrorKind::kInternal, "a source has no input"); }
};

/// A watermark of the usual form, a column and a constant shift: its maximum over a batch is the column's maximum,
/// shifted.
struct ShiftedColumn {
  int column;
  std::int64_t shift_us;
};
std::optional<ShiftedColumn> AsShiftedColumn(const sql::plan::Expression& e) {
  using sql::plan::ExpressionKind;
  if (e.kind == ExpressionKind::kColumn) return ShiftedColumn{e.column, 0};
  if (e.kind != ExpressionKind::kCall || e.args.size() != 2 || e.args[0]->kind != ExpressionKind::kColumn)
    return std::nullopt;
  const auto* literal = std::get_if<std::int64_t>(&e.args[1]->value);
  if (literal == nullptr || e.args[1]->kind != ExpressionKind::kLiteral || std::abs(*literal) > std::int64_t{1} << 40) {
    return std::nullopt;
  }
  if (e.function == "floe_shift_ms") return ShiftedColumn{e.args[0]->column, *literal * 1000};
  const bool interval = e.args[1]->type.kind() == data::TypeKind::kIntervalDayTime;
  if (e.function == "-" && interval) return ShiftedColumn{e.args[0]->column, -*literal * 1000};
  return std::nullopt;
}

/// The greatest time that counts (valid and finite), or kNoWatermark.
std::int64_t Greatest(duckdb::Vector& vector, idx_t count) {
  duckdb::UnifiedVectorFormat format;
  vector.ToUnifiedFormat(count, format);
  const auto* times = duckdb::UnifiedVectorFormat::GetData<std::int64_t>(format);
  std::int64_t highest = kNoWatermark.value();
  if (vector.GetVectorType() == duckdb::VectorType::FLAT_VECTOR && format.validity.AllValid()) {
    for (idx_t i = 0; i < count; ++i) highest = std::max(highest, IsWindowTime(times[i]) ? times[i] : highest);
    return highest;
  }
  for (idx_t i = 0; i < count; ++i) {
    const idx_t row = format.sel->get_index(i);
    if (format.validity.RowIsValid(row) && IsWindowTime(times[row])) highest = std::max(highest, times[row]);
  }
  return highest;
}

class WatermarkOperator final : public Operator {
 public:
  WatermarkOperator(const OperatorContext& context, std::unique_ptr<Evaluator> evaluator,
                    std::optional<ShiftedColumn> shifted, std::chrono::milliseconds idle_timeout,
                    const SplitInfo& splits)
      : context_(context),
        evaluator_(std::move(evaluator)),
        shifted_(shifted),
        idle_timeout_us_(std::chrono::microseconds(idle_timeout).count()),
        info_(splits) {}

  Status Process(int, Chunk chunk, Output& out) override {
    FLOE_TRY(const std::int64_t highest, Highest(chunk.batch.rows));
    FLOE_TRY_VOID(out.Emit(chunk));
    Discover(chunk.split);
    Split& split = splits_[static_cast<std::size_t>(chunk.split)];
    split.watermark = std::max(split.watermark, highest);
    split.last_row_us = context_.clock.WallNow().value();
    split.idle = false;
    return Merge(out);
  }

  std::optional<TimestampUs> NextTimer() const override {
    if (idle_timeout_us_ == 0) return std::nullopt;
    std::optional<TimestampUs> next;
    for (const Split& split : splits_) {
      if (split.idle) continue;
      const TimestampUs due(split.last_row_us + idle_timeout_us_);
      next = next ? std::min(*next, due) : due;
    }
    return next;
  }
  Status OnTimer(TimestampUs now, Output& out) override {
    Discover(-1);
    for (Split& split : splits_) split.idle = split.idle || split.last_row_us + idle_timeout_us_ <= now.value();
    return Merge(out);
  }

  bool stateful() const override { return true; }
  Status Save(StateWriter& writer) const override {
    writer.Put<std::uint64_t>(splits_.size());
    for (std::size_t i = 0; i < splits_.size(); ++i) {
      writer.PutBytes(i < info_.names.size() ? info_.names[i] : std::to_string(i));
      writer.Put(splits_[i].watermark);
    }
    return {};
  }
  Status Load(StateReader& reader) override {
    FLOE_TRY(auto count, reader.GetCount(2 * sizeof(std::uint64_t)));
    for (std::uint64_t i = 0; i < count; ++i) {
      FLOE_TRY(auto name, reader.GetBytes());
      FLOE_TRY(auto watermark, reader.Get<std::int64_t>());
      restored_[std::string(name)] = watermark;
    }
    return {};
  }

 private:
  struct Split {
    std::int64_t watermark = kNoWatermark.value();
    std::int64_t last_row_us = 0;
    bool idle = false;
  };

  /// The greatest watermark the rows give; rows that give none (NULL, failed expression) do not count.
  Result<std::int64_t> Highest(duckdb::DataChunk& rows) {
    if (shifted_) {
      const std::int64_t highest = Greatest(rows.data[static_cast<idx_t>(shifted_->column)], rows.size());
      return highest == kNoWatermark.value() ? highest : highest + shifted_->shift_us;
    }
    FLOE_TRY(duckdb::DataChunk * values,
             evaluator_->Run(rows, kept_, [](const duckdb::DataChunk&, idx_t, const Error&) { return Status{}; }));
    return Greatest(values->data[0], values->size());
  }

  /// Splits the source knows, and `seen`: those without rows hold the watermark back until they are idle.
  void Discover(std::int32_t seen) {
    const std::size_t count = std::max(info_.names.size(), static_cast<std::size_t>(seen + 1));
    while (splits_.size() < count) {
      Split& added = splits_.emplace_back();
      added.last_row_us = context_.clock.WallNow().value();
      if (splits_.size() > info_.names.size()) continue;
      if (auto found = restored_.find(info_.names[splits_.size() - 1]); found != restored_.end()) {
        added.watermark = found->second;
      }
    }
  }

  Status Merge(Output& out) {
    std::int64_t merged = kFinalWatermark.value();
    bool any = false;
    for (const Split& split : splits_) {
      if (split.idle) continue;
      any = true;
      merged = std::min(merged, split.watermark);
    }
    FLOE_TRY_VOID(out.SetIdle(!any));
    return any && merged != kNoWatermark.value() ? out.Advance(TimestampUs(merged)) : Status{};
  }

  const OperatorContext& context_;
  std::unique_ptr<Evaluator> evaluator_;
  std::optional<ShiftedColumn> shifted_;
  std::int64_t idle_timeout_us_;
  const SplitInfo& info_;
  std::vector<Split> splits_;
  std::map<std::string, std::int64_t> restored_;
  std::vector<idx_t> kept_;
};

class SinkOperator final : public Operator {
 public:
  SinkOperator(connect::Sink& sink, std::string table, SinkFit fit)
      : sink_(sink), table_(std::move(table)), fit_(fit) {}

  Status Process(int, Chunk chunk, Output&) override {
    // Rows that a sink gets in another form, or not at all because a +U stands for them, count as out: nothing is lost.
    counters_.out += static_cast<std::int64_t>(chunk.batch.size());
    if (chunk.batch.append_only() || fit_ == SinkFit::kEverything) return Write(chunk.batch);
    if (fit_ == SinkFit::kAppendOnly) {
      return Fail(
          ErrorKind::kInvalidInput,
          "table " + table_ +
              " takes inserts only, but the query updates rows; declare a PRIMARY KEY or choose another connector");
    }
    data::Batch fitted;
    FLOE_TRY_VOID(duck::Guard([&] {
      duckdb::SelectionVector rows(chunk.batch.size());
      idx_t count = 0;
      for (idx_t i = 0; i < chunk.batch.size(); ++i) {
        RowKind kind = chunk.batch.kinds[i];
        if (kind == RowKind::kUpdateBefore) {
          if (fit_ == SinkFit::kDropUpdateBefore) continue;
          kind = RowKind::kDelete;
        }
        rows.set_index(count++, i);
        fitted.kinds.push_back(kind);
      }
      fitted.rows.InitializeEmpty(chunk.batch.rows.GetTypes());
      fitted.rows.Slice(chunk.batch.rows, rows, count);
    }));
    return fitted.size() == 0 ? Status{} : Write(fitted);
  }

 private:
  Status Write(const data::Batch& batch) {
    Status written = sink_.Write(batch);
    if (!written) return Fail(std::move(written.error()).WithContext("while writing to " + table_));
    return {};
  }
  connect::Sink& sink_;
  std::string table_;
  SinkFit fit_;
};

class CollectOperator final : public Operator {
 public:
  explicit CollectOperator(RowCollector collector) : collector_(std::move(collector)) {}
  Status Process(int, Chunk chunk, Output&) override {
    counters_.out += static_cast<std::int64_t>(chunk.batch.size());
    return collector_(chunk.batch);
  }

 private:
  RowCollector collector_;
};

}  // namespace

std::unique_ptr<Operator> MakeSourceOperator() {
  return std::make_unique<SourceOperator>();
}

Result<std::unique_ptr<Operator>> MakeWatermark(const OperatorContext& context, InputEdge input,
                                                const sql::plan::Watermark& watermark,
                                                std::chrono::milliseconds idle_timeout, const SplitInfo& splits) {
  FLOE_TRY(auto evaluator, Evaluator::Make(context.expressions, {watermark.expression}, input.types));
  const auto type = evaluator->types()[0].id();
  if (type != duckdb::LogicalTypeId::TIMESTAMP && type != duckdb::LogicalTypeId::TIMESTAMP_TZ) {
    return Fail(ErrorKind::kInternal, "a watermark expression that is not a timestamp");
  }
  return std::unique_ptr<Operator>(new WatermarkOperator(context, std::move(evaluator),
                                                         AsShiftedColumn(*watermark.expression), idle_timeout, splits));
}

std::unique_ptr<Operator> MakeSinkOperator(connect::Sink& sink, std::string table, SinkFit fit) {
  return std::make_unique<SinkOperator>(sink, std::move(table), fit);
}

std::unique_ptr<Operator> MakeCollector(RowCollector collector) {
  return std::make_unique<CollectOperator>(std::move(collector));
}

Result<std::vector<std::unique_ptr<data::Batch>>> EvaluateValues(const OperatorContext& context,
                                                                 const sql::plan::Values& values,
                                                                 const DuckTypes& types) {
  std::vector<std::unique_ptr<data::Batch>> batches;
  duckdb::DataChunk nothing;
  nothing.SetCardinality(1);
  for (const auto& row : values.rows) {
    FLOE_TRY(auto evaluator, Evaluator::Make(context.expressions, row, {}));
    std::vector<idx_t> kept;
    FLOE_TRY(duckdb::DataChunk * result,
             evaluator->Run(nothing, kept, [](const auto&, idx_t, const Error& cause) { return Status(Fail(cause)); }));
    FLOE_TRY_VOID(duck::Guard([&] {
      if (batches.empty() || batches.back()->size() == STANDARD_VECTOR_SIZE) {
        batches.push_back(std::make_unique<data::Batch>());
        batches.back()->rows.Initialize(duckdb::Allocator::DefaultAllocator(), types);
      }
      batches.back()->rows.Append(*result);
    }));
  }
  return batches;
}

}  // namespace floe::stream
