// SPDX-License-Identifier: Apache-2.0
// Parquet files with field ids: small ones encoded at once, others by DuckDB's writer directly, without SQL text and
// without a query per file.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <duckdb/common/types/data_chunk.hpp>
#include <duckdb/common/types/value.hpp>

#include "base/result.h"
#include "io/file_system.h"

namespace duckdb {
class Connection;
}

namespace floe::duck {

class Instance;

/// A column with the field ids of its nested parts: STRUCT has one child per field, LIST one, MAP key and value.
struct ParquetColumn {
  std::string name;
  duckdb::LogicalType type;
  std::int32_t field_id = 0;
  std::vector<ParquetColumn> children;
};

struct ParquetWriterOptions {
  std::string codec = "zstd";  ///< uncompressed, snappy, gzip, zstd, lz4_raw, brotli
  std::optional<int> level = 1;
  std::uint64_t row_group_rows = 122880;
  std::uint64_t row_group_bytes = 0;  ///< 0: only rows count
  bool sync_later = false;            ///< Finish begins the sync, and gives the file to the caller to sync it
};

/// What the file says about one leaf column. Minimum and maximum are of the column's type, without NaN; strings may be
/// cut.
struct ParquetColumnStats {
  std::int32_t field_id = 0;
  std::int64_t size = 0;
  std::int64_t values = 0;
  std::int64_t nulls = 0;
  std::optional<std::int64_t> nans;  ///< floating point only; absent where not counted
  duckdb::Value min;
  duckdb::Value max;
};

struct ParquetFileStats {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::vector<ParquetColumnStats> columns;
  std::optional<std::uint32_t> crc32c;     ///< of the whole file, where its bytes were at hand
  std::unique_ptr<io::WritableFile> file;  ///< with sync_later: not durable before it is synced
};

class ParquetWriter;

/// The format of many files: made once per table schema, keeps a connection. One thread at a time for itself and its
/// writers; outlives them.
class ParquetFormat {
 public:
  /// kInvalidInput for unknown codecs and types Parquet cannot hold. `files` is the machine's own file system, or
  /// stands before it: large files are written by DuckDB, beside it.
  static Result<std::unique_ptr<ParquetFormat>> Make(Instance& instance, io::FileSystem& files,
                                                     std::vector<ParquetColumn> columns, ParquetWriterOptions options);
  virtual ~ParquetFormat() = default;
  virtual const std::vector<ParquetColumn>& columns() const = 0;
  /// Creates or truncates the file, now or when it is finished. kIo, kDiskFull.
  virtual Result<std::unique_ptr<ParquetWriter>> Open(const std::string& path) = 0;
};

/// One file being written. Destroying it before Finish may leave a broken file behind, which the caller removes.
class ParquetWriter {
 public:
  virtual ~ParquetWriter() = default;
  /// The chunk has the format's types exactly; its vectors may be of any kind and are not changed.
  virtual Status Write(duckdb::DataChunk& chunk) = 0;
  virtual std::int64_t rows() const = 0;
  /// Bytes already in the file, row groups in memory not counted.
  virtual bool LargerThan(std::uint64_t bytes) = 0;
  /// Writes the footer, syncs (but for sync_later) and closes; the folder is the caller's to sync. Nothing may be
  /// written afterwards.
  virtual Result<ParquetFileStats> Finish() = 0;
};

}  // namespace floe::duck
