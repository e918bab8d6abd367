// SPDX-License-Identifier: Apache-2.0
// The log-start file: any bytes are refused or mean what would be written for them.
#include <cstdint>
#include <cstdlib>

#include "log/log_start.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto offset = floe::log::ParseLogStart(text);
  if (offset && floe::log::EncodeLogStart(*offset) != text) std::abort();
  return 0;
}
