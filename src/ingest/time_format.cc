// SPDX-License-Identifier: Apache-2.0
#include "ingest/time_format.h"

#include <array>
#include <ctime>

#include <fmt/format.h>

namespace floe::ingest {

namespace {

constexpr std::string_view kIso = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'";
constexpr std::array<std::string_view, 7> kFields = {"yyyy", "MM", "dd", "HH", "mm", "ss", "SSS"};

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string Field(std::string_view field, const std::tm& parts, int millis) {
  if (field == "yyyy") return fmt::format("{:04}", parts.tm_year + 1900);
  if (field == "MM") return fmt::format("{:02}", parts.tm_mon + 1);
  if (field == "dd") return fmt::format("{:02}", parts.tm_mday);
  if (field == "HH") return fmt::format("{:02}", parts.tm_hour);
  if (field == "mm") return fmt::format("{:02}", parts.tm_min);
  if (field == "ss") return fmt::format("{:02}", parts.tm_sec);
  return fmt::format("{:03}", millis);
}

// Calls field(text) for pattern letters and literal(text) for the rest; false at what is neither.
template <typename OnField, typename OnLiteral>
bool Walk(std::string_view pattern, OnField field, OnLiteral literal) {
  while (!pattern.empty()) {
    if (pattern[0] == '\'') {
      const auto end = pattern.find('\'', 1);
      if (end == std::string_view::npos) return false;
      literal(pattern.substr(1, end - 1));
      pattern.remove_prefix(end + 1);
      continue;
    }
    std::size_t length = 1;
    while (IsLetter(pattern[0]) && length < pattern.size() && pattern[length] == pattern[0]) ++length;
    const std::string_view run = pattern.substr(0, length);
    if (!IsLetter(pattern[0])) {
      literal(run);
    } else {
      bool known = false;
      for (std::string_view name : kFields) known = known || name == run;
      if (!known) return false;
      field(run);
    }
    pattern.remove_prefix(length);
  }
  return true;
}

}  // namespace

Status CheckTimeFormat(std::string_view pattern) {
  if (pattern == "iso" || pattern == "epoch-ms" || pattern == "epoch-s") return {};
  if (!pattern.empty() && Walk(pattern, [](auto) {}, [](auto) {})) return {};
  return Fail(ErrorKind::kInvalidInput,
              fmt::format("'{}' is no time format; use yyyy MM dd HH mm ss SSS with other letters in single quotes, or "
                          "iso, epoch-ms, epoch-s",
                          pattern));
}

std::string FormatTime(std::string_view pattern, TimestampMs time) {
  if (pattern == "epoch-ms") return std::to_string(time.value());
  const std::int64_t millis = ((time.value() % 1000) + 1000) % 1000;
  const std::time_t seconds = (time.value() - millis) / 1000;
  if (pattern == "epoch-s") return std::to_string(seconds);
  if (pattern == "iso") pattern = kIso;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::string out;
  Walk(
      pattern, [&](std::string_view field) { out += Field(field, parts, static_cast<int>(millis)); },
      [&](std::string_view literal) { out += literal; });
  return out;
}

}  // namespace floe::ingest
