// SPDX-License-Identifier: Apache-2.0
#include "formats/json/json_encoder.h"

#include <cmath>

#include <fmt/format.h>

#include "formats/json/lexer.h"
#include "formats/text.h"

namespace floe::formats::json {
namespace {

using data::TypeKind;

template <typename T>
void AppendReal(std::string& out, T value) {
  bool quoted = !std::isfinite(value);
  if (quoted) out += '"';
  if constexpr (std::is_same_v<T, float>) {
    AppendFloat(out, value);
  } else {
    AppendDouble(out, value);
  }
  if (quoted) out += '"';
}

Status CheckType(const data::Type& type, const std::string& name) {
  if (type.IsInterval()) {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("column '{}': format 'json' cannot hold {}", name, type.ToString()));
  }
  if ((type.kind() == TypeKind::kMap || type.kind() == TypeKind::kMultiset) && !type.child(0).IsCharacter()) {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("column '{}': keys of {} must be strings in format 'json'", name, type.ToString()));
  }
  for (const data::RowField& field : type.fields()) FLOE_TRY_VOID(CheckType(*field.type, name));
  return {};
}

}  // namespace

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  const char* p = text.data();
  const char* end = p + text.size();
  for (;;) {
    bool high = false;
    const char* stop = FindSpecial(p, end, end, high);
    out.append(p, static_cast<std::size_t>(stop - p));
    if (stop == end) break;
    switch (*stop) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default: out += fmt::format("\\u{:04x}", static_cast<unsigned>(*stop)); break;
    }
    p = stop + 1;
  }
  out += '"';
}

Result<std::unique_ptr<RowEncoder>> JsonEncoder::Make(EncoderRequest request) {
  FLOE_TRY(JsonOptions options, JsonOptions::Make(request.options));
  std::unique_ptr<JsonEncoder> encoder(new JsonEncoder(std::move(options)));
  for (const data::Field& field : request.schema.fields) {
    FLOE_TRY_VOID(CheckType(field.type, field.name));
    encoder->columns_.push_back(Input::Make(field.type, field.name));
  }
  return encoder;
}

void JsonEncoder::Bind(const data::Batch& batch, std::span<const int> columns) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].Bind(batch.rows.data[static_cast<std::size_t>(columns[i])], batch.size());
  }
}

Status JsonEncoder::Encode(std::size_t row, std::string& out) {
  return WriteObject(columns_, row, out);
}

template <typename Fields>
Status JsonEncoder::WriteObject(const Fields& fields, std::size_t row, std::string& out) const {
  out += '{';
  bool first = true;
  for (const Input& field : fields) {
    if (options_.encode_ignores_nulls && field.IsNull(field.Index(row))) continue;
    if (!first) out += ',';
    first = false;
    AppendQuoted(out, field.name);
    out += ':';
    FLOE_TRY_VOID(WriteValue(field, row, out));
  }
  out += '}';
  return {};
}

Status JsonEncoder::WriteValue(const Input& input, std::size_t row, std::string& out) const {
  std::size_t index = input.Index(row);
  if (input.IsNull(index)) {
    out += "null";
    return {};
  }
  const data::Type& type = input.type;
  switch (type.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar: AppendQuoted(out, input.Text(index)); return {};
    case TypeKind::kBinary:
    case TypeKind::kVarbinary:
      out += '"';
      AppendBase64(out, input.Text(index));
      out += '"';
      return {};
    case TypeKind::kFloat: AppendReal(out, input.Get<float>(index)); return {};
    case TypeKind::kDouble: AppendReal(out, input.Get<double>(index)); return {};
    case TypeKind::kDate:
    case TypeKind::kTime:
      out += '"';
      AppendScalar(input, index, {TextStyle::Timestamps::kSql}, out);
      out += '"';
      return {};
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      out += '"';
      AppendTimestamp(out, input.Get<std::int64_t>(index), options_.timestamps, type.kind() == TypeKind::kTimestampLtz,
                      type.precision());
      out += '"';
      return {};
    case TypeKind::kArray: {
      const auto& entry = input.Get<duckdb::list_entry_t>(index);
      out += '[';
      for (std::size_t i = 0; i < entry.length; ++i) {
        if (i > 0) out += ',';
        FLOE_TRY_VOID(WriteValue(input.children[0], entry.offset + i, out));
      }
      out += ']';
      return {};
    }
    case TypeKind::kMap:
    case TypeKind::kMultiset: return WriteMap(input, index, out);
    case TypeKind::kRow: return WriteObject(input.children, index, out);
    default: AppendScalar(input, index, {TextStyle::Timestamps::kSql}, out); return {};
  }
}

Status JsonEncoder::WriteMap(const Input& input, std::size_t index, std::string& out) const {
  const auto& entry = input.Get<duckdb::list_entry_t>(index);
  const Input& keys = input.children[0];
  out += '{';
  bool first = true;
  for (std::size_t i = 0; i < entry.length; ++i) {
    std::size_t at = entry.offset + i;
    std::size_t key = keys.Index(at);
    bool null_key = keys.IsNull(key);
    if (null_key && options_.null_keys == NullKeyMode::kDrop) continue;
    if (null_key && options_.null_keys == NullKeyMode::kFail) {
      return Fail(
          ErrorKind::kInvalidInput,
          fmt::format("column '{}': a map key is NULL; set json.map-null-key.mode to DROP or LITERAL", input.name));
    }
    if (!first) out += ',';
    first = false;
    AppendQuoted(out, null_key ? std::string_view(options_.null_key_literal) : keys.Text(key));
    out += ':';
    FLOE_TRY_VOID(WriteValue(input.children[1], at, out));
  }
  out += '}';
  return {};
}

}  // namespace floe::formats::json
