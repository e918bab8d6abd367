// SPDX-License-Identifier: Apache-2.0
// Option values: lookup with defaults, and errors that name the option.
#include <algorithm>

#include <fmt/format.h>

#include "base/secrets.h"
#include "base/text.h"
#include "connect/api/connector.h"
#include "connect/api/option_match.h"

namespace floe::connect {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return c < 128 ? std::tolower(c) : c; });
  return out;
}

std::unexpected<Error> BadValue(const std::string& key, const std::string& value, std::string_view expected) {
  return Fail(ErrorKind::kInvalidInput,
              fmt::format("option '{}' = '{}': expected {}", key, ShownValue(key, value), expected));
}

}  // namespace

Result<std::int64_t> ParseIntegerOption(const std::string& key, const std::string& value) {
  auto number = ParseInteger(value);
  if (!number) return BadValue(key, value, "a whole number");
  return number;
}

Result<bool> ParseBooleanOption(const std::string& key, const std::string& value) {
  auto boolean = ParseBoolean(value);
  if (!boolean) return BadValue(key, value, "'true' or 'false'");
  return boolean;
}

Result<std::chrono::milliseconds> ParseDurationOption(const std::string& key, const std::string& value) {
  auto duration = ParseDuration(value);
  if (!duration) return BadValue(key, value, "a duration such as '10 s', '1 min' or '500 ms'");
  return duration;
}

Result<std::uint64_t> ParseMemoryOption(const std::string& key, const std::string& value) {
  auto size = ParseMemorySize(value);
  if (!size) return BadValue(key, value, "a memory size such as '128mb' or '64 kb'");
  return size;
}

Result<std::string> ParseEnumOption(const OptionSpec& spec, const std::string& key, const std::string& value) {
  std::string text = Lower(value);
  for (const std::string& choice : spec.choices) {
    if (Lower(choice) == text) return choice;
  }
  std::string nearest = Nearest(text, spec.choices);
  return Fail(
      ErrorKind::kInvalidInput,
      fmt::format("option '{}' = '{}': expected one of {}{}", key, ShownValue(key, value),
                  fmt::join(spec.choices, ", "), nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest)));
}

const OptionSpec* MatchOption(const std::vector<OptionSpec>& specs, std::string_view key, std::string_view* column) {
  const OptionSpec* found = nullptr;
  for (const OptionSpec& spec : specs) {
    std::string_view pattern = spec.key;
    if (pattern == key) return &spec;
    if (found != nullptr) continue;
    if (pattern.ends_with(".*")) {
      std::string_view prefix = pattern.substr(0, pattern.size() - 1);
      if (key.starts_with(prefix) && key.size() > prefix.size()) found = &spec;
      continue;
    }
    std::size_t hash = pattern.find('#');
    if (hash == std::string_view::npos) continue;
    std::string_view before = pattern.substr(0, hash);
    std::string_view after = pattern.substr(hash + 1);
    if (key.size() > before.size() + after.size() && key.starts_with(before) && key.ends_with(after)) {
      found = &spec;
      if (column != nullptr) *column = key.substr(before.size(), key.size() - before.size() - after.size());
    }
  }
  return found;
}

bool OptionReader::Has(const std::string& key) const {
  return options_.contains(key);
}

std::string OptionReader::String(const std::string& key) const {
  const OptionSpec* spec = MatchOption(descriptor_.options, key, nullptr);
  if (auto it = options_.find(key); it != options_.end()) {
    if (spec != nullptr && spec->type == OptionType::kEnum)
      return ParseEnumOption(*spec, key, it->second).value_or(it->second);
    return it->second;
  }
  return spec == nullptr ? std::string() : spec->default_value;
}

Result<std::int64_t> OptionReader::Integer(const std::string& key) const {
  return ParseIntegerOption(key, String(key));
}
Result<bool> OptionReader::Boolean(const std::string& key) const {
  return ParseBooleanOption(key, String(key));
}
Result<std::chrono::milliseconds> OptionReader::Duration(const std::string& key) const {
  return ParseDurationOption(key, String(key));
}
Result<std::uint64_t> OptionReader::MemorySize(const std::string& key) const {
  return ParseMemoryOption(key, String(key));
}

}  // namespace floe::connect
