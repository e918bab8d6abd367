// SPDX-License-Identifier: Apache-2.0
// Literals of the plan as text: dates, timestamps and intervals from their integers and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace floe::sql::plan {

/// "2024-02-29"; proleptic Gregorian, years 0..9999 have four digits.
std::string DateText(std::int64_t days);
/// "2024-02-29 12:00:00.123"; `precision` fraction digits (0..6).
std::string TimestampText(std::int64_t micros, int precision);
/// "12:00:00.5"; `precision` fraction digits.
std::string TimeText(std::int64_t micros, int precision);
/// "INTERVAL '5' SECOND": in the largest unit that divides it.
std::string DayTimeIntervalText(std::int64_t millis);
std::string YearMonthIntervalText(std::int64_t months);
/// "'it''s'".
std::string QuotedText(std::string_view text);

/// "2024-2-9" or "2024-02-09"; nothing else around it. nullopt when it is no date of the calendar.
std::optional<std::int64_t> ParseDate(std::string_view text);
/// "hh:mm[:ss[.f{1,9}]]"; digits after the sixth are dropped.
std::optional<std::int64_t> ParseTime(std::string_view text);
/// A date, or a date, a space or 'T', and a time.
std::optional<std::int64_t> ParseTimestamp(std::string_view text);

}  // namespace floe::sql::plan
