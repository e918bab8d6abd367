// SPDX-License-Identifier: Apache-2.0
// Iteration over the records of a batch, without copies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/protocol/record_batch.h"

namespace floe::kafka {

struct HeaderView {
  std::string_view key;
  std::optional<std::string_view> value;
};

/// One record. The views point into the batch (or, for a compressed batch, into the reader's buffer).
struct RecordView {
  Offset offset;
  TimestampMs timestamp;
  std::optional<std::string_view> key;
  std::optional<std::string_view> value;
  std::int32_t header_count = 0;
  std::string_view header_bytes;  ///< checked by the reader; Headers() decodes them

  std::vector<HeaderView> Headers() const;
};

/// Reads one batch after the other; keeps its decompression buffer. One thread at a time.
///
///   RecordReader reader;
///   FLOE_TRY_VOID(reader.Open(batch));
///   RecordView record;
///   while (reader.Next(record)) { … }
///   FLOE_TRY_VOID(reader.status());
///
/// Never reads outside the bytes given, whatever they hold.
class RecordReader {
 public:
  explicit RecordReader(std::size_t max_decompressed = kMaxDecompressedBytes) : max_decompressed_(max_decompressed) {}

  /// Begins the batch at the front of `batch`, which must outlive the iteration, if its CRC is right: what is read from
  /// the log may have been damaged on the disk. kCorruption, kTooLarge, kNotSupported.
  Status Open(std::span<const std::byte> batch);
  /// The same for a batch that went through CheckBatch.
  Status OpenChecked(std::span<const std::byte> batch);
  /// Of the batch that is open.
  const BatchHeader& header() const { return header_; }
  /// False at the end and at the first damaged record; status() tells which.
  bool Next(RecordView& record);
  const Status& status() const { return status_; }

 private:
  bool Damaged(const char* why);

  std::size_t max_decompressed_;
  BatchHeader header_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::int32_t left_ = 0;
  std::int32_t next_delta_ = 0;
  std::string buffer_;
  Status status_;
};

/// The sizes of the batches that `bytes` begins with, one call per batch: {} when no whole batch is left (the end, or
/// the cut-off batch that a fetch answer may end with). Advances `bytes`. kCorruption.
Result<std::optional<std::span<const std::byte>>> NextBatch(std::span<const std::byte>& bytes);

}  // namespace floe::kafka
