// SPDX-License-Identifier: Apache-2.0
// Encoding of index entries.
#include "log/index_entry.h"

namespace floe::log {
namespace {

template <typename T>
void PutBig(std::string& out, T value) {
  for (int shift = static_cast<int>(sizeof(T) * 8) - 8; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift));
}

template <typename T>
T GetBig(const std::byte* bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return static_cast<T>(value);
}

}  // namespace

void Encode(const OffsetEntry& entry, std::string& out) {
  PutBig(out, entry.relative_offset);
  PutBig(out, entry.position);
}

void Encode(const TimeEntry& entry, std::string& out) {
  PutBig(out, entry.timestamp);
  PutBig(out, entry.relative_offset);
}

template <>
OffsetEntry Decode<OffsetEntry>(const std::byte* bytes) {
  return {GetBig<std::uint32_t>(bytes), GetBig<std::uint32_t>(bytes + 4)};
}

template <>
TimeEntry Decode<TimeEntry>(const std::byte* bytes) {
  return {GetBig<std::int64_t>(bytes), GetBig<std::uint32_t>(bytes + 8)};
}

}  // namespace floe::log
