// SPDX-License-Identifier: Apache-2.0
// The one columnar batch of the house: a DuckDB chunk and, where rows may be taken back, a row kind per row.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <duckdb/common/types/data_chunk.hpp>

namespace floe::data {

/// Flink's row kinds. The sign is the row's weight: +1 for +I and +U, -1 for -U and -D; a multiplicity is a repetition.
/// An update is -U immediately followed by +U in the same batch.
enum class RowKind : std::int8_t { kInsert = 0, kUpdateBefore = 1, kUpdateAfter = 2, kDelete = 3 };

constexpr int Weight(RowKind kind) {
  return kind == RowKind::kInsert || kind == RowKind::kUpdateAfter ? 1 : -1;
}
/// "+I", "-U", "+U", "-D".
std::string_view ToString(RowKind kind);

/// Up to STANDARD_VECTOR_SIZE (2048) rows. Owned by one thread at a time; stays where it is (a DataChunk neither
/// copies nor moves), so it travels by pointer. Vectors may be of any DuckDB vector type (constant, dictionary, flat);
/// an operator that needs flat data flattens.
struct Batch {
  duckdb::DataChunk rows;
  /// Empty means every row is an insert (append-only edges pay nothing); otherwise one entry per row.
  std::vector<RowKind> kinds;

  duckdb::idx_t size() const { return rows.size(); }
  bool append_only() const { return kinds.empty(); }
  RowKind kind(duckdb::idx_t row) const { return kinds.empty() ? RowKind::kInsert : kinds[row]; }
};

}  // namespace floe::data
