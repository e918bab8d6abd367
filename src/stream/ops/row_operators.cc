// SPDX-License-Identifier: Apache-2.0
#include "stream/ops/row_operators.h"

#include <fmt/format.h>

#include "duck/guard.h"
#include "stream/ops/evaluator.h"
#include "stream/ops/window.h"
#include "stream/state/state_io.h"

namespace floe::stream {
namespace {

using data::Batch;
using duckdb::idx_t;

/// The kinds of the kept rows; all of them when `kept` is empty and nothing was dropped.
std::vector<data::RowKind> KeptKinds(const Batch& batch, const std::vector<idx_t>& kept, bool dropped) {
  if (batch.append_only() || !dropped) return batch.kinds;
  std::vector<data::RowKind> kinds;
  for (idx_t row : kept) kinds.push_back(batch.kinds[row]);
  return kinds;
}

class ProjectOperator final : public Operator {
 public:
  ProjectOperator(const OperatorContext& context, std::string stage, InputEdge input,
                  std::unique_ptr<Evaluator> evaluator)
      : context_(context), stage_(std::move(stage)), input_(std::move(input)), evaluator_(std::move(evaluator)) {
    out_.rows.InitializeEmpty(evaluator_->types());
  }

  Status Process(int, Chunk chunk, Output& out) override {
    std::int64_t bad = 0;
    auto on_bad = [&](const duckdb::DataChunk& rows, idx_t row, const Error& cause) {
      ++bad;
      return ReportBadRow(context_, stage_, input_.schema, rows, row, cause);
    };
    FLOE_TRY(duckdb::DataChunk * result, evaluator_->Run(chunk.batch.rows, kept_, on_bad));
    counters_.dead_lettered += bad;
    out_.rows.Reference(*result);
    out_.kinds = KeptKinds(chunk.batch, kept_, bad > 0);
    return out.Emit({out_, chunk.split});
  }

 private:
  const OperatorContext& context_;
  std::string stage_;
  InputEdge input_;
  std::unique_ptr<Evaluator> evaluator_;
  std::vector<idx_t> kept_;
  Batch out_;
};

class FilterOperator final : public Operator {
 public:
  FilterOperator(const OperatorContext& context, std::string stage, InputEdge input,
                 std::unique_ptr<Evaluator> evaluator)
      : context_(context),
        stage_(std::move(stage)),
        input_(std::move(input)),
        evaluator_(std::move(evaluator)),
        selected_(STANDARD_VECTOR_SIZE) {}

  Status Process(int, Chunk chunk, Output& out) override {
    idx_t failed = 0;
    auto on_bad = [&](const duckdb::DataChunk& rows, idx_t row, const Error& cause) {
      return ReportBadRow(context_, stage_, input_.schema, rows, row, cause);
    };
    FLOE_TRY(const idx_t count, evaluator_->Select(chunk.batch.rows, selected_, failed, on_bad));
    counters_.dead_lettered += static_cast<std::int64_t>(failed);
    counters_.filtered += static_cast<std::int64_t>(chunk.batch.size() - failed - count);
    if (count == 0) return {};
    if (count == chunk.batch.size()) return out.Emit(chunk);
    Batch result;
    FLOE_TRY_VOID(duck::Guard([&] {
      result.rows.InitializeEmpty(input_.types);
      result.rows.Slice(chunk.batch.rows, selected_, count);
    }));
    if (!chunk.batch.append_only()) {
      for (idx_t i = 0; i < count; ++i) result.kinds.push_back(chunk.batch.kinds[selected_.get_index(i)]);
    }
    return out.Emit({result, chunk.split});
  }

 private:
  const OperatorContext& context_;
  std::string stage_;
  InputEdge input_;
  std::unique_ptr<Evaluator> evaluator_;
  duckdb::SelectionVector selected_;
};

class UnionOperator final : public Operator {
 public:
  Status Process(int, Chunk chunk, Output& out) override { return out.Emit(chunk); }
};

class LimitOperator final : public Operator {
 public:
  LimitOperator(std::int64_t offset, std::optional<std::int64_t> limit) : offset_(offset), limit_(limit) {}

  Status Process(int, Chunk chunk, Output& out) override {
    if (!chunk.batch.append_only()) {
      return Fail(ErrorKind::kNotSupported,
                  "LIMIT over rows that are updated or deleted: the answer would change; aggregate above it");
    }
    const auto size = static_cast<std::int64_t>(chunk.batch.size());
    const std::int64_t begin = std::clamp<std::int64_t>(offset_ - seen_, 0, size);
    const std::int64_t end = limit_ ? std::clamp<std::int64_t>(offset_ + *limit_ - seen_, begin, size) : size;
    seen_ += size;
    counters_.filtered += size - (end - begin);
    if (begin == end) return {};
    if (end - begin == size) return out.Emit(chunk);
    Batch result;
    FLOE_TRY_VOID(duck::Guard([&] {
      duckdb::SelectionVector rows(static_cast<idx_t>(end - begin));
      for (std::int64_t i = begin; i < end; ++i) rows.set_index(static_cast<idx_t>(i - begin), static_cast<idx_t>(i));
      result.rows.InitializeEmpty(chunk.batch.rows.GetTypes());
      result.rows.Slice(chunk.batch.rows, rows, static_cast<idx_t>(end - begin));
    }));
    return out.Emit({result, chunk.split});
  }
  bool Done() const override { return limit_ && seen_ >= offset_ + *limit_; }
  bool stateful() const override { return true; }
  Status Save(StateWriter& writer) const override {
    writer.Put(seen_);
    return {};
  }
  Status Load(StateReader& reader) override {
    FLOE_TRY(seen_, reader.Get<std::int64_t>());
    return {};
  }

 private:
  std::int64_t offset_;
  std::optional<std::int64_t> limit_;
  std::int64_t seen_ = 0;
};

/// Emits each row once per window it is in, window by window of the row's list: the k-th window of all rows forms one
/// batch.
class WindowAssignOperator final : public Operator {
 public:
  WindowAssignOperator(const OperatorContext& context, std::string stage, InputEdge input, WindowMath windows,
                       int time_column, DuckTypes output)
      : context_(context),
        stage_(std::move(stage)),
        input_(std::move(input)),
        windows_(windows),
        time_column_(time_column),
        output_(std::move(output)) {}

  Status Process(int, Chunk chunk, Output& out) override {
    duckdb::UnifiedVectorFormat format;
    chunk.batch.rows.data[static_cast<idx_t>(time_column_)].ToUnifiedFormat(chunk.batch.size(), format);
    const auto* times = duckdb::UnifiedVectorFormat::GetData<std::int64_t>(format);
    std::vector<std::vector<Window>> windows(chunk.batch.size());
    std::size_t most = 0;
    for (idx_t row = 0; row < chunk.batch.size(); ++row) {
      const idx_t at = format.sel->get_index(row);
      if (!format.validity.RowIsValid(at) || !IsWindowTime(times[at])) {
        ++counters_.dead_lettered;
        FLOE_TRY_VOID(ReportBadRow(context_, stage_, input_.schema, chunk.batch.rows, row, NullTime()));
        continue;
      }
      windows_.WindowsOf(times[at], windows[row]);
      if (windows[row].empty()) {
        ++counters_.filtered;
        continue;
      }
      counters_.generated += static_cast<std::int64_t>(windows[row].size()) - 1;
      most = std::max(most, windows[row].size());
    }
    for (std::size_t k = 0; k < most; ++k) FLOE_TRY_VOID(EmitNth(k, windows, chunk, out));
    return {};
  }

 private:
  Status EmitNth(std::size_t k, const std::vector<std::vector<Window>>& windows, Chunk chunk, Output& out) {
    Batch result;
    FLOE_TRY_VOID(duck::Guard([&] {
      duckdb::SelectionVector rows(STANDARD_VECTOR_SIZE);
      result.rows.Initialize(duckdb::Allocator::DefaultAllocator(), output_);
      const idx_t columns = input_.types.size();
      idx_t count = 0;
      for (idx_t row = 0; row < chunk.batch.size(); ++row) {
        if (k >= windows[row].size()) continue;
        const Window window = windows[row][k];
        duckdb::FlatVector::GetData<std::int64_t>(result.rows.data[columns])[count] = window.start;
        duckdb::FlatVector::GetData<std::int64_t>(result.rows.data[columns + 1])[count] = window.end;
        duckdb::FlatVector::GetData<std::int64_t>(result.rows.data[columns + 2])[count] = window.end - kWindowTimeStep;
        rows.set_index(count++, row);
        if (!chunk.batch.append_only()) result.kinds.push_back(chunk.batch.kinds[row]);
      }
      for (idx_t i = 0; i < columns; ++i) result.rows.data[i].Slice(chunk.batch.rows.data[i], rows, count);
      result.rows.SetCardinality(count);
    }));
    return out.Emit({result, chunk.split});
  }

  const OperatorContext& context_;
  std::string stage_;
  InputEdge input_;
  WindowMath windows_;
  int time_column_;
  DuckTypes output_;
};

}  // namespace

Status ReportBadRow(const OperatorContext& context, const std::string& stage, const data::Schema& schema,
                    const duckdb::DataChunk& rows, idx_t row, const Error& cause) {
  std::vector<std::string> names;
  for (const auto& field : schema.fields) names.push_back(field.name);
  connect::BadRecord record;
  record.value = RowAsJson(rows, row, names);
  record.error_class = "ExpressionError";
  record.message = cause.ToString();
  record.stage = stage;
  record.timestamp_ms = context.clock.WallNowMs().value();
  return context.bad_records.OnBadRecord(std::move(record));
}

Result<std::unique_ptr<Operator>> MakeProject(const OperatorContext& context, std::string stage, InputEdge input,
                                              const sql::plan::Project& project) {
  FLOE_TRY(auto evaluator, Evaluator::Make(context.expressions, project.expressions, input.types));
  return std::unique_ptr<Operator>(
      new ProjectOperator(context, std::move(stage), std::move(input), std::move(evaluator)));
}

Result<std::unique_ptr<Operator>> MakeFilter(const OperatorContext& context, std::string stage, InputEdge input,
                                             const sql::plan::Filter& filter) {
  FLOE_TRY(auto evaluator, Evaluator::Make(context.expressions, {filter.condition}, input.types));
  if (evaluator->types()[0].id() != duckdb::LogicalTypeId::BOOLEAN) {
    return Fail(ErrorKind::kInternal, "a filter condition that is not BOOLEAN");
  }
  return std::unique_ptr<Operator>(
      new FilterOperator(context, std::move(stage), std::move(input), std::move(evaluator)));
}

Result<std::unique_ptr<Operator>> MakeWindowAssign(const OperatorContext& context, std::string stage, InputEdge input,
                                                   const sql::plan::WindowAssign& assign, DuckTypes output) {
  FLOE_TRY(WindowMath windows, WindowMath::Make(assign.window));
  if (assign.window.proctime) {
    return Fail(ErrorKind::kNotSupported,
                "a window table function over processing time without aggregation; use an event-time column");
  }
  return std::unique_ptr<Operator>(new WindowAssignOperator(context, std::move(stage), std::move(input), windows,
                                                            assign.window.time_column, std::move(output)));
}

std::unique_ptr<Operator> MakeUnion() {
  return std::make_unique<UnionOperator>();
}

std::unique_ptr<Operator> MakeLimit(std::int64_t offset, std::optional<std::int64_t> limit) {
  return std::make_unique<LimitOperator>(offset, limit);
}

}  // namespace floe::stream
