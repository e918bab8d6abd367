// SPDX-License-Identifier: Apache-2.0
// Numbers as the log's small files hold them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace floe::log {

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

}  // namespace floe::log
