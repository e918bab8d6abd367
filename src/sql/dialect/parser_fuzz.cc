// SPDX-License-Identifier: Apache-2.0
// Any bytes: no crash, errors have positions inside the text, and what parses prints to something equal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sql/dialect/parser.h"
#include "sql/dialect/unparser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace floe::sql::dialect;
  std::string_view sql(reinterpret_cast<const char*>(data), size);
  for (const ScriptStatement& part : SplitScript(sql)) {
    if (part.span.end() > size) std::abort();
  }
  auto statement = ParseStatement(sql);
  if (!statement) {
    RenderError(sql, statement.error());
    return 0;
  }
  std::string printed = ToSql(*statement);
  auto again = ParseStatement(printed, {.max_bytes = 64u << 20, .max_depth = 1000});
  if (!again || !(*again == *statement)) std::abort();
  return 0;
}
