// SPDX-License-Identifier: Apache-2.0
#include "formats/option_values.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace floe::formats {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return out;
}

}  // namespace

std::string StringOption(const FormatOptions& options, const std::string& key, std::string fallback) {
  auto it = options.find(key);
  return it == options.end() ? fallback : it->second;
}

Result<bool> BooleanOption(const FormatOptions& options, const std::string& key, bool fallback) {
  std::string value = Lower(StringOption(options, key, fallback ? "true" : "false"));
  if (value == "true") return true;
  if (value == "false") return false;
  return Fail(ErrorKind::kInvalidInput, fmt::format("option '{}' = '{}': expected 'true' or 'false'", key, value));
}

Result<std::string> ChoiceOption(const FormatOptions& options, const std::string& key, std::string_view fallback,
                                 std::initializer_list<std::string_view> choices) {
  std::string value = StringOption(options, key, std::string(fallback));
  for (std::string_view choice : choices) {
    if (Lower(choice) == Lower(value)) return std::string(choice);
  }
  return Fail(ErrorKind::kInvalidInput, fmt::format("option '{}' = '{}': expected one of {}", key, value,
                                                    fmt::join(std::vector<std::string_view>(choices), ", ")));
}

Result<char> CharacterOption(const FormatOptions& options, const std::string& key, char fallback) {
  std::string value = StringOption(options, key, std::string(1, fallback));
  if (value.size() == 1) return value[0];
  if (value == "\\t") return '\t';
  if (value == "\\\\") return '\\';
  if (value == "\\u0001") return '\x01';
  if (value == "\\0") return '\0';
  return Fail(ErrorKind::kInvalidInput, fmt::format("option '{}' = '{}': expected one character", key, value));
}

}  // namespace floe::formats
