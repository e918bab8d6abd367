// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace floe {
namespace {

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t next = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = std::exchange(row[j], next);
    }
  }
  return row[b.size()];
}

/// Splits "12 ms" into its number and its lower-case unit.
Result<std::pair<std::uint64_t, std::string>> NumberAndUnit(std::string_view text, std::string_view what) {
  std::string_view trimmed = Trim(text);
  std::uint64_t number = 0;
  auto [end, error] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
  if (error != std::errc() || end == trimmed.data()) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("'{}' is not a {}", text, what));
  }
  return std::pair(number, Lower(Trim(trimmed.substr(static_cast<std::size_t>(end - trimmed.data())))));
}

template <std::size_t N>
Result<std::uint64_t> Scaled(std::string_view text, std::string_view what, std::string_view units,
                             const std::array<std::pair<std::string_view, std::uint64_t>, N>& scales) {
  auto parsed = NumberAndUnit(text, what);
  if (!parsed) return Fail(std::move(parsed).error());
  for (const auto& [unit, factor] : scales) {
    if (unit != parsed->second) continue;
    if (parsed->first > std::numeric_limits<std::int64_t>::max() / factor) break;
    return parsed->first * factor;
  }
  return Fail(ErrorKind::kInvalidInput, fmt::format("'{}' is not a {}: the units are {}", text, what, units));
}

}  // namespace

std::string Nearest(std::string_view word, const std::vector<std::string>& known) {
  std::string wanted = Lower(word);
  if (word.empty()) return "";
  std::size_t best = (word.size() <= 3 ? 1 : std::max<std::size_t>(2, word.size() / 3)) + 1;
  std::string nearest;
  for (const std::string& candidate : known) {
    std::size_t distance = EditDistance(wanted, Lower(candidate));
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  for (const std::string& candidate : known) {
    if (nearest.empty() && word.size() >= 3 && Lower(candidate).starts_with(wanted)) nearest = candidate;
  }
  return nearest;
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& known) {
  std::string nearest = Nearest(word, known);
  return nearest.empty() ? "" : fmt::format(" Did you mean '{}'?", nearest);
}

Result<std::chrono::milliseconds> ParseDuration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 23> kUnits{{{"", 1},
                                                                                      {"ms", 1},
                                                                                      {"milli", 1},
                                                                                      {"millis", 1},
                                                                                      {"millisecond", 1},
                                                                                      {"milliseconds", 1},
                                                                                      {"s", 1000},
                                                                                      {"sec", 1000},
                                                                                      {"secs", 1000},
                                                                                      {"second", 1000},
                                                                                      {"seconds", 1000},
                                                                                      {"m", 60'000},
                                                                                      {"min", 60'000},
                                                                                      {"mins", 60'000},
                                                                                      {"minute", 60'000},
                                                                                      {"minutes", 60'000},
                                                                                      {"h", 3'600'000},
                                                                                      {"hour", 3'600'000},
                                                                                      {"hours", 3'600'000},
                                                                                      {"d", 86'400'000},
                                                                                      {"day", 86'400'000},
                                                                                      {"days", 86'400'000},
                                                                                      {"w", 604'800'000}}};
  // Finer than a millisecond is cut off, as in Flink.
  if (auto fine = NumberAndUnit(text, "duration")) {
    const auto& [number, unit] = *fine;
    if (unit == "us" || unit == "µs" || unit.starts_with("micro")) return std::chrono::milliseconds(number / 1000);
    if (unit == "ns" || unit.starts_with("nano")) return std::chrono::milliseconds(number / 1'000'000);
  }
  auto ms = Scaled(text, "duration", "ms, s, min, h, d", kUnits);
  if (!ms) return Fail(std::move(ms).error());
  return std::chrono::milliseconds(*ms);
}

Result<std::uint64_t> ParseMemorySize(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 19> kUnits{{{"", 1},
                                                                                      {"b", 1},
                                                                                      {"bytes", 1},
                                                                                      {"k", 1ULL << 10},
                                                                                      {"kb", 1ULL << 10},
                                                                                      {"kib", 1ULL << 10},
                                                                                      {"kibibytes", 1ULL << 10},
                                                                                      {"m", 1ULL << 20},
                                                                                      {"mb", 1ULL << 20},
                                                                                      {"mib", 1ULL << 20},
                                                                                      {"mebibytes", 1ULL << 20},
                                                                                      {"g", 1ULL << 30},
                                                                                      {"gb", 1ULL << 30},
                                                                                      {"gib", 1ULL << 30},
                                                                                      {"gibibytes", 1ULL << 30},
                                                                                      {"t", 1ULL << 40},
                                                                                      {"tb", 1ULL << 40},
                                                                                      {"tib", 1ULL << 40},
                                                                                      {"tebibytes", 1ULL << 40}}};
  return Scaled(text, "memory size", "b, kb, mb, gb, tb", kUnits);
}

Result<bool> ParseBoolean(std::string_view text) {
  std::string lower = Lower(Trim(text));
  if (lower == "true") return true;
  if (lower == "false") return false;
  return Fail(ErrorKind::kInvalidInput, fmt::format("'{}' is neither true nor false", text));
}

Result<std::int64_t> ParseInteger(std::string_view text) {
  std::string_view trimmed = Trim(text);
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
  if (error != std::errc() || end != trimmed.data() + trimmed.size() || trimmed.empty()) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("'{}' is not a whole number", text));
  }
  return number;
}

std::vector<std::string> SplitList(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    std::string_view part = text.substr(at, end - at);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    at = end + 1;
  }
  return parts;
}

std::string HumanBytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  auto size = static_cast<double>(bytes);
  const char* unit = "B";
  for (const char* next : {"kB", "MB", "GB", "TB"}) {
    if (size < 1000) break;
    size /= 1000;
    unit = next;
  }
  return fmt::format("{:.1f} {}", size, unit);
}

std::string HumanCount(std::int64_t n) {
  std::string digits = fmt::format("{}", n);
  std::size_t first = digits[0] == '-' ? 1 : 0;
  for (std::size_t i = digits.size(); i > first + 3;) {
    i -= 3;
    digits.insert(i, ",");
  }
  return digits;
}

}  // namespace floe
