// SPDX-License-Identifier: Apache-2.0
// CAST to STRING of values that hold others, of intervals and of bytes, as Flink writes them.
#include <fmt/format.h>

#include "duck/guard.h"
#include "sql/bind/kernels/kernels_internal.h"
#include "sql/dialect/parser.h"
#include "sql/plan/literal_text.h"

namespace floe::sql::bind {
namespace {

using data::Type;
using data::TypeKind;
using duckdb::Value;

constexpr std::int64_t kDayMs = 86'400'000;

/// "+1 02:03:04.005".
std::string DayTimeText(const duckdb::interval_t& interval) {
  std::int64_t ms = (interval.months * 30LL + interval.days) * kDayMs + interval.micros / 1000;
  std::uint64_t size = ms < 0 ? 0 - static_cast<std::uint64_t>(ms) : static_cast<std::uint64_t>(ms);
  std::uint64_t rest = size % kDayMs;
  return fmt::format("{}{} {:02}:{:02}:{:02}.{:03}", ms < 0 ? '-' : '+', size / kDayMs, rest / 3'600'000,
                     rest / 60'000 % 60, rest / 1000 % 60, rest % 1000);
}

/// "+1-02".
std::string YearMonthText(const duckdb::interval_t& interval) {
  std::int64_t months = interval.months;
  std::int64_t size = months < 0 ? -months : months;
  return fmt::format("{}{}-{:02}", months < 0 ? '-' : '+', size / 12, size % 12);
}

/// How many bytes at `at` are one UTF-8 character; 0 and how many to skip when they are none.
std::size_t Character(std::string_view bytes, std::size_t at, std::size_t& skip) {
  auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  unsigned char lead = byte(at);
  skip = 1;
  if (lead < 0x80) return 1;
  std::size_t length = lead >= 0xC2 && lead <= 0xDF   ? 2
                       : lead >= 0xE0 && lead <= 0xEF ? 3
                       : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                      : 0;
  if (length == 0) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (at + i >= bytes.size()) return 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (i == 1 && lead == 0xE0) low = 0xA0;
    if (i == 1 && lead == 0xED) high = 0x9F;
    if (i == 1 && lead == 0xF0) low = 0x90;
    if (i == 1 && lead == 0xF4) high = 0x8F;
    if (byte(at + i) < low || byte(at + i) > high) return 0;
    skip = i + 1;  // the longest good beginning becomes one replacement, as Java does it
  }
  return length;
}

std::string Decoded(std::string_view bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size();) {
    std::size_t skip = 1;
    if (std::size_t length = Character(bytes, at, skip)) {
      text += bytes.substr(at, length);
      at += length;
    } else {
      text += "\xEF\xBF\xBD";
      at += skip;
    }
  }
  return text;
}

std::string ListText(const Value& value, const Type& element, std::int64_t offset_us) {
  std::string text = "[";
  for (const Value& child : duckdb::ListValue::GetChildren(value))
    text += (text.size() > 1 ? ", " : "") + TextOfValue(child, element, offset_us);
  return text + "]";
}

std::string MapText(const Value& value, const Type& type, std::int64_t offset_us) {
  std::string text = "{";
  for (const Value& entry : duckdb::MapValue::GetChildren(value)) {
    const auto& pair = duckdb::StructValue::GetChildren(entry);
    text += text.size() > 1 ? ", " : "";
    text += TextOfValue(pair[0], type.child(0), offset_us) + "=" + TextOfValue(pair[1], type.child(1), offset_us);
  }
  return text + "}";
}

std::string RowText(const Value& value, const Type& type, std::int64_t offset_us) {
  const auto& children = duckdb::StructValue::GetChildren(value);
  std::string text = "(";
  for (std::size_t i = 0; i < children.size(); ++i)
    text += (i > 0 ? ", " : "") + TextOfValue(children[i], type.child(i), offset_us);
  return text + ")";
}

}  // namespace

std::string TextOfValue(const Value& value, const Type& type, std::int64_t offset_us) {
  if (value.IsNull()) return "NULL";
  switch (type.kind()) {
    case TypeKind::kBoolean: return value.GetValue<bool>() ? "TRUE" : "FALSE";
    case TypeKind::kFloat: return JavaText(value.GetValue<float>());
    case TypeKind::kDouble: return JavaText(value.GetValue<double>());
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return Decoded(duckdb::StringValue::Get(value));
    case TypeKind::kTime: return plan::TimeText(value.GetValueUnsafe<std::int64_t>(), type.precision());
    case TypeKind::kTimestamp: return plan::TimestampText(value.GetValueUnsafe<std::int64_t>(), type.precision());
    case TypeKind::kTimestampLtz:
      return plan::TimestampText(value.GetValueUnsafe<std::int64_t>() + offset_us, type.precision());
    case TypeKind::kIntervalDayTime: return DayTimeText(value.GetValueUnsafe<duckdb::interval_t>());
    case TypeKind::kIntervalYearMonth: return YearMonthText(value.GetValueUnsafe<duckdb::interval_t>());
    case TypeKind::kArray: return ListText(value, type.child(0), offset_us);
    case TypeKind::kMap: return MapText(value, type, offset_us);
    case TypeKind::kRow: return RowText(value, type, offset_us);
    default: return value.ToString();
  }
}

namespace {

void ValueText(duckdb::DataChunk& args, duckdb::ExpressionState&, duckdb::Vector& result) {
  auto type = dialect::ParseType(args.data[1].GetValue(0).ToString());
  if (!type) duck::Raise(std::move(type).error());
  std::int64_t offset_us = args.data[2].GetValue(0).GetValue<std::int64_t>() * 1000;
  ForRows(args, result, [&](duckdb::idx_t row) -> std::optional<std::string> {
    Value value = args.data[0].GetValue(row);
    if (value.IsNull()) return std::nullopt;
    return TextOfValue(value, type->type, offset_us);
  });
}

}  // namespace

void RegisterValueText(duckdb::ExtensionLoader& loader) {
  using duckdb::LogicalType;
  loader.RegisterFunction(duckdb::ScalarFunction("floe_value_text",
                                                 {LogicalType::ANY, LogicalType::VARCHAR, LogicalType::BIGINT},
                                                 LogicalType::VARCHAR, ValueText));
}

}  // namespace floe::sql::bind
