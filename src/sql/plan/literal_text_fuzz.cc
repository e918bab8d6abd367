// SPDX-License-Identifier: Apache-2.0
// Any text as a date, time or timestamp of SQL.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sql/plan/literal_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace floe::sql::plan;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto time = ParseTime(text); time && ParseTime(TimeText(*time, 6)) != time) std::abort();
  static_cast<void>(ParseDate(text));
  static_cast<void>(ParseTimestamp(text));
  return 0;
}
