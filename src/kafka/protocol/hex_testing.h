// SPDX-License-Identifier: Apache-2.0
// Bytes as tests write them down.
#pragma once

#include <string>
#include <string_view>

namespace floe::kafka {

inline std::string Hex(std::string_view bytes) {
  std::string text;
  for (const unsigned char c : bytes) {
    text += "0123456789abcdef"[c >> 4];
    text += "0123456789abcdef"[c & 15];
  }
  return text;
}

}  // namespace floe::kafka
