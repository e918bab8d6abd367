// SPDX-License-Identifier: Apache-2.0
// Any bytes as a producer state snapshot, and as the body of one whose magic and CRC are right.
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "base/crc32c.h"
#include "log/producer_state.h"

namespace {

void Check(std::string_view bytes) {
  auto parsed = floe::log::ProducerState::Parse(bytes);
  if (!parsed) return;
  const std::string written = parsed->first.Serialize(parsed->second);
  auto again = floe::log::ProducerState::Parse(written);
  if (!again || again->first.Serialize(again->second) != written) std::abort();
  parsed->first.Expire(floe::TimestampMs(0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  Check(input);
  std::string framed = "FLPS";
  framed += input;
  const std::uint32_t crc = floe::Crc32c(std::as_bytes(std::span(framed)));
  framed.append(reinterpret_cast<const char*>(&crc), sizeof(crc));
  Check(framed);
  return 0;
}
