// SPDX-License-Identifier: Apache-2.0
// Encoding of primitive types.
#include "kafka/protocol/writer.h"

#include <cstring>

namespace floe::kafka {
namespace {

/// Below this a copy is cheaper than one more piece in the gather list.
constexpr std::size_t kCopyBelow = 512;

template <typename T>
void AppendBigEndian(std::string& out, T value) {
  char bytes[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<char>(value >> (8 * (sizeof(T) - 1 - i)));
  out.append(bytes, sizeof(T));
}

}  // namespace

std::size_t Encoded::size() const {
  std::size_t size = head.size();
  for (const auto& slice : slices) size += slice.size();
  return size;
}

std::string Encoded::Flatten() const {
  std::string all;
  all.reserve(size());
  ForEachPart([&all](std::span<const std::byte> bytes, const StoredRecords* stored) {
    if (stored == nullptr) {
      all.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      return;
    }
    const std::size_t begin = all.size();
    all.resize(begin + stored->size());
    const Status read = stored->Read(0, std::as_writable_bytes(std::span(all).subspan(begin)));
    FLOE_CHECK(read.has_value());
  });
  return all;
}

void Writer::Int16(std::int16_t value) {
  AppendBigEndian(out_.head, static_cast<std::uint16_t>(value));
}
void Writer::Int32(std::int32_t value) {
  AppendBigEndian(out_.head, static_cast<std::uint32_t>(value));
}
void Writer::Int64(std::int64_t value) {
  AppendBigEndian(out_.head, static_cast<std::uint64_t>(value));
}

void Writer::UnsignedVarint(std::uint32_t value) {
  while (value >= 0x80) {
    out_.head.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out_.head.push_back(static_cast<char>(value));
}

void Writer::Uuid(const kafka::Uuid& value) {
  out_.head.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
}

void Writer::Length(std::int64_t length, bool flexible, bool wide) {
  if (flexible) {
    UnsignedVarint(static_cast<std::uint32_t>(length + 1));
  } else if (wide) {
    Int32(static_cast<std::int32_t>(length));
  } else {
    Int16(static_cast<std::int16_t>(length));
  }
}

void Writer::String(std::string_view value, bool flexible) {
  // The old form has 15 bits; only our own messages could be longer, and a cut text is better than a broken frame.
  if (!flexible && value.size() > 0x7fff) value = value.substr(0, 0x7fff);
  Length(static_cast<std::int64_t>(value.size()), flexible, false);
  out_.head.append(value);
}

void Writer::NullableString(const std::optional<std::string>& value, bool flexible) {
  if (value) {
    String(*value, flexible);
  } else {
    Length(-1, flexible, false);
  }
}

void Writer::Bytes(std::string_view value, bool flexible) {
  Length(static_cast<std::int64_t>(value.size()), flexible, true);
  out_.head.append(value);
}

void Writer::NullableBytes(const std::optional<std::string>& value, bool flexible) {
  if (value) {
    Bytes(*value, flexible);
  } else {
    Length(-1, flexible, true);
  }
}

void Writer::Records(const kafka::Records& value, bool flexible) {
  if (value.null) {
    Length(-1, flexible, true);
    return;
  }
  Length(static_cast<std::int64_t>(value.size()), flexible, true);
  if (value.stored) {
    out_.slices.push_back({out_.head.size(), {}, nullptr, value.stored});
  } else if (value.owner == nullptr || value.bytes.size() < kCopyBelow) {
    out_.head.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
  } else {
    out_.slices.push_back({out_.head.size(), value.bytes, value.owner, nullptr});
  }
}

void Writer::ArrayLength(std::int64_t count, bool flexible) {
  Length(count, flexible, true);
}

void Writer::Tag(std::uint32_t tag, const Writer& value) {
  UnsignedVarint(tag);
  UnsignedVarint(static_cast<std::uint32_t>(value.out_.head.size()));
  out_.head.append(value.out_.head);
}

void Writer::PatchInt32(std::size_t position, std::int32_t value) {
  std::string bytes;
  AppendBigEndian(bytes, static_cast<std::uint32_t>(value));
  std::memcpy(out_.head.data() + position, bytes.data(), bytes.size());
}

}  // namespace floe::kafka
