// SPDX-License-Identifier: Apache-2.0
// Option values: lookup with defaults, Flink's spellings of booleans, durations and memory sizes, and the nearest known
// word.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

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

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

/// Duration units in nanoseconds; the singular names also take an 's'.
constexpr std::array kDurationUnits = {
    Unit{"d", 86'400'000'000'000},
    Unit{"day", 86'400'000'000'000},
    Unit{"h", 3'600'000'000'000},
    Unit{"hour", 3'600'000'000'000},
    Unit{"min", 60'000'000'000},
    Unit{"m", 60'000'000'000},
    Unit{"minute", 60'000'000'000},
    Unit{"s", 1'000'000'000},
    Unit{"sec", 1'000'000'000},
    Unit{"second", 1'000'000'000},
    Unit{"ms", 1'000'000},
    Unit{"milli", 1'000'000},
    Unit{"millisecond", 1'000'000},
    Unit{"", 1'000'000},
    Unit{"us", 1'000},
    Unit{"µs", 1'000},
    Unit{"micro", 1'000},
    Unit{"microsecond", 1'000},
    Unit{"ns", 1},
    Unit{"nano", 1},
    Unit{"nanosecond", 1},
};

constexpr std::array kMemoryUnits = {
    Unit{"", 1},           Unit{"b", 1},           Unit{"bytes", 1},
    Unit{"k", 1ULL << 10}, Unit{"kb", 1ULL << 10}, Unit{"kibibytes", 1ULL << 10},
    Unit{"m", 1ULL << 20}, Unit{"mb", 1ULL << 20}, Unit{"mebibytes", 1ULL << 20},
    Unit{"g", 1ULL << 30}, Unit{"gb", 1ULL << 30}, Unit{"gibibytes", 1ULL << 30},
    Unit{"t", 1ULL << 40}, Unit{"tb", 1ULL << 40}, Unit{"tebibytes", 1ULL << 40},
};

struct NumberAndUnit {
  std::uint64_t number = 0;
  std::string unit;
};

std::optional<NumberAndUnit> SplitNumber(std::string_view text) {
  text = Trim(text);
  NumberAndUnit out;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.number);
  if (error != std::errc()) return std::nullopt;
  out.unit = Lower(Trim(text.substr(static_cast<std::size_t>(end - text.data()))));
  return out;
}

template <std::size_t N>
const Unit* FindUnit(const std::array<Unit, N>& units, const std::string& name, bool plural) {
  for (const Unit& unit : units) {
    if (unit.name == name) return &unit;
    if (plural && unit.name.size() > 2 && name == std::string(unit.name) + "s") return &unit;
  }
  return nullptr;
}

std::unexpected<Error> BadValue(const std::string& key, const std::string& value, std::string_view expected) {
  return Fail(ErrorKind::kInvalidInput, fmt::format("option '{}' = '{}': expected {}", key, value, expected));
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

Result<std::int64_t> ParseIntegerOption(const std::string& key, const std::string& value) {
  std::string_view text = Trim(value);
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return BadValue(key, value, "a whole number");
  return number;
}

Result<bool> ParseBooleanOption(const std::string& key, const std::string& value) {
  std::string text = Lower(Trim(value));
  if (text == "true") return true;
  if (text == "false") return false;
  return BadValue(key, value, "'true' or 'false'");
}

Result<std::chrono::milliseconds> ParseDurationOption(const std::string& key, const std::string& value) {
  constexpr std::string_view kExpected = "a duration such as '10 s', '1 min' or '500 ms'";
  auto split = SplitNumber(value);
  if (!split) return BadValue(key, value, kExpected);
  const Unit* unit = FindUnit(kDurationUnits, split->unit, true);
  if (unit == nullptr) return BadValue(key, value, kExpected);
  unsigned __int128 nanos = static_cast<unsigned __int128>(split->number) * unit->factor;
  unsigned __int128 millis = nanos / 1'000'000;
  if (millis > static_cast<unsigned __int128>(std::numeric_limits<std::int64_t>::max() / 1'000'000)) {
    return BadValue(key, value, "a duration below 292 years");
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(millis));
}

Result<std::uint64_t> ParseMemoryOption(const std::string& key, const std::string& value) {
  constexpr std::string_view kExpected = "a memory size such as '128mb' or '64 kb'";
  auto split = SplitNumber(value);
  if (!split) return BadValue(key, value, kExpected);
  const Unit* unit = FindUnit(kMemoryUnits, split->unit, false);
  if (unit == nullptr) return BadValue(key, value, kExpected);
  unsigned __int128 bytes = static_cast<unsigned __int128>(split->number) * unit->factor;
  if (bytes > static_cast<unsigned __int128>(std::numeric_limits<std::int64_t>::max())) {
    return BadValue(key, value, "a size below 8 EiB");
  }
  return static_cast<std::uint64_t>(bytes);
}

Result<std::string> ParseEnumOption(const OptionSpec& spec, const std::string& key, const std::string& value) {
  std::string text = Lower(Trim(value));
  for (const std::string& choice : spec.choices) {
    if (Lower(choice) == text) return choice;
  }
  std::string nearest = Nearest(text, spec.choices);
  return Fail(ErrorKind::kInvalidInput,
              fmt::format("option '{}' = '{}': expected one of {}{}", key, value, fmt::join(spec.choices, ", "),
                          nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest)));
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
