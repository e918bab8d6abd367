// SPDX-License-Identifier: Apache-2.0
#include "sql/plan/literal_text.h"

#include <array>
#include <chrono>

#include <fmt/format.h>

namespace floe::sql::plan {
namespace {

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;
constexpr std::int64_t kMicrosPerSecond = 1'000'000;

bool Digits(std::string_view& text, std::size_t least, std::size_t most, std::int64_t& value) {
  std::size_t n = 0;
  value = 0;
  while (n < text.size() && n < most && text[n] >= '0' && text[n] <= '9') value = value * 10 + (text[n++] - '0');
  if (n < least) return false;
  text.remove_prefix(n);
  return true;
}

bool Take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

std::string Unit(std::int64_t value, std::string_view unit) {
  return fmt::format("INTERVAL '{}' {}", value, unit);
}

std::optional<std::int64_t> TakeDate(std::string_view& text) {
  std::int64_t year = 0;
  std::int64_t month = 0;
  std::int64_t day = 0;
  if (!Digits(text, 4, 4, year) || !Take(text, '-') || !Digits(text, 1, 2, month) || !Take(text, '-') ||
      !Digits(text, 1, 2, day)) {
    return std::nullopt;
  }
  std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)),
                                   std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

}  // namespace

std::string DateText(std::int64_t days) {
  std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

std::string TimeText(std::int64_t micros, int precision) {
  std::int64_t seconds = micros / kMicrosPerSecond;
  std::string text = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (precision <= 0) return text;
  std::string fraction = fmt::format("{:06}", micros % kMicrosPerSecond);
  return text + "." + fraction.substr(0, static_cast<std::size_t>(std::min(precision, 6)));
}

std::string TimestampText(std::int64_t micros, int precision) {
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) {
    --days;
    rest += kMicrosPerDay;
  }
  return DateText(days) + " " + TimeText(rest, precision);
}

std::string DayTimeIntervalText(std::int64_t millis) {
  struct Part {
    std::int64_t millis;
    std::string_view name;
  };
  constexpr std::array<Part, 4> kParts{
      {{86'400'000, "DAY"}, {3'600'000, "HOUR"}, {60'000, "MINUTE"}, {1000, "SECOND"}}};
  for (const Part& part : kParts) {
    if (millis != 0 && millis % part.millis == 0) return Unit(millis / part.millis, part.name);
  }
  std::int64_t magnitude = millis < 0 ? -millis : millis;
  return fmt::format("INTERVAL '{}{}.{:03}' SECOND", millis < 0 ? "-" : "", magnitude / 1000, magnitude % 1000);
}

std::string YearMonthIntervalText(std::int64_t months) {
  if (months != 0 && months % 12 == 0) return Unit(months / 12, "YEAR");
  return Unit(months, "MONTH");
}

std::string QuotedText(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

std::optional<std::int64_t> ParseDate(std::string_view text) {
  std::optional<std::int64_t> days = TakeDate(text);
  if (!text.empty()) return std::nullopt;
  return days;
}

std::optional<std::int64_t> ParseTime(std::string_view text) {
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  if (!Digits(text, 1, 2, hour) || !Take(text, ':') || !Digits(text, 1, 2, minute)) return std::nullopt;
  std::int64_t micros = 0;
  if (Take(text, ':')) {
    if (!Digits(text, 1, 2, second)) return std::nullopt;
    if (Take(text, '.')) {
      std::size_t before = text.size();
      std::int64_t digits = 0;
      if (!Digits(text, 1, 6, digits)) return std::nullopt;
      for (std::size_t n = before - text.size(); n < 6; ++n) digits *= 10;
      micros = digits;
      std::int64_t dropped = 0;
      Digits(text, 0, 3, dropped);
    }
  }
  if (!text.empty() || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return ((hour * 60 + minute) * 60 + second) * kMicrosPerSecond + micros;
}

std::optional<std::int64_t> ParseTimestamp(std::string_view text) {
  std::optional<std::int64_t> days = TakeDate(text);
  if (!days) return std::nullopt;
  if (text.empty()) return *days * kMicrosPerDay;
  if (!Take(text, ' ') && !Take(text, 'T')) return std::nullopt;
  std::optional<std::int64_t> time = ParseTime(text);
  if (!time) return std::nullopt;
  return *days * kMicrosPerDay + *time;
}

}  // namespace floe::sql::plan
