// SPDX-License-Identifier: Apache-2.0
// Any text as a faker expression: refused, or a generator whose text stays small.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "connect/faker/expression.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static floe::ManualClock clock(floe::TimestampUs(1'700'000'000'000'000));
  auto generate = floe::connect::faker::ParseExpression({reinterpret_cast<const char*>(data), size}, clock);
  if (!generate) return 0;
  floe::connect::RowRandom random(42, 0, 0);
  std::string out;
  for (int i = 0; i < 3; ++i) (*generate)(random, out);
  return 0;
}
