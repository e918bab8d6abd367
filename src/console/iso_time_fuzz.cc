// SPDX-License-Identifier: Apache-2.0
// Times from the query of a URL: what is read prints and reads back as the same time.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "console/iso_time.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto time = floe::console::ParseTime({reinterpret_cast<const char*>(data), size});
  if (!time) return 0;
  const std::string text = floe::console::IsoTime(*time);
  if (text.size() != 24) return 0;  // years outside 0000 to 9999 are not read
  auto again = floe::console::ParseTime(text);
  if (!again || *again != *time) std::abort();
  return 0;
}
