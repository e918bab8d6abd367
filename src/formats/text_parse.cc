// SPDX-License-Identifier: Apache-2.0
// Text to values.
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "formats/number.h"
#include "formats/text.h"

namespace floe::formats {
namespace {

using data::TypeKind;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
constexpr std::array<std::int64_t, 7> kMicroSteps = {1'000'000, 100'000, 10'000, 1'000, 100, 10, 1};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

/// Two digits, or a number over 99.
unsigned TwoDigits(const char* p) {
  unsigned a = static_cast<unsigned char>(p[0]) - unsigned{'0'};
  unsigned b = static_cast<unsigned char>(p[1]) - unsigned{'0'};
  return a <= 9 && b <= 9 ? a * 10 + b : 1000;
}

/// Days since the epoch of a proleptic Gregorian date, by counting years from March so that the leap day comes last.
std::int64_t DaysOf(int year, unsigned month, unsigned day) {
  std::int64_t y = month <= 2 ? year - 1 : year;
  std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  auto year_of_era = static_cast<unsigned>(y - era * 400);
  unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146'097 + static_cast<std::int64_t>(day_of_era) - 719'468;
}

unsigned DaysInMonth(int year, unsigned month) {
  constexpr std::array<unsigned, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && leap ? 29 : kDays[month - 1];
}

/// ".123456789" to microseconds, cut to `precision` digits; false when malformed.
bool ParseFraction(std::string_view text, int precision, std::int64_t& micros) {
  if (text.size() < 2 || text.size() > 10 || text[0] != '.') return false;
  micros = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (!IsDigit(text[i])) return false;
    if (i <= 6 && static_cast<int>(i) <= precision) micros += (text[i] - '0') * kMicroSteps[i];
  }
  return true;
}

/// Cuts "Z" or "+hh:mm" off the end; the offset in seconds, or nothing.
std::optional<std::int64_t> TakeZone(std::string_view& text) {
  if (text.ends_with('Z')) {
    text.remove_suffix(1);
    return 0;
  }
  if (text.size() < 6) return std::nullopt;
  const char* zone = text.data() + text.size() - 6;
  unsigned hours = TwoDigits(zone + 1);
  unsigned minutes = TwoDigits(zone + 4);
  if ((zone[0] != '+' && zone[0] != '-') || zone[3] != ':' || hours > 18 || minutes > 59) return std::nullopt;
  text.remove_suffix(6);
  std::int64_t seconds = hours * 3600 + minutes * 60;
  return zone[0] == '-' ? -seconds : seconds;
}

std::array<std::int8_t, 256> MakeBase64Table() {
  std::array<std::int8_t, 256> table;
  table.fill(-1);
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    table[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::int8_t>(i);
  return table;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

bool WriteBinary(Column& column, std::size_t row, std::string_view text) {
  std::string bytes;
  if (!DecodeBase64(text, bytes)) return false;
  column.SetString(row, bytes, Pin());
  return true;
}

template <typename T, typename U>
bool Store(Column& column, std::size_t row, const std::optional<U>& value) {
  if (!value) return false;
  column.Set<T>(row, static_cast<T>(*value));
  return true;
}

}  // namespace

bool ValidUtf8(std::string_view text) {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  const auto* end = p + text.size();
  while (p < end) {
    unsigned char c = *p;
    if (c < 0x80) {
      ++p;
      continue;
    }
    int more = c >= 0xC2 && c <= 0xDF ? 1 : (c & 0xF0) == 0xE0 ? 2 : c >= 0xF0 && c <= 0xF4 ? 3 : 0;
    if (more == 0 || end - p <= more) return false;
    // Overlong forms, surrogates and code points over U+10FFFF show in the second byte.
    unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high) return false;
    for (int i = 2; i <= more; ++i) {
      if ((p[i] & 0xC0) != 0x80) return false;
    }
    p += more + 1;
  }
  return true;
}

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  text = Trim(text);
  if (text.size() > 1 && text[0] == '+' && IsDigit(text[1])) text.remove_prefix(1);
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> ParseDouble(std::string_view text) {
  double value = 0;
  const char* end = text.data() + text.size();
  if (number::ParseDouble(text.data(), end, value) == end && !text.empty()) return value;
  text = Trim(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  // from_chars also takes "inf" and "nan", which are no numbers here.
  for (char c : text) {
    if (!IsDigit(c) && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E') return std::nullopt;
  }
  auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) value = std::strtod(std::string(text).c_str(), nullptr);
  if (error == std::errc::invalid_argument || stop != text.data() + text.size() || std::isinf(value))
    return std::nullopt;
  return value;
}

std::optional<__int128> ParseDecimal(std::string_view text, int precision, int scale) {
  text = Trim(text);
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  // Split the exponent off, then walk the digits once, knowing how many stand before the cut at `scale`.
  std::int64_t exponent = 0;
  if (std::size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
    std::string_view digits = text.substr(e + 1);
    if (digits.size() > 1 && digits[0] == '+') digits.remove_prefix(1);
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    if (error != std::errc() || end != digits.data() + digits.size() || exponent > 100'000 || exponent < -100'000)
      return std::nullopt;
    text = text.substr(0, e);
  }
  std::size_t dot = text.find('.');
  std::size_t whole = dot == std::string_view::npos ? text.size() : dot;
  if (text.size() - (dot == std::string_view::npos ? 0 : 1) == 0) return std::nullopt;
  std::int64_t keep = static_cast<std::int64_t>(whole) + exponent + scale;  // digits that make up the unscaled value
  unsigned __int128 value = 0;
  std::int64_t taken = 0;
  bool round_up = false;
  int significant = 0;
  for (char c : text) {
    if (c == '.') continue;
    if (!IsDigit(c)) return std::nullopt;
    if (taken < keep) {
      if ((significant > 0 || c != '0') && ++significant > 38) return std::nullopt;
      value = value * 10 + static_cast<unsigned>(c - '0');
    } else if (taken == keep) {
      round_up = c >= '5';
    }
    ++taken;
  }
  if (text.find('.') != text.rfind('.')) return std::nullopt;
  if (value != 0) {
    for (; taken < keep; ++taken) {
      if (++significant > 38) return std::nullopt;
      value *= 10;
    }
  }
  if (round_up) ++value;
  if (value >= number::PowerOf10(precision)) return std::nullopt;
  return negative ? -static_cast<__int128>(value) : static_cast<__int128>(value);
}

std::optional<std::int32_t> ParseDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  unsigned century = TwoDigits(text.data());
  unsigned rest = TwoDigits(text.data() + 2);
  unsigned month = TwoDigits(text.data() + 5);
  unsigned day = TwoDigits(text.data() + 8);
  if (century > 99 || rest > 99 || month < 1 || month > 12 || day < 1) return std::nullopt;
  int year = static_cast<int>(century * 100 + rest);
  if (day > DaysInMonth(year, month)) return std::nullopt;
  return static_cast<std::int32_t>(DaysOf(year, month, day));
}

std::optional<std::int64_t> ParseTime(std::string_view text, int precision) {
  if (text.size() < 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  unsigned hour = TwoDigits(text.data());
  unsigned minute = TwoDigits(text.data() + 3);
  unsigned second = TwoDigits(text.data() + 6);
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  std::int64_t micros = 0;
  if (text.size() > 8 && !ParseFraction(text.substr(8), precision, micros)) return std::nullopt;
  return (static_cast<std::int64_t>(hour) * 3600 + minute * 60 + second) * kMicrosPerSecond + micros;
}

std::optional<std::int64_t> ParseTimestamp(std::string_view text, TimestampFormat format, bool zoned, int precision) {
  std::int64_t offset = 0;
  if (zoned) {
    auto zone = TakeZone(text);
    if (!zone) return std::nullopt;
    offset = *zone;
  }
  if (text.size() < 19 || text[10] != (format == TimestampFormat::kSql ? ' ' : 'T')) return std::nullopt;
  auto days = ParseDate(text.substr(0, 10));
  auto time = ParseTime(text.substr(11), precision);
  if (!days || !time) return std::nullopt;
  return *days * kMicrosPerDay + *time - offset * kMicrosPerSecond;
}

bool DecodeBase64(std::string_view text, std::string& out) {
  static const std::array<std::int8_t, 256> kTable = MakeBase64Table();
  out.clear();
  if (text.size() % 4 != 0) return false;
  std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  std::size_t digits = text.size() - padding;
  out.reserve(digits * 3 / 4);
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    std::int8_t value = kTable[static_cast<unsigned char>(text[i])];
    if (value < 0) return false;
    bits = (bits << 6) | static_cast<std::uint32_t>(value);
    if (i % 4 == 1) out.push_back(static_cast<char>(bits >> 4));
    if (i % 4 == 2) out.push_back(static_cast<char>(bits >> 2));
    if (i % 4 == 3) out.push_back(static_cast<char>(bits));
  }
  // Bits of the last digit that belong to no byte must be zero.
  return padding == 0 || (bits & (padding == 1 ? 0x3U : 0xFU)) == 0;
}

void WriteDecimal(Column& column, std::size_t row, __int128 unscaled) {
  int precision = column.type.precision();
  if (precision <= 4) return column.Set(row, static_cast<std::int16_t>(unscaled));
  if (precision <= 9) return column.Set(row, static_cast<std::int32_t>(unscaled));
  if (precision <= 18) return column.Set(row, static_cast<std::int64_t>(unscaled));
  duckdb::hugeint_t wide;
  wide.lower = static_cast<std::uint64_t>(unscaled);
  wide.upper = static_cast<std::int64_t>(unscaled >> 64);
  column.Set(row, wide);
}

bool WriteInteger(Column& column, std::size_t row, std::int64_t value) {
  switch (column.type.kind()) {
    case TypeKind::kTinyInt:
      if (value != static_cast<std::int8_t>(value)) return false;
      column.Set(row, static_cast<std::int8_t>(value));
      return true;
    case TypeKind::kSmallInt:
      if (value != static_cast<std::int16_t>(value)) return false;
      column.Set(row, static_cast<std::int16_t>(value));
      return true;
    case TypeKind::kInt:
      if (value != static_cast<std::int32_t>(value)) return false;
      column.Set(row, static_cast<std::int32_t>(value));
      return true;
    default: column.Set(row, value); return true;
  }
}

bool WriteText(Column& column, std::size_t row, std::string_view text, TimestampFormat format, const Pin& pin) {
  const data::Type& type = column.type;
  switch (type.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar: column.SetString(row, text, pin); return true;
    case TypeKind::kBoolean: {
      bool yes = EqualsIgnoringCase(text, "true");
      if (!yes && !EqualsIgnoringCase(text, "false")) return false;
      column.Set(row, yes);
      return true;
    }
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt: {
      auto value = ParseInteger(text);
      return value && WriteInteger(column, row, *value);
    }
    case TypeKind::kFloat: return Store<float>(column, row, ParseDouble(text));
    case TypeKind::kDouble: return Store<double>(column, row, ParseDouble(text));
    case TypeKind::kDecimal: {
      auto value = ParseDecimal(text, type.precision(), type.scale());
      if (value) WriteDecimal(column, row, *value);
      return value.has_value();
    }
    case TypeKind::kDate: return Store<std::int32_t>(column, row, ParseDate(text));
    case TypeKind::kTime: return Store<std::int64_t>(column, row, ParseTime(text, type.precision()));
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      return Store<std::int64_t>(
          column, row, ParseTimestamp(text, format, type.kind() == TypeKind::kTimestampLtz, type.precision()));
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return WriteBinary(column, row, text);
    default: return false;
  }
}

}  // namespace floe::formats
