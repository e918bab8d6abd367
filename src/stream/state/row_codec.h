// SPDX-License-Identifier: Apache-2.0
// Rows as bytes that are equal exactly when the rows are: keys of hash tables, members of bags, rows in checkpoints.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <duckdb/common/types/data_chunk.hpp>

#include "base/result.h"

namespace floe::stream {

/// Encodes some columns of chunks. NULL equals NULL; -0.0 equals 0.0 and every NaN equals every other (as in GROUP BY).
/// Fixed-width values are a null byte and their bytes, strings a null byte, length and bytes, nested values DuckDB's
/// sort key with its length.
class RowCodec {
 public:
  explicit RowCodec(duckdb::vector<duckdb::LogicalType> types);

  const duckdb::vector<duckdb::LogicalType>& types() const { return types_; }

  /// Encodes rows [0, count) of the vectors (one per type); views are valid until the next call. Inside a Guard.
  const std::vector<std::string_view>& Encode(const std::vector<duckdb::Vector*>& columns, duckdb::idx_t count);
  /// Writes a row into row `row` of the flat vectors. kCorruption on bytes that Encode did not make.
  Status Decode(std::string_view bytes, const std::vector<duckdb::Vector*>& columns, duckdb::idx_t row) const;

 private:
  void Measure(duckdb::Vector& column, std::size_t index, duckdb::idx_t count);
  void Write(std::size_t index, duckdb::idx_t count);

  duckdb::vector<duckdb::LogicalType> types_;
  std::vector<duckdb::UnifiedVectorFormat> formats_;
  std::vector<std::unique_ptr<duckdb::Vector>> sort_keys_;
  std::vector<std::uint32_t> sizes_;
  std::vector<char*> cursors_;
  std::vector<char> bytes_;
  std::vector<std::string_view> views_;
};

}  // namespace floe::stream
