// SPDX-License-Identifier: Apache-2.0
// The bytes of index entries: big-endian, as Kafka writes them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "log/segment.h"

namespace floe::log {

template <typename Entry>
constexpr std::size_t kEncodedSize = 0;
template <>
inline constexpr std::size_t kEncodedSize<OffsetEntry> = 8;
template <>
inline constexpr std::size_t kEncodedSize<TimeEntry> = 12;

void Encode(const OffsetEntry& entry, std::string& out);
void Encode(const TimeEntry& entry, std::string& out);

template <typename Entry>
Entry Decode(const std::byte* bytes);
template <>
OffsetEntry Decode<OffsetEntry>(const std::byte* bytes);
template <>
TimeEntry Decode<TimeEntry>(const std::byte* bytes);

/// False when the bytes are not a whole number of entries.
template <typename Entry>
bool DecodeAll(std::string_view bytes, std::vector<Entry>& entries) {
  if (bytes.size() % kEncodedSize<Entry> != 0) return false;
  entries.clear();
  entries.reserve(bytes.size() / kEncodedSize<Entry>);
  for (std::size_t at = 0; at < bytes.size(); at += kEncodedSize<Entry>)
    entries.push_back(Decode<Entry>(reinterpret_cast<const std::byte*>(bytes.data() + at)));
  return true;
}

}  // namespace floe::log
