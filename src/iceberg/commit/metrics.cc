// SPDX-License-Identifier: Apache-2.0
#include "iceberg/commit/metrics.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>

#include "iceberg/metadata/duckdb_type.h"

namespace floe::iceberg {
namespace {

struct Mode {
  bool counts = true;
  std::size_t bound_length = 16;  ///< 0: no bounds
};

/// DuckDB cuts the strings of its statistics near 256 bytes; what is that long is treated as cut.
constexpr std::size_t kCutText = 200;
constexpr std::size_t kWhole = 128;

Mode ParseMode(std::string_view text) {
  if (text == "none") return {false, 0};
  if (text == "counts") return {true, 0};
  if (text == "full") return {true, std::numeric_limits<std::size_t>::max()};
  Mode mode;
  if (text.starts_with("truncate(")) std::from_chars(text.data() + 9, text.data() + text.size(), mode.bound_length);
  return mode;
}

struct LeafColumn {
  const Field* field;
  bool repeated;
  Mode mode;
};

void CollectLeaves(const std::vector<Field>& fields, const std::string& prefix, bool repeated,
                   const TableMetadata& table, int& seen, std::map<std::int32_t, LeafColumn>& out) {
  for (const Field& field : fields) {
    std::string name = prefix.empty() ? field.name : prefix + "." + field.name;
    if (!field.type.fields.empty()) {
      bool below = repeated || field.type.id == TypeId::kList || field.type.id == TypeId::kMap;
      CollectLeaves(field.type.fields, name, below, table, seen, out);
      continue;
    }
    auto limit = table.NumberProperty("write.metadata.metrics.max-inferred-column-defaults", 100);
    std::string fallback = table.Property("write.metadata.metrics.default", ++seen > limit ? "none" : "truncate(16)");
    out[field.id] = {&field, repeated, ParseMode(table.Property("write.metadata.metrics.column." + name, fallback))};
  }
}

bool UsableBound(const Literal& value) {
  if (IsNull(value)) return false;
  const auto* number = std::get_if<double>(&value);
  return number == nullptr || !std::isnan(*number);
}

std::size_t BoundLength(const Mode& mode, const Literal& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text != nullptr && text->size() >= kCutText) return std::min(mode.bound_length, kWhole);
  return mode.bound_length;
}

/// A lower bound of 0.0 may stand for -0.0, and the other way round (spec: -0.0 is below +0.0).
Literal WidenZero(Literal value, bool lower) {
  if (auto* number = std::get_if<double>(&value); number != nullptr && *number == 0) *number = lower ? -0.0 : 0.0;
  return value;
}

}  // namespace

void FillMetrics(const duck::ParquetFileStats& stats, const Schema& schema, const TableMetadata& table,
                 DataFile& file) {
  file.record_count = stats.rows;
  file.file_size = stats.bytes;
  std::map<std::int32_t, LeafColumn> leaves;
  int seen = 0;
  CollectLeaves(schema.fields, "", false, table, seen, leaves);
  std::map<std::int32_t, const duck::ParquetColumnStats*> by_id;
  for (const auto& column : stats.columns) by_id[column.field_id] = &column;
  for (const auto& [id, leaf] : leaves) {
    auto found = by_id.find(id);
    if (found == by_id.end() || !leaf.mode.counts) continue;
    const duck::ParquetColumnStats& column = *found->second;
    file.column_sizes.emplace_back(id, column.size);
    file.value_counts.emplace_back(id, column.values);
    file.null_counts.emplace_back(id, column.nulls);
    bool floating = leaf.field->type.id == TypeId::kFloat || leaf.field->type.id == TypeId::kDouble;
    if (floating && column.nans) file.nan_counts.emplace_back(id, *column.nans);
    if (leaf.repeated || leaf.mode.bound_length == 0) continue;
    const Type& type = leaf.field->type;
    Literal lower = WidenZero(LiteralFromDuckDB(column.min, type), true);
    Literal upper = WidenZero(LiteralFromDuckDB(column.max, type), false);
    if (UsableBound(lower)) {
      file.lower_bounds.emplace_back(
          id, ToSingleValueBytes(TruncateLower(lower, type, BoundLength(leaf.mode, lower)), type));
    }
    if (UsableBound(upper)) {
      auto cut = TruncateUpper(upper, type, BoundLength(leaf.mode, upper));
      if (cut) file.upper_bounds.emplace_back(id, ToSingleValueBytes(*cut, type));
    }
  }
}

}  // namespace floe::iceberg
