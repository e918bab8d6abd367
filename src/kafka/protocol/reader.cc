// SPDX-License-Identifier: Apache-2.0
// Bounds-checked decoding of primitive types.
#include "kafka/protocol/reader.h"

#include <bit>
#include <cstring>
#include <type_traits>

#include <fmt/format.h>

namespace floe::kafka {
namespace {

template <typename T>
T FromBigEndian(const std::byte* bytes) {
  std::make_unsigned_t<T> value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  if constexpr (sizeof(T) == 2) value = __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) value = __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) value = __builtin_bswap64(value);
  return static_cast<T>(value);
}

std::string Text(const std::byte* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

Status Reader::status() const {
  if (ok()) return {};
  return floe::Fail(ErrorKind::kInvalidInput,
                    fmt::format("malformed Kafka message: {} at byte {}", error_, error_position_));
}

void Reader::Fail(const char* what) {
  if (error_ != nullptr) return;
  error_ = what;
  error_position_ = position();
  at_ = end_;
}

std::byte* Reader::Take(std::size_t count) {
  if (count > remaining()) {
    Fail("it ends inside a field");
    return nullptr;
  }
  std::byte* taken = at_;
  at_ += count;
  return taken;
}

template <typename T>
T Reader::BigEndian() {
  const std::byte* bytes = Take(sizeof(T));
  return bytes == nullptr ? T{} : FromBigEndian<T>(bytes);
}

std::int8_t Reader::Int8() {
  return BigEndian<std::int8_t>();
}
std::int16_t Reader::Int16() {
  return BigEndian<std::int16_t>();
}
std::int32_t Reader::Int32() {
  return BigEndian<std::int32_t>();
}
std::int64_t Reader::Int64() {
  return BigEndian<std::int64_t>();
}

std::uint32_t Reader::UnsignedVarint() {
  std::uint32_t value = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    const std::byte* next = Take(1);
    if (next == nullptr) return 0;
    const auto bits = std::to_integer<std::uint32_t>(*next);
    if (shift == 28 && bits > 0x0f) break;
    value |= (bits & 0x7f) << shift;
    if ((bits & 0x80) == 0) return value;
  }
  Fail("a varint is longer than 32 bits");
  return 0;
}

kafka::Uuid Reader::Uuid() {
  kafka::Uuid id;
  if (const std::byte* bytes = Take(id.bytes.size())) std::memcpy(id.bytes.data(), bytes, id.bytes.size());
  return id;
}

std::int64_t Reader::Length(bool flexible, bool wide) {
  std::int64_t length = 0;
  if (flexible) {
    length = static_cast<std::int64_t>(UnsignedVarint()) - 1;
    if (!ok()) return 0;
  } else {
    length = wide ? Int32() : Int16();
  }
  if (length < -1) {
    Fail("a length is negative");
    return 0;
  }
  if (length > static_cast<std::int64_t>(remaining())) {
    Fail("a length is longer than the rest of the message");
    return 0;
  }
  return length;
}

std::string Reader::String(bool flexible) {
  auto text = NullableString(flexible);
  if (!text) Fail("a string that must be there is null");
  return std::move(text).value_or(std::string());
}

std::optional<std::string> Reader::NullableString(bool flexible) {
  const auto length = Length(flexible, false);
  if (length < 0) return std::nullopt;
  const auto* bytes = Take(static_cast<std::size_t>(length));
  if (!ok()) return std::string();
  return Text(bytes, static_cast<std::size_t>(length));
}

std::string Reader::Bytes(bool flexible) {
  auto bytes = NullableBytes(flexible);
  if (!bytes) Fail("a byte string that must be there is null");
  return std::move(bytes).value_or(std::string());
}

std::optional<std::string> Reader::NullableBytes(bool flexible) {
  const auto length = Length(flexible, true);
  if (length < 0) return std::nullopt;
  const auto* bytes = Take(static_cast<std::size_t>(length));
  if (!ok()) return std::string();
  return Text(bytes, static_cast<std::size_t>(length));
}

kafka::Records Reader::Records(bool flexible) {
  const auto length = Length(flexible, true);
  if (length < 0) return {.bytes = {}, .owner = nullptr, .null = true};
  auto* bytes = Take(static_cast<std::size_t>(length));
  if (!ok()) return {};
  return {.bytes = {bytes, static_cast<std::size_t>(length)}, .owner = nullptr, .null = false};
}

std::int32_t Reader::ArrayLength(bool flexible, bool nullable, std::size_t element_size) {
  const std::int64_t count = flexible ? static_cast<std::int64_t>(UnsignedVarint()) - 1 : Int32();
  if (!ok()) return 0;
  if (count < -1 || (count == -1 && !nullable)) {
    Fail(count == -1 ? "an array that must be there is null" : "an array's length is negative");
    return 0;
  }
  if (count > static_cast<std::int64_t>(remaining() / element_size)) {
    Fail("an array is longer than the rest of the message");
    return 0;
  }
  return static_cast<std::int32_t>(count);
}

bool TagReader::Next() {
  if (!reader_.ok()) return false;
  if (tag_ >= 0 && reader_.position() != end_) reader_.Fail("a tagged field is not as long as it says");
  if (left_ == 0 || !reader_.ok()) return false;
  --left_;
  const auto tag = static_cast<std::int64_t>(reader_.UnsignedVarint());
  if (tag <= tag_) reader_.Fail("tagged fields are out of order");
  tag_ = tag;
  size_ = reader_.UnsignedVarint();
  if (size_ > reader_.remaining()) reader_.Fail("a tagged field is longer than the rest of the message");
  end_ = reader_.position() + size_;
  return reader_.ok();
}

}  // namespace floe::kafka
