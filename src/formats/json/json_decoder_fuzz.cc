// SPDX-License-Identifier: Apache-2.0
// Any bytes into a table that has every kind of column, with and without shared memory behind the message.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "formats/format.h"
#include "formats/json/test_schema.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static floe::formats::json::TestTable table;
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  // Two messages, so that the second meets the shape of the first.
  std::size_t cut = size > 0 ? bytes[0] * size / 256 : 0;
  table.Reset();
  table.decoder->Append(input.substr(cut), 0);
  table.decoder->Append(input.substr(0, cut), 1);
  table.decoder->Append(input.substr(cut), 1);
  return 0;
}
