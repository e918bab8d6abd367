// SPDX-License-Identifier: Apache-2.0
// Any bytes as a producer state snapshot.
#include <string_view>

#include "log/producer_state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto parsed = floe::log::ProducerState::Parse({reinterpret_cast<const char*>(data), size});
  if (parsed) (void)parsed->first.Serialize(parsed->second);
  return 0;
}
