// SPDX-License-Identifier: Apache-2.0
#include "formats/input.h"

#include <fmt/format.h>

#include "formats/text.h"

namespace floe::formats {
namespace {

using data::TypeKind;

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

/// java.time leaves seconds out when they are zero (not for instants), and prints fractions in groups of three digits.
void AppendJavaTime(std::string& out, std::int64_t micros, bool always_seconds) {
  std::int64_t seconds = micros / kMicrosPerSecond;
  std::int64_t fraction = micros % kMicrosPerSecond;
  out += fmt::format("{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
  if (seconds % 60 == 0 && fraction == 0 && !always_seconds) return;
  out += fmt::format(":{:02}", seconds % 60);
  if (fraction == 0) return;
  out += fraction % 1000 == 0 ? fmt::format(".{:03}", fraction / 1000) : fmt::format(".{:06}", fraction);
}

void AppendJavaTimestamp(std::string& out, std::int64_t micros, bool zoned) {
  constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
  std::int64_t days = micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0);
  AppendDate(out, static_cast<std::int32_t>(days));
  out += 'T';
  AppendJavaTime(out, micros - days * kMicrosPerDay, zoned);
  if (zoned) out += 'Z';
}

void AppendHex(std::string& out, std::string_view bytes) {
  for (unsigned char byte : bytes) out += fmt::format("{:02x}", byte);
}

}  // namespace

Input Input::Make(const data::Type& type, std::string name) {
  Input input;
  input.type = type;
  input.name = std::move(name);
  for (std::size_t i = 0; i < type.fields().size(); ++i) {
    input.children.push_back(Make(type.child(i), type.fields()[i].name));
  }
  if (type.kind() == TypeKind::kMultiset) input.children.push_back(Make(data::Type::Int(), "count"));
  return input;
}

void Input::Bind(const duckdb::Vector& vector, std::size_t count) {
  owned_ = std::make_shared<duckdb::RecursiveUnifiedVectorFormat>();
  // DuckDB takes a mutable vector because it may flatten in place, which keeps the values.
  duckdb::Vector::RecursiveToUnifiedFormat(const_cast<duckdb::Vector&>(vector), count, *owned_);
  BindFormat(*owned_);
}

void Input::BindFormat(const duckdb::RecursiveUnifiedVectorFormat& from) {
  format = &from;
  const auto* nested = &from;
  if (type.kind() == TypeKind::kMap || type.kind() == TypeKind::kMultiset) nested = from.children.data();
  for (std::size_t i = 0; i < children.size(); ++i) children[i].BindFormat(nested->children[i]);
}

std::int64_t Input::Integer(std::size_t index) const {
  switch (type.kind()) {
    case TypeKind::kTinyInt: return Get<std::int8_t>(index);
    case TypeKind::kSmallInt: return Get<std::int16_t>(index);
    case TypeKind::kInt: return Get<std::int32_t>(index);
    default: return Get<std::int64_t>(index);
  }
}

__int128 Input::Decimal(std::size_t index) const {
  int precision = type.precision();
  if (precision <= 4) return Get<std::int16_t>(index);
  if (precision <= 9) return Get<std::int32_t>(index);
  if (precision <= 18) return Get<std::int64_t>(index);
  const auto& wide = Get<duckdb::hugeint_t>(index);
  return (static_cast<__int128>(wide.upper) << 64) + static_cast<__int128>(wide.lower);
}

bool AppendScalar(const Input& input, std::size_t index, TextStyle style, std::string& out) {
  bool java = style.timestamps == TextStyle::Timestamps::kJava;
  const data::Type& type = input.type;
  switch (type.kind()) {
    case TypeKind::kBoolean: out += input.Get<bool>(index) ? "true" : "false"; return true;
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt: AppendInteger(out, input.Integer(index)); return true;
    case TypeKind::kFloat: AppendFloat(out, input.Get<float>(index)); return true;
    case TypeKind::kDouble: AppendDouble(out, input.Get<double>(index)); return true;
    case TypeKind::kDecimal: AppendDecimal(out, input.Decimal(index), type.scale()); return true;
    case TypeKind::kDate: AppendDate(out, input.Get<std::int32_t>(index)); return true;
    case TypeKind::kTime:
      if (java) {
        AppendJavaTime(out, input.Get<std::int64_t>(index), false);
      } else {
        AppendTime(out, input.Get<std::int64_t>(index), type.precision());
      }
      return true;
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz: {
      bool zoned = type.kind() == TypeKind::kTimestampLtz;
      if (java) {
        AppendJavaTimestamp(out, input.Get<std::int64_t>(index), zoned);
      } else {
        AppendTimestamp(out, input.Get<std::int64_t>(index), TimestampFormat::kSql, zoned, type.precision());
      }
      return true;
    }
    default: return false;
  }
}

void AppendJavaText(const Input& input, std::size_t row, std::string& out) {
  std::size_t index = input.Index(row);
  if (input.IsNull(index)) {
    out += "null";
    return;
  }
  if (AppendScalar(input, index, {}, out)) return;
  auto list = [&](char open, char close, auto element) {
    const auto& entry = input.Get<duckdb::list_entry_t>(index);
    out += open;
    for (std::size_t i = 0; i < entry.length; ++i) {
      if (i > 0) out += ", ";
      element(entry.offset + i);
    }
    out += close;
  };
  switch (input.type.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar: out += input.Text(index); return;
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: AppendHex(out, input.Text(index)); return;
    case TypeKind::kArray: list('[', ']', [&](std::size_t at) { AppendJavaText(input.children[0], at, out); }); return;
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      list('{', '}', [&](std::size_t at) {
        // Keys and values are children of the entry struct, whose own row numbers they share.
        AppendJavaText(input.children[0], at, out);
        out += '=';
        AppendJavaText(input.children[1], at, out);
      });
      return;
    case TypeKind::kRow:
      out += "+I[";
      for (std::size_t i = 0; i < input.children.size(); ++i) {
        if (i > 0) out += ", ";
        AppendJavaText(input.children[i], index, out);
      }
      out += ']';
      return;
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime: {
      const auto& interval = input.Get<duckdb::interval_t>(index);
      out += fmt::format("{} months {} days {} us", interval.months, interval.days, interval.micros);
      return;
    }
    default: out += "null"; return;
  }
}

}  // namespace floe::formats
