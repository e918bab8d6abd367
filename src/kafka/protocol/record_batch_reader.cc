// SPDX-License-Identifier: Apache-2.0
// Decoding of records: varints, null keys and values, headers.
#include "kafka/protocol/record_batch_reader.h"

#include <limits>

#include "kafka/protocol/record_batch_internal.h"

namespace floe::kafka {
namespace {

/// A zigzag varint of at most `kMaxBytes`; false when it is cut off or too long. The one-byte form is the common one.
template <typename T, int kMaxBytes>
inline bool Varint(const char*& p, const char* end, T& value) {
  using U = std::make_unsigned_t<T>;
  if (p == end) return false;
  auto byte = static_cast<std::uint8_t>(*p++);
  U raw = byte & 0x7f;
  if (byte >= 0x80) [[unlikely]] {
    int i = 1;
    do {
      if (p == end || i == kMaxBytes) return false;
      byte = static_cast<std::uint8_t>(*p++);
      raw |= static_cast<U>(byte & 0x7f) << (7 * i++);
    } while (byte >= 0x80);
  }
  value = static_cast<T>((raw >> 1) ^ (U{0} - (raw & 1)));
  return true;
}

inline bool Varint32(const char*& p, const char* end, std::int32_t& value) {
  return Varint<std::int32_t, 5>(p, end, value);
}
inline bool Varint64(const char*& p, const char* end, std::int64_t& value) {
  return Varint<std::int64_t, 10>(p, end, value);
}

/// A length and that many bytes; length -1 is null.
inline bool Field(const char*& p, const char* end, std::optional<std::string_view>& field) {
  std::int32_t length;
  if (!Varint32(p, end, length)) return false;
  if (length < 0) {
    field.reset();
    return length == -1;
  }
  if (length > end - p) return false;
  field.emplace(p, static_cast<std::size_t>(length));
  p += length;
  return true;
}

bool Header(const char*& p, const char* end, HeaderView& header) {
  std::optional<std::string_view> key;
  if (!Field(p, end, key) || !key) return false;
  header.key = *key;
  return Field(p, end, header.value);
}

}  // namespace

std::vector<HeaderView> RecordView::Headers() const {
  std::vector<HeaderView> headers;
  headers.reserve(static_cast<std::size_t>(header_count));
  const char* p = header_bytes.data();
  const char* end = p + header_bytes.size();
  HeaderView header;
  while (p != end && Header(p, end, header)) headers.push_back(header);
  return headers;
}

Status RecordReader::Open(std::span<const std::byte> batch) {
  FLOE_TRY_VOID(CheckBatch(batch));
  return OpenChecked(batch);
}

Status RecordReader::OpenChecked(std::span<const std::byte> batch) {
  left_ = 0;
  at_ = end_ = nullptr;
  status_ = {};
  FLOE_TRY(header_, ParseBatchHeader(batch));
  if (header_.size_bytes() > batch.size()) return Fail(ErrorKind::kCorruption, "record batch is cut off");
  std::span<const std::byte> records = RecordBytes(header_, batch);
  if (header_.compression() != Compression::kNone) {
    FLOE_TRY_VOID(Decompress(header_.compression(), records, max_decompressed_, buffer_));
    records = std::as_bytes(std::span(buffer_));
  }
  at_ = reinterpret_cast<const char*>(records.data());
  end_ = at_ + records.size();
  left_ = header_.record_count;
  next_delta_ = 0;
  return {};
}

bool RecordReader::Damaged(const char* why) {
  left_ = 0;
  status_ = Fail(ErrorKind::kCorruption, "record batch at offset " + std::to_string(header_.base_offset.value()) +
                                             " holds a damaged record: " + why);
  return false;
}

bool RecordReader::Next(RecordView& record) {
  if (left_ == 0) {
    if (at_ != end_ && status_) return Damaged("bytes are left after the last record");
    return false;
  }
  std::int32_t length;
  if (!Varint32(at_, end_, length) || length < 0 || length > end_ - at_) return Damaged("its length");
  const char* p = at_;
  const char* end = at_ + length;
  std::int64_t timestamp_delta;
  std::int32_t offset_delta;
  if (p == end) return Damaged("it is empty");
  ++p;  // attributes, unused in format 2
  if (!Varint64(p, end, timestamp_delta)) return Damaged("its timestamp");
  // Compaction leaves gaps, so offsets grow but need not be dense.
  if (!Varint32(p, end, offset_delta) || offset_delta < next_delta_ || offset_delta > header_.last_offset_delta)
    return Damaged("its offset");
  if (!Field(p, end, record.key)) return Damaged("its key");
  if (!Field(p, end, record.value)) return Damaged("its value");
  std::int32_t header_count;
  if (!Varint32(p, end, header_count) || header_count < 0) return Damaged("its header count");
  record.header_bytes = {p, static_cast<std::size_t>(end - p)};
  HeaderView header;
  for (std::int32_t i = 0; i < header_count; ++i)
    if (!Header(p, end, header)) return Damaged("a header");
  if (p != end) return Damaged("bytes are left in it");

  record.header_count = header_count;
  record.offset = header_.base_offset + offset_delta;
  // Unsigned: a client may send deltas that overflow.
  record.timestamp =
      header_.log_append_time()
          ? header_.max_timestamp
          : TimestampMs(static_cast<std::int64_t>(static_cast<std::uint64_t>(header_.base_timestamp.value()) +
                                                  static_cast<std::uint64_t>(timestamp_delta)));
  next_delta_ = offset_delta + (offset_delta < std::numeric_limits<std::int32_t>::max() ? 1 : 0);
  at_ = end;
  --left_;
  return true;
}

Result<std::optional<std::span<const std::byte>>> NextBatch(std::span<const std::byte>& bytes) {
  if (bytes.size() < kBatchHeaderSize) return std::nullopt;
  FLOE_TRY(BatchHeader header, ParseBatchHeader(bytes));
  if (header.size_bytes() > bytes.size()) return std::nullopt;
  auto batch = bytes.first(header.size_bytes());
  bytes = bytes.subspan(header.size_bytes());
  return batch;
}

}  // namespace floe::kafka
