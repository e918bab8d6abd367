// SPDX-License-Identifier: Apache-2.0
// Encoding of index entries.
#include "log/index_entry.h"

#include "log/big_endian.h"

namespace floe::log {

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
