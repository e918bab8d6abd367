// SPDX-License-Identifier: Apache-2.0
// Encoding of records and of the batch around them.
#include "kafka/protocol/record_batch_builder.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/crc32c.h"
#include "kafka/protocol/record_batch_internal.h"

namespace floe::kafka {
namespace {

std::uint32_t ZigZag(std::int32_t value) {
  return (static_cast<std::uint32_t>(value) << 1) ^ static_cast<std::uint32_t>(value >> 31);
}
std::uint64_t ZigZag(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

template <typename U>
std::size_t RawVarintSize(U raw) {
  std::size_t size = 1;
  for (; raw >= 0x80; raw >>= 7) ++size;
  return size;
}

template <typename T>
std::size_t VarintSize(T value) {
  return RawVarintSize(ZigZag(value));
}

template <typename T>
char* PutVarint(char* p, T value) {
  auto raw = ZigZag(value);
  for (; raw >= 0x80; raw >>= 7) *p++ = static_cast<char>(raw | 0x80);
  *p++ = static_cast<char>(raw);
  return p;
}

std::int32_t Length(std::string_view text) {
  return static_cast<std::int32_t>(text.size());
}

std::size_t FieldSize(const std::optional<std::string_view>& field) {
  return field ? VarintSize(Length(*field)) + field->size() : 1;
}

char* PutField(char* p, const std::optional<std::string_view>& field) {
  if (!field) return PutVarint(p, std::int32_t{-1});
  p = PutVarint(p, Length(*field));
  if (!field->empty()) std::memcpy(p, field->data(), field->size());
  return p + field->size();
}

constexpr std::size_t kMaxBatchSize = std::numeric_limits<std::int32_t>::max();

}  // namespace

BatchBuilder::BatchBuilder(BatchOptions options) : options_(options) {
  Reset();
}

void BatchBuilder::Reset() {
  records_.resize(kBatchHeaderSize);
  count_ = 0;
}

void BatchBuilder::Reset(BatchOptions options) {
  options_ = options;
  Reset();
}

void BatchBuilder::Append(TimestampMs timestamp, std::optional<std::string_view> key,
                          std::optional<std::string_view> value, std::span<const HeaderView> headers) {
  if (count_ == 0) base_timestamp_ = max_timestamp_ = timestamp;
  max_timestamp_ = std::max(max_timestamp_, timestamp);
  std::int64_t timestamp_delta = static_cast<std::int64_t>(static_cast<std::uint64_t>(timestamp.value()) -
                                                           static_cast<std::uint64_t>(base_timestamp_.value()));
  auto header_count = static_cast<std::int32_t>(headers.size());
  std::size_t body = 1 + VarintSize(timestamp_delta) + VarintSize(count_) + FieldSize(key) + FieldSize(value) +
                     VarintSize(header_count);
  for (const HeaderView& header : headers) body += FieldSize(header.key) + FieldSize(header.value);
  std::size_t start = records_.size();
  std::size_t size = VarintSize(static_cast<std::int32_t>(body)) + body;
  if (start + size > kMaxBatchSize) {
    // Finish refuses it; nothing is written past what lengths can say.
    count_ = -1;
    return;
  }
  if (records_.capacity() < start + size) records_.reserve(std::max(start + size, 2 * start));
  records_.resize_and_overwrite(start + size, [&](char*, std::size_t) { return start + size; });
  char* p = records_.data() + start;
  p = PutVarint(p, static_cast<std::int32_t>(body));
  *p++ = 0;
  p = PutVarint(p, timestamp_delta);
  p = PutVarint(p, count_);
  p = PutField(p, key);
  p = PutField(p, value);
  p = PutVarint(p, header_count);
  for (const HeaderView& header : headers) {
    p = PutField(p, header.key);
    p = PutField(p, header.value);
  }
  FLOE_DCHECK(p == records_.data() + records_.size());
  ++count_;
}

Result<std::span<std::byte>> BatchBuilder::Finish() {
  if (count_ < 0) return Fail(ErrorKind::kTooLarge, "a record batch cannot hold more than 2 GiB; make smaller batches");
  if (count_ == 0) return Fail(ErrorKind::kInvalidInput, "a record batch needs at least one record");
  std::string* batch = &records_;
  if (options_.compression != Compression::kNone) {
    compressed_.resize(kBatchHeaderSize);
    auto records = std::as_bytes(std::span(records_)).subspan(kBatchHeaderSize);
    FLOE_TRY_VOID(Compress(options_.compression, records, compressed_));
    batch = &compressed_;
  }
  if (batch->size() > kMaxBatchSize)
    return Fail(ErrorKind::kTooLarge, "a record batch cannot hold more than 2 GiB; make smaller batches");
  auto attributes = static_cast<std::int16_t>(static_cast<int>(options_.compression) |
                                              (options_.transactional ? 0x10 : 0) | (options_.control ? 0x20 : 0));
  char* p = batch->data();
  detail::Save(p, detail::kBaseOffset, std::int64_t{0});
  detail::Save(p, detail::kLength, static_cast<std::int32_t>(batch->size() - kBatchPrefixSize));
  detail::Save(p, detail::kLeaderEpoch, std::int32_t{0});
  detail::Save(p, detail::kMagic, std::int8_t{2});
  detail::Save(p, detail::kAttributes, attributes);
  detail::Save(p, detail::kLastOffsetDelta, count_ - 1);
  detail::Save(p, detail::kBaseTimestamp, base_timestamp_.value());
  detail::Save(p, detail::kMaxTimestamp, max_timestamp_.value());
  detail::Save(p, detail::kProducerId, options_.producer_id.value());
  detail::Save(p, detail::kProducerEpoch, options_.producer_epoch.value());
  detail::Save(p, detail::kBaseSequence, options_.base_sequence);
  detail::Save(p, detail::kRecordCount, count_);
  std::span<std::byte> bytes = std::as_writable_bytes(std::span(*batch));
  detail::Save(p, detail::kCrc, Crc32c(bytes.subspan(detail::kAttributes)));
  return bytes;
}

}  // namespace floe::kafka
