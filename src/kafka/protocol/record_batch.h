// SPDX-License-Identifier: Apache-2.0
// Kafka's record batch, version 2: its header, the checks on it, and the patches a broker may make without touching the
// records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/ids.h"
#include "base/result.h"
#include "kafka/protocol/compression.h"

namespace floe::kafka {

/// Bytes before the records. All integers are big-endian; layout in docs/format/log-segment.md.
constexpr std::size_t kBatchHeaderSize = 61;
/// Base offset and length: the part of a batch that its length field does not count.
constexpr std::size_t kBatchPrefixSize = 12;
constexpr std::size_t kMinBatchLength = kBatchHeaderSize - kBatchPrefixSize;

/// The decoded header. Plain values as they stand on the wire.
struct BatchHeader {
  Offset base_offset;
  std::int32_t length = 0;  ///< of everything after this field
  LeaderEpoch leader_epoch;
  std::uint32_t crc = 0;  ///< CRC-32C from attributes to the end
  std::int16_t attributes = 0;
  std::int32_t last_offset_delta = 0;
  TimestampMs base_timestamp;
  TimestampMs max_timestamp;
  ProducerId producer_id{-1};
  ProducerEpoch producer_epoch{-1};
  std::int32_t base_sequence = -1;
  std::int32_t record_count = 0;

  std::size_t size_bytes() const { return kBatchPrefixSize + static_cast<std::size_t>(length); }
  Offset last_offset() const { return base_offset + last_offset_delta; }
  Compression compression() const { return static_cast<Compression>(attributes & 0x07); }
  bool log_append_time() const { return (attributes & 0x08) != 0; }
  bool transactional() const { return (attributes & 0x10) != 0; }
  bool control() const { return (attributes & 0x20) != 0; }
  bool has_delete_horizon() const { return (attributes & 0x40) != 0; }
  bool has_producer() const { return producer_id.value() >= 0; }
  /// Sequence numbers run from 0 to 2^31-1 and then start at 0 again.
  std::int32_t last_sequence() const { return NextSequence(base_sequence, last_offset_delta); }
  static std::int32_t NextSequence(std::int32_t sequence, std::int32_t by) {
    return static_cast<std::int32_t>((static_cast<std::int64_t>(sequence) + by) & 0x7fffffff);
  }
};

/// Decodes the header at the front of `bytes`, which may hold less than the whole batch, and checks what can be checked
/// without the records: lengths, magic, codec, counts. kCorruption; kNotSupported for the message formats 0 and 1.
Result<BatchHeader> ParseBatchHeader(std::span<const std::byte> bytes);

/// ParseBatchHeader, and that the whole batch is there and its CRC is right. kCorruption.
Result<BatchHeader> CheckBatch(std::span<const std::byte> bytes);

/// Writes what the broker assigns. Base offset and leader epoch lie outside the CRC, so the records are not touched.
void PatchBatch(std::span<std::byte> batch, Offset base_offset, LeaderEpoch epoch);

/// Sets the timestamp type to LogAppendTime, with `now` as the time of all records. Recomputes the CRC.
void PatchLogAppendTime(std::span<std::byte> batch, TimestampMs now);

/// The records after the header, as stored.
inline std::span<const std::byte> RecordBytes(const BatchHeader& header, std::span<const std::byte> batch) {
  return batch.subspan(kBatchHeaderSize, header.size_bytes() - kBatchHeaderSize);
}

}  // namespace floe::kafka
