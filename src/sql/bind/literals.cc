// SPDX-License-Identifier: Apache-2.0
// Literals and intervals of the AST as values.
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "sql/bind/expression_binder.h"
#include "sql/bind/functions_internal.h"
#include "sql/bind/types.h"
#include "sql/bind/zone.h"
#include "sql/plan/literal_text.h"

namespace floe::sql::bind {
namespace {

using data::TypeKind;
using dialect::LiteralKind;
using dialect::TimeUnit;
using plan::ExpressionPtr;

Result<ExpressionPtr> Exact(const std::string& text, TextPosition position) {
  std::size_t point = text.find('.');
  std::string digits = text;
  std::int32_t scale = 0;
  if (point != std::string::npos) {
    digits.erase(point, 1);
    scale = static_cast<std::int32_t>(text.size() - point - 1);
  }
  std::size_t zeros = std::min(digits.find_first_not_of('0'), digits.size());
  auto precision = static_cast<std::int32_t>(std::max<std::size_t>(digits.size() - zeros, 1));
  precision = std::max(precision, std::max(scale, 1));
  if (precision > kMaxDecimalPrecision) {
    return FailAt(
        position,
        fmt::format("the number {} has more than 38 digits; write it with an exponent (1E0) for a DOUBLE", text));
  }
  return plan::Literal(text, Type::Decimal(precision, scale), position);
}

Result<ExpressionPtr> Integer(const std::string& text, TextPosition position) {
  std::int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return Exact(text, position);
  return plan::Literal(value, value <= 2147483647 ? Type::Int() : Type::BigInt(), position);
}

Result<ExpressionPtr> Bytes(const std::string& hex, TextPosition position) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    unsigned value = 0;
    auto [end, error] = std::from_chars(hex.data() + i, hex.data() + i + 2, value, 16);
    if (error != std::errc() || end != hex.data() + i + 2)
      return FailAt(position, "X'...' holds hexadecimal digits only");
    bytes += static_cast<char>(value);
  }
  if (hex.size() % 2 != 0) return FailAt(position, "X'...' needs an even number of hexadecimal digits");
  auto length = static_cast<std::int32_t>(std::max<std::size_t>(bytes.size(), 1));
  return plan::Literal(std::move(bytes), Type::Binary(length), position);
}

std::int32_t Characters(std::string_view utf8) {
  std::int32_t n = 0;
  for (char c : utf8) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return std::max(n, 1);
}

std::int32_t FractionDigits(std::string_view text) {
  std::size_t point = text.find('.');
  return point == std::string_view::npos ? 0
                                         : static_cast<std::int32_t>(std::min<std::size_t>(text.size() - point - 1, 6));
}

std::optional<std::int64_t> MillisOf(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMillisecond: return 1;
    case TimeUnit::kSecond: return 1000;
    case TimeUnit::kMinute: return 60'000;
    case TimeUnit::kHour: return 3'600'000;
    case TimeUnit::kDay: return 86'400'000;
    case TimeUnit::kWeek: return 604'800'000;
    default: return std::nullopt;
  }
}

std::optional<std::int64_t> MonthsOf(TimeUnit unit) {
  switch (unit) {
    case TimeUnit::kMonth: return 1;
    case TimeUnit::kQuarter: return 3;
    case TimeUnit::kYear: return 12;
    default: return std::nullopt;
  }
}

bool Number(std::string_view& text, std::int64_t& value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || value < 0 || value > 1'000'000'000'000) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

/// ".5" as milliseconds; true when nothing is left.
bool Fraction(std::string_view text, std::int64_t& millis) {
  if (text.empty()) return true;
  if (text[0] != '.' || text.size() < 2) return false;
  std::int64_t scale = 100;
  for (char c : text.substr(1)) {
    if (c < '0' || c > '9') return false;
    millis += (c - '0') * scale;
    scale /= 10;
  }
  return true;
}

/// "1 10:20:30.5" between DAY and SECOND, any part of it, as milliseconds.
std::optional<std::int64_t> ParseDayTime(std::string_view text, TimeUnit from, TimeUnit to) {
  static constexpr TimeUnit kOrder[] = {TimeUnit::kDay, TimeUnit::kHour, TimeUnit::kMinute, TimeUnit::kSecond};
  std::int64_t total = 0;
  bool inside = false;
  for (TimeUnit unit : kOrder) {
    if (unit == from) inside = true;
    if (!inside) continue;
    if (unit != from) {
      char separator = unit == TimeUnit::kHour ? ' ' : ':';
      if (text.empty() || text[0] != separator) return std::nullopt;
      text.remove_prefix(1);
    }
    std::int64_t value = 0;
    if (!Number(text, value)) return std::nullopt;
    total += value * *MillisOf(unit);
    if (unit == to) break;
  }
  if (!Fraction(text, total) || (!text.empty() && to != TimeUnit::kSecond)) return std::nullopt;
  return total;
}

std::optional<std::int64_t> ParseSingle(std::string_view text, std::int64_t unit, bool fraction) {
  std::int64_t value = 0;
  if (!Number(text, value)) return std::nullopt;
  std::int64_t rest = 0;
  if (!Fraction(text, rest) || (!fraction && !text.empty())) return std::nullopt;
  return value * unit + rest;
}

std::optional<std::int64_t> ParseYearToMonth(std::string_view text) {
  std::int64_t years = 0;
  std::int64_t months = 0;
  if (!Number(text, years) || text.empty() || text[0] != '-') return std::nullopt;
  text.remove_prefix(1);
  if (!Number(text, months) || !text.empty()) return std::nullopt;
  return years * 12 + months;
}

}  // namespace

Result<ExpressionPtr> BindLiteral(const dialect::Literal& literal, const Session& session, TextPosition position) {
  const std::string& text = literal.text;
  switch (literal.kind) {
    case LiteralKind::kNull: return plan::Literal({}, Type::Null(), position);
    case LiteralKind::kBoolean: return plan::Literal(std::int64_t{text == "TRUE"}, Type::Boolean(), position);
    case LiteralKind::kInteger: return Integer(text, position);
    case LiteralKind::kDecimal: return Exact(text, position);
    case LiteralKind::kApproximate: return plan::Literal(std::strtod(text.c_str(), nullptr), Type::Double(), position);
    case LiteralKind::kString: return plan::Literal(text, Type::Char(Characters(text)), position);
    case LiteralKind::kBinary: return Bytes(text, position);
    case LiteralKind::kDate:
      if (auto days = plan::ParseDate(text)) return plan::Literal(*days, Type(TypeKind::kDate), position);
      return FailAt(position, fmt::format("DATE '{}' is no date; write DATE 'yyyy-MM-dd'", text));
    case LiteralKind::kTime:
      if (auto micros = plan::ParseTime(text))
        return plan::Literal(*micros, Type::Time(FractionDigits(text)), position);
      return FailAt(position, fmt::format("TIME '{}' is no time; write TIME 'HH:mm:ss'", text));
    case LiteralKind::kTimestamp:
    case LiteralKind::kTimestampLtz: break;
  }
  std::optional<std::int64_t> micros = plan::ParseTimestamp(text);
  if (!micros)
    return FailAt(position, fmt::format("TIMESTAMP '{}' is no timestamp; write TIMESTAMP 'yyyy-MM-dd HH:mm:ss'", text));
  ExpressionPtr local = plan::Literal(*micros, Type::Timestamp(FractionDigits(text)), position);
  if (literal.kind == LiteralKind::kTimestamp) return local;
  if (std::optional<std::int64_t> offset = FixedOffsetMs(session.zone)) {
    return plan::Literal(*micros - *offset * 1000, Type::TimestampLtz(FractionDigits(text)), position);
  }
  return FromLocal(local, session.zone);
}

Result<ExpressionPtr> BindInterval(const dialect::IntervalLiteral& interval, TextPosition position) {
  std::string_view text = interval.text;
  bool negative = interval.negative;
  if (text.starts_with('-')) {
    negative = !negative;
    text.remove_prefix(1);
  }
  std::optional<std::int64_t> value;
  bool months = MonthsOf(interval.from).has_value();
  if (interval.from == interval.to) {
    std::optional<std::int64_t> unit = months ? MonthsOf(interval.from) : MillisOf(interval.from);
    if (unit) value = ParseSingle(text, *unit, interval.from == TimeUnit::kSecond);
  } else if (interval.from == TimeUnit::kYear && interval.to == TimeUnit::kMonth) {
    value = ParseYearToMonth(text);
  } else if (!months) {
    value = ParseDayTime(text, interval.from, interval.to);
  }
  if (!value) {
    return FailAt(
        position,
        fmt::format(
            "INTERVAL '{}' does not fit its unit; write INTERVAL '5' MINUTE or INTERVAL '1 02:30:00' DAY TO SECOND",
            interval.text));
  }
  Type type(months ? TypeKind::kIntervalYearMonth : TypeKind::kIntervalDayTime);
  return plan::Literal(negative ? -*value : *value, type, position);
}

}  // namespace floe::sql::bind
