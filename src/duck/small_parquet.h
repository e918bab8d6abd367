// SPDX-License-Identifier: Apache-2.0
// Parquet files of few rows, encoded at once in memory. A job that commits a dozen times a second writes files of some
// hundred rows, and what DuckDB's writer sets up for each costs twenty times what encoding them does.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "duck/parquet_writer.h"

namespace floe::duck {

/// One thread at a time.
class SmallParquetEncoder {
 public:
  /// Null when a column's type or the codec is for the large writer: nested columns, types Iceberg does not have,
  /// codecs other than zstd, snappy and uncompressed.
  static std::unique_ptr<SmallParquetEncoder> Make(const std::vector<ParquetColumn>& columns,
                                                   const ParquetWriterOptions& options);
  virtual ~SmallParquetEncoder() = default;
  /// Replaces `file` by a whole Parquet file of the rows: one row group, one plain page per column. The chunk's vectors
  /// are flat and hold less than 1 GiB.
  virtual Result<ParquetFileStats> Encode(duckdb::DataChunk& rows, std::string& file) = 0;
};

}  // namespace floe::duck
