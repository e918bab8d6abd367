// SPDX-License-Identifier: Apache-2.0
// Where the header's fields are, and big-endian integers. Private to the record batch files.
#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <type_traits>

namespace floe::kafka::detail {

enum HeaderField : std::size_t {
  kBaseOffset = 0,
  kLength = 8,
  kLeaderEpoch = 12,
  kMagic = 16,
  kCrc = 17,
  kAttributes = 21,
  kLastOffsetDelta = 23,
  kBaseTimestamp = 27,
  kMaxTimestamp = 35,
  kProducerId = 43,
  kProducerEpoch = 51,
  kBaseSequence = 53,
  kRecordCount = 57,
};

template <typename T>
T SwapIfLittle(T value) {
  if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1) return value;
  using U = std::make_unsigned_t<T>;
  auto u = static_cast<U>(value);
  if constexpr (sizeof(T) == 2) return static_cast<T>(__builtin_bswap16(u));
  if constexpr (sizeof(T) == 4) return static_cast<T>(__builtin_bswap32(u));
  if constexpr (sizeof(T) == 8) return static_cast<T>(__builtin_bswap64(u));
}

template <typename T>
T Load(const void* base, std::size_t at) {
  T value;
  std::memcpy(&value, static_cast<const char*>(base) + at, sizeof(T));
  return SwapIfLittle(value);
}

template <typename T>
void Save(void* base, std::size_t at, T value) {
  value = SwapIfLittle(value);
  std::memcpy(static_cast<char*>(base) + at, &value, sizeof(T));
}

}  // namespace floe::kafka::detail
