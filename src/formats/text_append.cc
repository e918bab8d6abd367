// SPDX-License-Identifier: Apache-2.0
// Values to text.
#include <charconv>
#include <cmath>

#include "formats/text.h"

namespace floe::formats {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

void AppendPadded(std::string& out, std::int64_t value, std::size_t width) {
  char digits[24];
  auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  auto length = static_cast<std::size_t>(end - digits);
  if (length < width) out.append(width - length, '0');
  out.append(digits, length);
}

/// Shortest digits that read back as the value, laid out by Java's rule: plain from 1e-3 to 1e7, scientific elsewhere,
/// always a fraction.
template <typename T>
void AppendReal(std::string& out, T value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  if (value == 0) {
    out += std::signbit(value) ? "-0.0" : "0.0";
    return;
  }
  char text[64];
  auto [end, error] = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  std::string_view number(text, static_cast<std::size_t>(end - text));
  std::size_t e = number.find('e');
  int exponent = 0;
  const char* exponent_start = number.data() + e + 1 + (number[e + 1] == '+' ? 1 : 0);
  std::from_chars(exponent_start, end, exponent);
  std::string digits;
  for (char c : number.substr(0, e)) {
    if (c == '-') {
      out += '-';
    } else if (c != '.') {
      digits += c;
    }
  }
  if (exponent < -3 || exponent >= 7) {
    out += digits[0];
    out += '.';
    out += digits.size() > 1 ? digits.substr(1) : "0";
    out += 'E';
    AppendInteger(out, exponent);
  } else if (exponent < 0) {
    out += "0.";
    out.append(static_cast<std::size_t>(-exponent - 1), '0');
    out += digits;
  } else {
    auto whole = static_cast<std::size_t>(exponent) + 1;
    if (digits.size() < whole) digits.append(whole - digits.size(), '0');
    out.append(digits, 0, whole);
    out += '.';
    out += digits.size() > whole ? digits.substr(whole) : "0";
  }
}

}  // namespace

void AppendInteger(std::string& out, std::int64_t value) {
  AppendPadded(out, value, 0);
}
void AppendDouble(std::string& out, double value) {
  AppendReal(out, value);
}
void AppendFloat(std::string& out, float value) {
  AppendReal(out, value);
}

void AppendDecimal(std::string& out, __int128 unscaled, int scale) {
  char digits[48];
  std::size_t at = sizeof digits;
  bool negative = unscaled < 0;
  auto rest = negative ? -static_cast<unsigned __int128>(unscaled) : static_cast<unsigned __int128>(unscaled);
  int written = 0;
  do {
    if (written == scale && scale > 0) digits[--at] = '.';
    digits[--at] = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
    ++written;
  } while (rest != 0 || written <= scale);
  if (negative) out += '-';
  out.append(digits + at, sizeof digits - at);
}

void AppendDate(std::string& out, std::int32_t days) {
  // The inverse of counting years from March, by eras of 400 years.
  std::int64_t z = static_cast<std::int64_t>(days) + 719'468;
  std::int64_t era = (z >= 0 ? z : z - 146'096) / 146'097;
  auto day_of_era = static_cast<unsigned>(z - era * 146'097);
  unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  unsigned month_from_march = (5 * day_of_year + 2) / 153;
  unsigned day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  unsigned month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  std::int64_t year = era * 400 + year_of_era + (month <= 2 ? 1 : 0);
  if (year < 0) {
    out += '-';
    year = -year;
  }
  AppendPadded(out, year, 4);
  out += '-';
  AppendPadded(out, month, 2);
  out += '-';
  AppendPadded(out, day, 2);
}

void AppendTime(std::string& out, std::int64_t micros, int precision) {
  std::int64_t seconds = micros / kMicrosPerSecond;
  std::int64_t fraction = micros % kMicrosPerSecond;
  AppendPadded(out, seconds / 3600, 2);
  out += ':';
  AppendPadded(out, seconds / 60 % 60, 2);
  out += ':';
  AppendPadded(out, seconds % 60, 2);
  for (int i = 6; i > precision && i > 0; --i) fraction -= fraction % static_cast<std::int64_t>(std::pow(10, 7 - i));
  if (fraction == 0) return;
  out += '.';
  AppendPadded(out, fraction, 6);
  while (out.back() == '0') out.pop_back();
}

void AppendTimestamp(std::string& out, std::int64_t micros, TimestampFormat format, bool zoned, int precision) {
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t time = micros % kMicrosPerDay;
  if (time < 0) {
    time += kMicrosPerDay;
    --days;
  }
  AppendDate(out, static_cast<std::int32_t>(days));
  out += format == TimestampFormat::kSql ? ' ' : 'T';
  AppendTime(out, time, precision);
  if (zoned) out += 'Z';
}

void AppendBase64(std::string& out, std::string_view bytes) {
  constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::size_t left = bytes.size() - i;
    auto at = [&](std::size_t k) { return k < left ? static_cast<unsigned char>(bytes[i + k]) : 0U; };
    std::uint32_t bits = at(0) << 16 | at(1) << 8 | at(2);
    out += kAlphabet[bits >> 18];
    out += kAlphabet[bits >> 12 & 63];
    out += left > 1 ? kAlphabet[bits >> 6 & 63] : '=';
    out += left > 2 ? kAlphabet[bits & 63] : '=';
  }
}

}  // namespace floe::formats
