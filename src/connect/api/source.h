// SPDX-License-Identifier: Apache-2.0
// What reads rows into a job or a query.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "connect/api/table.h"
#include "data/batch.h"

namespace floe::connect {

/// A record that could not become a row, with everything needed to send it again.
struct BadRecord {
  std::string topic;            ///< or file, or connector name
  std::int32_t partition = -1;  ///< -1 where there is none
  std::int64_t offset = -1;     ///< record offset, line or row number; -1 where there is none
  std::int64_t timestamp_ms = -1;
  std::optional<std::string> key;
  std::optional<std::string> value;  ///< original bytes
  std::string error_class;           ///< "JsonParseError", "MissingField", "TypeMismatch", "CastError"
  std::string message;
  std::string stage;  ///< "decode", "project", "filter", "sink"
};

/// Decides what becomes of bad records (dead letter, fail the job, skip and count). Same thread as the reader's.
class BadRecordHandler {
 public:
  virtual ~BadRecordHandler() = default;
  /// An error ends the job.
  virtual Status OnBadRecord(BadRecord record) = 0;
};

/// What a scan hands out, in this order: the chosen physical columns, then the chosen metadata columns.
struct ScanRequest {
  TableDefinition table;
  std::vector<int> columns;                 ///< indexes into table.physical; only these are decoded
  std::vector<int> metadata;                ///< indexes into table.metadata
  bool bounded = false;                     ///< stop at what was there when the reader opened (batch queries)
  std::optional<std::string> state;         ///< of SourceReader::Snapshot, when restored
  BadRecordHandler* bad_records = nullptr;  ///< outlives the reader; never null
  std::string default_group_id;             ///< used where the table names none
};

enum class PollStatus : std::uint8_t {
  kRows,        ///< `out` holds rows of one split
  kIdle,        ///< nothing now; the wakeup will be called when that changes
  kEndOfInput,  ///< bounded input is exhausted; nothing will ever come
};

struct PollResult {
  PollStatus status = PollStatus::kIdle;
  std::int32_t split = 0;  ///< which split the rows are from: 0, 1, ... in the order of SplitNames()
  std::int64_t records_read =
      0;  ///< rows + bad + skipped since the last Poll: the "in" of in = out + filtered + late + dead-lettered
  std::int64_t records_skipped = 0;  ///< asked for by an option (ignore-parse-errors, tombstones)
  std::int64_t bytes_read = 0;
};

/// Owned and called by one task thread; Poll never waits for a socket or for data. Rows of one split come in order.
class SourceReader {
 public:
  virtual ~SourceReader() = default;
  /// Puts up to STANDARD_VECTOR_SIZE rows into `out` (types as the request says; out.rows is initialized by the caller
  /// and reset here). Kinds stay empty for append-only sources.
  virtual Result<PollResult> Poll(data::Batch& out) = 0;
  /// Position after the last row handed out; opaque, at most a few KB, given back as ScanRequest::state.
  virtual Result<std::string> Snapshot() = 0;
  /// Called from any thread when Poll may have something; set once before the first Poll, must be cheap and not throw.
  virtual void SetWakeup(std::function<void()> wakeup) = 0;
  /// Names of the splits known so far ("weather-0"); may grow.
  virtual std::vector<std::string> SplitNames() const = 0;
  /// After the checkpoint that holds Snapshot()'s value is durable: commit group offsets and the like. Best effort.
  virtual Status OnCheckpointCommitted(const std::string& snapshot) = 0;
  /// How long Poll may stay away though nothing woke the job: for readers that look for new splits. nullopt: for ever.
  virtual std::optional<std::chrono::milliseconds> PollEvery() const { return std::nullopt; }
  /// Records behind the end of the input, for lag metrics; nullopt when unknown.
  virtual std::optional<std::int64_t> Lag() const { return std::nullopt; }
};

}  // namespace floe::connect
