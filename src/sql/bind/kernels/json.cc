// SPDX-License-Identifier: Apache-2.0
// JSON_STRING, JSON_OBJECT and JSON_ARRAY as Flink writes them (its JsonGenerateUtils and SqlJsonUtils).
#include <cmath>
#include <map>
#include <optional>

#include <duckdb/common/types/blob.hpp>
#include <fmt/format.h>

#include "base/logging.h"
#include "duck/guard.h"
#include "sql/bind/kernels/kernels_internal.h"
#include "sql/dialect/parser.h"
#include "sql/plan/literal_text.h"

namespace floe::sql::bind {
namespace {

using data::Type;
using data::TypeKind;
using duckdb::Value;

/// By key, as JSON texts.
using Members = std::map<std::string, std::string>;

std::string Quoted(std::string_view text) {
  return '"' + logging::JsonEscape(text) + '"';
}

std::string ObjectOf(const Members& members) {
  std::string text = "{";
  for (const auto& [key, value] : members) text += (text.size() > 1 ? "," : "") + Quoted(key) + ":" + value;
  return text + "}";
}

/// "1.50" is 1.5, "2.00" is 2.
std::string ShortFraction(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

/// "2024-02-29T12:00:00.5": as many digits as there are, as Java's ISO_LOCAL_DATE_TIME.
std::string IsoText(std::int64_t micros) {
  std::string text = ShortFraction(plan::TimestampText(micros, 6));
  if (std::size_t blank = text.find(' '); blank != std::string::npos) text[blank] = 'T';
  return text;
}

/// JSON has no NaN and no infinities: they are strings, as in the json format.
std::string RealText(double value, std::string text) {
  return std::isfinite(value) ? text : Quoted(text);
}

std::string Json(const Value& value, const Type& type);

std::string ListJson(const Value& value, const Type& element) {
  std::string text = "[";
  for (const Value& child : duckdb::ListValue::GetChildren(value))
    text += (text.size() > 1 ? "," : "") + Json(child, element);
  return text + "]";
}

std::string MapJson(const Value& value, const Type& type) {
  Members members;
  for (const Value& entry : duckdb::MapValue::GetChildren(value)) {
    const auto& pair = duckdb::StructValue::GetChildren(entry);
    std::string key =
        type.child(0).IsCharacter() ? duckdb::StringValue::Get(pair[0]) : TextOfValue(pair[0], type.child(0), 0);
    members[key] = Json(pair[1], type.child(1));
  }
  return ObjectOf(members);
}

std::string RowJson(const Value& value, const Type& type) {
  Members members;
  const auto& children = duckdb::StructValue::GetChildren(value);
  for (std::size_t i = 0; i < children.size(); ++i) members[type.fields()[i].name] = Json(children[i], type.child(i));
  return ObjectOf(members);
}

std::string Json(const Value& value, const Type& type) {
  if (value.IsNull()) return "null";
  switch (type.kind()) {
    case TypeKind::kBoolean: return value.GetValue<bool>() ? "true" : "false";
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt:
    case TypeKind::kBigInt: return value.ToString();
    case TypeKind::kDecimal: return ShortFraction(value.ToString());  // as Jackson
    case TypeKind::kFloat: return RealText(value.GetValue<float>(), JavaText(value.GetValue<float>()));
    case TypeKind::kDouble: return RealText(value.GetValue<double>(), JavaText(value.GetValue<double>()));
    case TypeKind::kChar:
    case TypeKind::kVarchar: return Quoted(duckdb::StringValue::Get(value));
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return Quoted(duckdb::Blob::ToBase64(duckdb::string_t(duckdb::StringValue::Get(value))));
    case TypeKind::kTimestamp: return Quoted(IsoText(value.GetValueUnsafe<std::int64_t>()));
    case TypeKind::kTimestampLtz: return Quoted(IsoText(value.GetValueUnsafe<std::int64_t>()) + "Z");
    case TypeKind::kArray: return ListJson(value, type.child(0));
    case TypeKind::kMap: return MapJson(value, type);
    case TypeKind::kRow: return RowJson(value, type);
    default: return Quoted(TextOfValue(value, type, 0));  // dates, times and intervals, which Flink refuses
  }
}

void JsonOf(duckdb::DataChunk& args, duckdb::ExpressionState&, duckdb::Vector& result) {
  auto type = dialect::ParseType(args.data[1].GetValue(0).ToString());
  if (!type) duck::Raise(std::move(type).error());
  ForRows(args, result, [&](duckdb::idx_t row) -> std::optional<std::string> {
    Value value = args.data[0].GetValue(row);
    if (value.IsNull()) return std::nullopt;
    return Json(value, type->type);
  });
}

void JsonObject(duckdb::DataChunk& args, duckdb::ExpressionState&, duckdb::Vector& result) {
  bool nulls = args.data[0].GetValue(0).GetValue<bool>();
  ForRows(args, result, [&](duckdb::idx_t row) -> std::optional<std::string> {
    Members members;
    for (std::size_t i = 1; i + 1 < args.ColumnCount(); i += 2) {
      Value key = args.data[i].GetValue(row);
      Value json = args.data[i + 1].GetValue(row);
      if (key.IsNull()) duck::Raise(Error(ErrorKind::kInvalidInput, "JSON_OBJECT: a KEY is NULL; use COALESCE"));
      if (!json.IsNull() || nulls)
        members[duckdb::StringValue::Get(key)] = json.IsNull() ? "null" : duckdb::StringValue::Get(json);
    }
    return ObjectOf(members);
  });
}

void JsonArray(duckdb::DataChunk& args, duckdb::ExpressionState&, duckdb::Vector& result) {
  bool nulls = args.data[0].GetValue(0).GetValue<bool>();
  ForRows(args, result, [&](duckdb::idx_t row) -> std::optional<std::string> {
    std::string text = "[";
    for (std::size_t i = 1; i < args.ColumnCount(); ++i) {
      Value json = args.data[i].GetValue(row);
      if (json.IsNull() && !nulls) continue;
      text += (text.size() > 1 ? "," : "") + (json.IsNull() ? "null" : duckdb::StringValue::Get(json));
    }
    return text + "]";
  });
}

}  // namespace

void RegisterJson(duckdb::ExtensionLoader& loader) {
  using duckdb::LogicalType;
  using duckdb::ScalarFunction;
  loader.RegisterFunction(
      ScalarFunction("floe_json", {LogicalType::ANY, LogicalType::VARCHAR}, LogicalType::VARCHAR, JsonOf));
  const auto add = [&loader](const char* name, duckdb::scalar_function_t kernel) {
    ScalarFunction function(name, {LogicalType::BOOLEAN}, LogicalType::VARCHAR, std::move(kernel));
    function.varargs = LogicalType::VARCHAR;
    function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
    function.SetFallible();
    loader.RegisterFunction(function);
  };
  add("floe_json_object", JsonObject);
  add("floe_json_array", JsonArray);
}

}  // namespace floe::sql::bind
