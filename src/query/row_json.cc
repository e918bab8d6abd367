// SPDX-License-Identifier: Apache-2.0
#include "query/row_json.h"

#include <algorithm>
#include <cmath>

#include <duckdb.hpp>
#include <duckdb/common/types/time.hpp>
#include <fmt/format.h>

#include "base/logging.h"

namespace floe::query {
namespace {

using data::Type;
using data::TypeKind;

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  out += logging::JsonEscape(text);
  out += '"';
}

std::string TimestampText(duckdb::timestamp_t value, int precision) {
  if (!duckdb::Timestamp::IsFinite(value)) return duckdb::Timestamp::ToString(value);
  duckdb::date_t date;
  duckdb::dtime_t time;
  duckdb::Timestamp::Convert(value, date, time);
  std::int32_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
  duckdb::Date::Convert(date, year, month, day);
  duckdb::Time::Convert(time, hour, minute, second, micros);
  std::string text = fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", year, month, day, hour, minute, second);
  if (precision > 0)
    text += "." + fmt::format("{:06}", micros).substr(0, static_cast<std::size_t>(std::min(precision, 6)));
  return text;
}

/// Exactly the type's digits, whatever the kernels keep.
std::string TimeText(std::string text, int precision) {
  const std::size_t seconds = std::min(text.find('.'), text.size());
  const auto digits = static_cast<std::size_t>(std::clamp(precision, 0, 6));
  if (digits == 0) return text.substr(0, seconds);
  if (seconds == text.size()) text += '.';
  text.resize(seconds + 1 + digits, '0');
  return text;
}

std::string HexText(const std::string& bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (unsigned char byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

void AppendFloat(std::string& out, double value, bool narrow) {
  if (!std::isfinite(value)) {
    AppendQuoted(out, std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    return;
  }
  std::string text = narrow ? fmt::format("{}", static_cast<float>(value)) : fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  out += text;
}

void AppendNested(std::string& out, const duckdb::Value& value, const Type& type) {
  if (type.kind() == TypeKind::kArray) {
    out += '[';
    bool first = true;
    for (const duckdb::Value& element : duckdb::ListValue::GetChildren(value)) {
      if (!std::exchange(first, false)) out += ',';
      AppendJson(out, element, type.child(0));
    }
    out += ']';
    return;
  }
  out += '{';
  if (type.kind() == TypeKind::kRow) {
    const auto& children = duckdb::StructValue::GetChildren(value);
    for (std::size_t i = 0; i < children.size() && i < type.fields().size(); ++i) {
      if (i > 0) out += ',';
      // DuckDB's ROW(1, 2) has no names.
      AppendQuoted(out, type.fields()[i].name.empty() ? fmt::format("f{}", i) : type.fields()[i].name);
      out += ':';
      AppendJson(out, children[i], type.child(i));
    }
  } else {
    bool first = true;
    for (const duckdb::Value& entry : duckdb::ListValue::GetChildren(value)) {
      const auto& pair = duckdb::StructValue::GetChildren(entry);
      if (!std::exchange(first, false)) out += ',';
      std::string key;
      AppendJson(key, pair[0], type.child(0));
      if (key.starts_with('"')) {
        out += key;
      } else {
        AppendQuoted(out, key);
      }
      out += ':';
      AppendJson(out, pair[1], type.kind() == TypeKind::kMap ? type.child(1) : Type::Int());
    }
  }
  out += '}';
}

}  // namespace

void AppendJson(std::string& out, const duckdb::Value& value, const Type& type) {
  if (value.IsNull()) {
    out += "null";
    return;
  }
  switch (type.kind()) {
    case TypeKind::kNull: out += "null"; return;
    case TypeKind::kBoolean: out += value.GetValue<bool>() ? "true" : "false"; return;
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt: out += fmt::format("{}", value.GetValue<std::int64_t>()); return;
    case TypeKind::kFloat: AppendFloat(out, value.GetValue<double>(), true); return;
    case TypeKind::kDouble: AppendFloat(out, value.GetValue<double>(), false); return;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: AppendQuoted(out, "x'" + HexText(duckdb::StringValue::Get(value)) + "'"); return;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      AppendQuoted(out, TimestampText(duckdb::timestamp_t(value.GetValueUnsafe<std::int64_t>()), type.precision()));
      return;
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
    case TypeKind::kRow: AppendNested(out, value, type); return;
    case TypeKind::kTime: AppendQuoted(out, TimeText(value.ToString(), type.precision())); return;
    case TypeKind::kDecimal:
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kDate:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime: AppendQuoted(out, value.ToString()); return;
  }
}

std::string RowJson(const data::Batch& batch, duckdb::idx_t row, const data::Schema& schema) {
  std::string out = "[";
  for (std::size_t i = 0; i < schema.size(); ++i) {
    if (i > 0) out += ',';
    AppendJson(out, batch.rows.GetValue(i, row), schema.fields[i].type);
  }
  return out + "]";
}

}  // namespace floe::query
