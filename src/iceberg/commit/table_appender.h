// SPDX-License-Identifier: Apache-2.0
// Rows into a table: batches become Parquet files, files become a commit.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/batch.h"
#include "data/type.h"
#include "duck/instance.h"
#include "iceberg/commit/catalog.h"

namespace floe::iceberg {

struct AppenderOptions {
  std::string job_id;           ///< becomes 'floe.job-id' in the snapshot summary and part of file names; may be empty
  int task = 0;                 ///< of this writer in the job: part of file names
  std::size_t open_files = 64;  ///< partitions written at once; the least recently used is closed when there are more
};

/// One thread at a time. The order of calls for each checkpoint:
///
///   Write* → Flush → (Stage → Apply in the checkpoint's transaction)
///
/// Files that were flushed and not committed stay on disk; Abandon removes them.
class TableAppender {
 public:
  /// Matches `input` to the table's columns by name (case-sensitive, then without case when that is unique). Optional
  /// columns that are missing become null. kInvalidInput: an unknown column, a required one missing, a type that does
  /// not fit.
  static Result<std::unique_ptr<TableAppender>> Open(Catalog& catalog, duck::Instance& instance, const TableName& table,
                                                     const data::Schema& input, AppenderOptions options);
  virtual ~TableAppender() = default;

  /// Append-only: a batch with other row kinds than +I is kNotSupported. A null in a required column is kInvalidInput,
  /// the batch is not written then.
  virtual Status Write(const data::Batch& batch) = 0;
  /// Closes all files; they are the next commit's, and durable when Stage has returned.
  virtual Result<std::vector<DataFile>> Flush() = 0;
  /// Catalog::Stage with 'floe.job-id' and 'floe.checkpoint-id' in the summary. `files` may come from several flushes.
  virtual Result<StagedCommit> Stage(std::vector<DataFile> files, CheckpointId checkpoint) = 0;
  /// Removes data files that will never be committed, and those being written.
  virtual void Abandon(const std::vector<DataFile>& files) = 0;
  /// Rows and bytes not yet flushed (bytes: as they came in, roughly).
  virtual std::int64_t buffered_rows() const = 0;
};

}  // namespace floe::iceberg
