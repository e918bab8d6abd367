// SPDX-License-Identifier: Apache-2.0
// Makes record batches for producers inside the process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kafka/protocol/record_batch.h"
#include "kafka/protocol/record_batch_reader.h"

namespace floe::kafka {

struct BatchOptions {
  Compression compression = Compression::kNone;
  ProducerId producer_id{-1};  ///< -1: not idempotent
  ProducerEpoch producer_epoch{-1};
  std::int32_t base_sequence = -1;
  bool transactional = false;
  bool control = false;
};

/// Collects records into one batch. Memory is kept from batch to batch. One thread at a time.
///
///   BatchBuilder builder({.compression = Compression::kLz4});
///   builder.Append(now, key, value);
///   FLOE_TRY(std::span<std::byte> batch, builder.Finish());
///   FLOE_TRY(AppendResult appended, partition.Append(batch));
///   builder.Reset();
class BatchBuilder {
 public:
  explicit BatchBuilder(BatchOptions options = {});

  /// Copies everything. nullopt is null, which is not the same as empty. A null value is a tombstone on compacted
  /// topics.
  void Append(TimestampMs timestamp, std::optional<std::string_view> key, std::optional<std::string_view> value,
              std::span<const HeaderView> headers = {});
  std::int32_t record_count() const { return count_; }
  bool empty() const { return count_ == 0; }
  /// Size of the batch so far, before compression.
  std::size_t size_bytes() const { return records_.size(); }

  /// The batch with base offset 0 and a correct CRC; valid until the next Append or Reset. Call once per batch.
  /// kInvalidInput when there are no records, kTooLarge above 2 GiB.
  Result<std::span<std::byte>> Finish();
  /// Empty again, for the next batch.
  void Reset();
  /// Empty again, with other options (the next base_sequence, for one).
  void Reset(BatchOptions options);

 private:
  BatchOptions options_;
  std::string records_;     // header space and records, uncompressed
  std::string compressed_;  // header space and the compressed records
  std::int32_t count_ = 0;
  TimestampMs base_timestamp_;
  TimestampMs max_timestamp_;
};

}  // namespace floe::kafka
