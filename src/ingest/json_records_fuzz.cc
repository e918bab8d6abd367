// SPDX-License-Identifier: Apache-2.0
// Bodies from strangers: never a crash, and each record that comes out is one line.
#include <cstdlib>

#include "ingest/json_records.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string body(reinterpret_cast<const char*>(data + 1), size - 1);
  auto records = floe::ingest::SplitJson(body, (data[0] & 1) != 0, "k",
                                         {.max_record_bytes = 4096, .max_records = 64, .max_depth = 16});
  if (records) {
    for (const auto& record : *records) {
      if (record.value.empty() || record.value.front() != '{' || record.value.find('\n') != std::string::npos)
        std::abort();
    }
  }
  auto members = floe::ingest::ObjectMembers(body, 16);
  static_cast<void>(members);
  static_cast<void>(floe::ingest::IsJsonNumber(body));
  return 0;
}
