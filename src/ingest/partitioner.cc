// SPDX-License-Identifier: Apache-2.0
#include "ingest/partitioner.h"

namespace floe::ingest {

std::int32_t Murmur2(std::string_view bytes) {
  constexpr std::uint32_t kSeed = 0x9747b28c;
  constexpr std::uint32_t kMultiplier = 0x5bd1e995;
  constexpr int kShift = 24;
  auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])); };
  std::uint32_t hash = kSeed ^ static_cast<std::uint32_t>(bytes.size());
  const std::size_t whole = bytes.size() / 4 * 4;
  for (std::size_t i = 0; i < whole; i += 4) {
    std::uint32_t k = byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24;
    k *= kMultiplier;
    k ^= k >> kShift;
    k *= kMultiplier;
    hash = (hash * kMultiplier) ^ k;
  }
  switch (bytes.size() - whole) {
    case 3: hash ^= byte(whole + 2) << 16; [[fallthrough]];
    case 2: hash ^= byte(whole + 1) << 8; [[fallthrough]];
    case 1: hash = (hash ^ byte(whole)) * kMultiplier;
  }
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return static_cast<std::int32_t>(hash);
}

PartitionId PartitionOf(std::string_view key, std::int32_t partitions) {
  return PartitionId((Murmur2(key) & 0x7fffffff) % partitions);
}

}  // namespace floe::ingest
