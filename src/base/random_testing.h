// SPDX-License-Identifier: Apache-2.0
// Bytes without meaning, for tests.
#pragma once

#include <cstddef>
#include <string>

#include "base/clock.h"

namespace floe {

inline std::string RandomBytes(Random& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random.Next());
  return bytes;
}

}  // namespace floe
