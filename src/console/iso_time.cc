// SPDX-License-Identifier: Apache-2.0
#include "console/iso_time.h"

#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace floe::console {

namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }
  bool Take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// Exactly `digits` digits.
  bool Number(std::size_t digits, int& out) {
    if (rest_.size() < digits) return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + digits, out);
    if (error != std::errc() || end != rest_.data() + digits || out < 0) return false;
    rest_.remove_prefix(digits);
    return true;
  }
  /// ".1" to ".123456789" as milliseconds.
  bool Fraction(int& millis) {
    int scale = 100;
    std::size_t n = 0;
    for (; n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9'; ++n) {
      millis += (rest_[n] - '0') * scale;
      scale /= 10;
    }
    rest_.remove_prefix(n);
    return n >= 1 && n <= 9;
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::string IsoTime(TimestampMs time) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds(time.value())};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss clock(at - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

Result<TimestampMs> ParseTime(std::string_view text) {
  const auto bad = [&] {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("'{}' is no time; write it like 2026-01-08T14:30:00.000Z", text.substr(0, 64)));
  };
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos && text.size() > 8 &&
      text.size() < 16) {
    std::int64_t millis = 0;
    std::from_chars(text.data(), text.data() + text.size(), millis);
    return TimestampMs(millis);
  }
  Scanner in(text);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, millis = 0, offset_minutes = 0;
  if (!in.Number(4, year) || !in.Take('-') || !in.Number(2, month) || !in.Take('-') || !in.Number(2, day)) return bad();
  if (!in.done()) {
    if (!in.Take('T') && !in.Take(' ')) return bad();
    if (!in.Number(2, hour) || !in.Take(':') || !in.Number(2, minute)) return bad();
    if (in.Take(':') && !in.Number(2, second)) return bad();
    if (in.Take('.') && !in.Fraction(millis)) return bad();
    const bool plus = in.Take('+');
    if (plus || in.Take('-')) {
      int hours = 0, minutes = 0;
      if (!in.Number(2, hours) || (in.Take(':'), !in.Number(2, minutes))) return bad();
      offset_minutes = (plus ? 1 : -1) * (hours * 60 + minutes);
    } else {
      in.Take('Z');
    }
    if (!in.done()) return bad();
  }
  using namespace std::chrono;
  const year_month_day date(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return bad();
  const auto at = sys_days(date).time_since_epoch() + hours(hour) + minutes(minute - offset_minutes) + seconds(second) +
                  milliseconds(millis);
  return TimestampMs(duration_cast<milliseconds>(at).count());
}

}  // namespace floe::console
