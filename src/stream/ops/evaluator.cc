// SPDX-License-Identifier: Apache-2.0
#include "stream/ops/evaluator.h"

#include <algorithm>

#include <fmt/format.h>

#include "duck/guard.h"

namespace floe::stream {

using duckdb::DataChunk;
using duckdb::idx_t;

Result<std::unique_ptr<Evaluator>> Evaluator::Make(ExpressionContext& context,
                                                   const std::vector<sql::plan::ExpressionPtr>& expressions,
                                                   const DuckTypes& input) {
  std::vector<DuckExpression> compiled;
  for (const auto& expression : expressions) {
    FLOE_TRY(DuckExpression one, CompileExpression(context, *expression, input));
    compiled.push_back(std::move(one));
  }
  return duck::Guard([&] { return std::unique_ptr<Evaluator>(new Evaluator(context, std::move(compiled), input)); });
}

Evaluator::Evaluator(ExpressionContext& context, std::vector<DuckExpression> expressions, const DuckTypes& input)
    : context_(context), expressions_(std::move(expressions)), input_types_(input), executor_(context.client()) {
  for (const auto& expression : expressions_) {
    types_.push_back(expression->return_type);
    refresh_ = refresh_ || NeedsFreshTransaction(*expression);
    executor_.AddExpression(*expression);
  }
  if (!types_.empty()) result_.Initialize(duckdb::Allocator::DefaultAllocator(), types_);
}

Result<DataChunk*> Evaluator::Run(DataChunk& input, std::vector<idx_t>& kept, const BadRowHandler& on_bad) {
  kept.clear();
  if (types_.empty()) {
    result_.SetCardinality(input.size());
    return &result_;
  }
  auto whole = duck::Guard([&] {
    if (refresh_) context_.Refresh();
    result_.Reset();
    executor_.Execute(input, result_);
  });
  if (whole) return &result_;
  // Some row is bad: find it by halving, so that a few bad rows in a batch cost a few more evaluations.
  if (salvaged_.ColumnCount() == 0) {
    partial_.Initialize(duckdb::Allocator::DefaultAllocator(), types_);
    salvaged_.Initialize(duckdb::Allocator::DefaultAllocator(), types_);
  }
  salvaged_.Reset();
  FLOE_TRY_VOID(TryRange(input, 0, input.size(), kept, on_bad));
  return &salvaged_;
}

Status Evaluator::TryRange(DataChunk& input, idx_t begin, idx_t end, std::vector<idx_t>& kept,
                           const BadRowHandler& on_bad) {
  if (begin == end) return {};
  auto tried = duck::Guard([&] {
    DataChunk part;
    part.InitializeEmpty(input_types_);
    duckdb::SelectionVector rows(end - begin);
    for (idx_t i = begin; i < end; ++i) rows.set_index(i - begin, i);
    part.Slice(input, rows, end - begin);
    partial_.Reset();
    executor_.Execute(part, partial_);
    salvaged_.Append(partial_);
  });
  if (tried) {
    for (idx_t i = begin; i < end; ++i) kept.push_back(i);
    return {};
  }
  if (end - begin == 1) return on_bad(input, begin, tried.error());
  const idx_t middle = begin + (end - begin) / 2;
  FLOE_TRY_VOID(TryRange(input, begin, middle, kept, on_bad));
  return TryRange(input, middle, end, kept, on_bad);
}

Result<idx_t> Evaluator::Select(DataChunk& input, duckdb::SelectionVector& selected, idx_t& failed,
                                const BadRowHandler& on_bad) {
  failed = 0;
  idx_t count = 0;
  auto whole = duck::Guard([&] {
    if (refresh_) context_.Refresh();
    count = executor_.SelectExpression(input, selected);
  });
  if (whole) return count;
  std::vector<idx_t> kept;
  FLOE_TRY(DataChunk * result, Run(input, kept, on_bad));
  failed = input.size() - kept.size();
  count = 0;
  for (idx_t i = 0; i < kept.size(); ++i) {
    const duckdb::Value value = result->GetValue(0, i);
    if (!value.IsNull() && value.GetValue<bool>()) selected.set_index(count++, kept[i]);
  }
  return count;
}

namespace {

std::string Quote(const std::string& text) {
  std::string quoted = "\"";
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20) {
      quoted += fmt::format("\\u{:04x}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

bool IsBareJson(const duckdb::Value& value) {
  switch (value.type().id()) {
    case duckdb::LogicalTypeId::BOOLEAN:
    case duckdb::LogicalTypeId::TINYINT:
    case duckdb::LogicalTypeId::SMALLINT:
    case duckdb::LogicalTypeId::INTEGER:
    case duckdb::LogicalTypeId::BIGINT:
    case duckdb::LogicalTypeId::DECIMAL: return true;
    case duckdb::LogicalTypeId::FLOAT: return std::isfinite(value.GetValue<float>());
    case duckdb::LogicalTypeId::DOUBLE: return std::isfinite(value.GetValue<double>());
    default: return false;
  }
}

}  // namespace

std::string RowAsJson(const DataChunk& rows, idx_t row, const std::vector<std::string>& names) {
  auto json = duck::Guard([&] {
    std::string text = "{";
    for (idx_t column = 0; column < rows.ColumnCount(); ++column) {
      if (column > 0) text += ',';
      text += Quote(column < names.size() ? names[column] : fmt::format("column{}", column)) + ":";
      const duckdb::Value value = rows.GetValue(column, row);
      text += value.IsNull() ? "null" : IsBareJson(value) ? value.ToString() : Quote(value.ToString());
    }
    return text + "}";
  });
  return json ? *json : "{}";
}

}  // namespace floe::stream
