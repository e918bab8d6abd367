// SPDX-License-Identifier: Apache-2.0
// Decoding, checking and patching of batch headers.
#include "kafka/protocol/record_batch.h"

#include <string>

#include "base/crc32c.h"
#include "kafka/protocol/record_batch_internal.h"

namespace floe::kafka {
namespace {

std::unexpected<Error> Damaged(std::string why) {
  return Fail(ErrorKind::kCorruption, "record batch is damaged: " + std::move(why));
}

std::uint32_t ComputeCrc(std::span<const std::byte> batch) {
  return Crc32c(batch.subspan(detail::kAttributes));
}

}  // namespace

Result<BatchHeader> ParseBatchHeader(std::span<const std::byte> bytes) {
  if (bytes.size() < kBatchHeaderSize) {
    return Damaged("only " + std::to_string(bytes.size()) + " bytes are left, a header has " +
                   std::to_string(kBatchHeaderSize));
  }
  const std::byte* p = bytes.data();
  auto magic = detail::Load<std::int8_t>(p, detail::kMagic);
  if (magic == 0 || magic == 1) {
    return Fail(ErrorKind::kNotSupported,
                "message format " + std::to_string(magic) +
                    " is not supported; use a client that writes format 2 (Kafka 0.11 or newer)");
  }
  if (magic != 2) return Damaged("unknown magic " + std::to_string(magic));
  BatchHeader header;
  header.base_offset = Offset(detail::Load<std::int64_t>(p, detail::kBaseOffset));
  header.length = detail::Load<std::int32_t>(p, detail::kLength);
  header.leader_epoch = LeaderEpoch(detail::Load<std::int32_t>(p, detail::kLeaderEpoch));
  header.crc = detail::Load<std::uint32_t>(p, detail::kCrc);
  header.attributes = detail::Load<std::int16_t>(p, detail::kAttributes);
  header.last_offset_delta = detail::Load<std::int32_t>(p, detail::kLastOffsetDelta);
  header.base_timestamp = TimestampMs(detail::Load<std::int64_t>(p, detail::kBaseTimestamp));
  header.max_timestamp = TimestampMs(detail::Load<std::int64_t>(p, detail::kMaxTimestamp));
  header.producer_id = ProducerId(detail::Load<std::int64_t>(p, detail::kProducerId));
  header.producer_epoch = ProducerEpoch(detail::Load<std::int16_t>(p, detail::kProducerEpoch));
  header.base_sequence = detail::Load<std::int32_t>(p, detail::kBaseSequence);
  header.record_count = detail::Load<std::int32_t>(p, detail::kRecordCount);

  if (header.length < static_cast<std::int32_t>(kMinBatchLength))
    return Damaged("length " + std::to_string(header.length));
  if (header.last_offset_delta < 0) return Damaged("last offset delta " + std::to_string(header.last_offset_delta));
  if (header.record_count < 0) return Damaged("record count " + std::to_string(header.record_count));
  if ((header.attributes & 0x07) > static_cast<int>(Compression::kZstd))
    return Damaged("unknown compression codec " + std::to_string(header.attributes & 0x07));
  return header;
}

Result<BatchHeader> CheckBatch(std::span<const std::byte> bytes) {
  FLOE_TRY(BatchHeader header, ParseBatchHeader(bytes));
  if (header.size_bytes() > bytes.size()) {
    return Damaged("it says it has " + std::to_string(header.size_bytes()) + " bytes, " + std::to_string(bytes.size()) +
                   " are there");
  }
  std::uint32_t crc = ComputeCrc(bytes.first(header.size_bytes()));
  if (crc != header.crc)
    return Damaged("checksum is " + std::to_string(crc) + ", header says " + std::to_string(header.crc));
  return header;
}

void PatchBatch(std::span<std::byte> batch, Offset base_offset, LeaderEpoch epoch) {
  FLOE_DCHECK(batch.size() >= kBatchHeaderSize);
  detail::Save(batch.data(), detail::kBaseOffset, base_offset.value());
  detail::Save(batch.data(), detail::kLeaderEpoch, epoch.value());
}

void PatchLogAppendTime(std::span<std::byte> batch, TimestampMs now) {
  FLOE_DCHECK(batch.size() >= kBatchHeaderSize);
  auto attributes = detail::Load<std::int16_t>(batch.data(), detail::kAttributes);
  detail::Save(batch.data(), detail::kAttributes, static_cast<std::int16_t>(attributes | 0x08));
  detail::Save(batch.data(), detail::kMaxTimestamp, now.value());
  auto length = static_cast<std::size_t>(detail::Load<std::int32_t>(batch.data(), detail::kLength));
  detail::Save(batch.data(), detail::kCrc, ComputeCrc(batch.first(kBatchPrefixSize + length)));
}

}  // namespace floe::kafka
