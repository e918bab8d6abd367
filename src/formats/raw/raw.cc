// SPDX-License-Identifier: Apache-2.0
#include "formats/raw/raw.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "formats/option_values.h"
#include "formats/text.h"

namespace floe::formats::raw {
namespace {

using data::TypeKind;

/// Bytes of the binary form; 0 for text and bytes, -1 for types raw cannot hold.
int Width(const data::Type& type) {
  switch (type.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar:
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return 0;
    case TypeKind::kBoolean:
    case TypeKind::kTinyInt: return 1;
    case TypeKind::kSmallInt: return 2;
    case TypeKind::kInt:
    case TypeKind::kFloat: return 4;
    case TypeKind::kBigInt:
    case TypeKind::kDouble: return 8;
    default: return -1;
  }
}

Result<bool> CheckSchema(const data::Schema& schema, const FormatOptions& options) {
  if (schema.size() != 1) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("format 'raw' takes exactly one column, not {}", schema.size()));
  }
  const data::Field& field = schema.fields[0];
  if (Width(field.type) < 0) {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("column '{}': format 'raw' cannot hold {}", field.name, field.type.ToString()));
  }
  FLOE_TRY(std::string charset, ChoiceOption(options, "raw.charset", "UTF-8", {"UTF-8"}));
  FLOE_TRY(std::string endianness,
           ChoiceOption(options, "raw.endianness", "big-endian", {"big-endian", "little-endian"}));
  return endianness == "big-endian";
}

}  // namespace

Result<std::unique_ptr<RowDecoder>> RawDecoder::Make(DecoderRequest request) {
  FLOE_TRY(bool big_endian, CheckSchema(request.schema, request.options));
  const data::Field& field = request.schema.fields[0];
  return std::unique_ptr<RowDecoder>(
      new RawDecoder(Column::Make(field.type, field.name), !request.columns.empty(), big_endian));
}

void RawDecoder::Bind(std::span<duckdb::Vector* const> vectors) {
  if (wanted_) column_.Bind(*vectors[0]);
}

DecodeStatus RawDecoder::Append(std::string_view message, std::size_t row) {
  if (!wanted_) return DecodeStatus::kRow;
  auto width = static_cast<std::size_t>(Width(column_.type));
  if (width == 0) {
    if (column_.type.IsCharacter() && !ValidUtf8(message)) {
      error_ = {"RawParseError",
                fmt::format("field '{}' is not valid UTF-8; declare it BYTES to keep it", column_.name)};
      return DecodeStatus::kBad;
    }
    column_.SetString(row, message, pin_);
    return DecodeStatus::kRow;
  }
  if (message.size() != width) {
    error_ = {"RawParseError", fmt::format("field '{}': {} takes {} bytes, the message has {}", column_.name,
                                           column_.type.ToString(), width, message.size())};
    return DecodeStatus::kBad;
  }
  char bytes[8] = {};
  std::memcpy(bytes, message.data(), width);
  if (big_endian_) std::reverse(bytes, bytes + width);
  if (column_.type.kind() == TypeKind::kBoolean) bytes[0] = bytes[0] != 0 ? 1 : 0;
  std::memcpy(static_cast<char*>(column_.data) + row * width, bytes, width);
  column_.MarkValid(row);
  return DecodeStatus::kRow;
}

Result<std::unique_ptr<RowEncoder>> RawEncoder::Make(EncoderRequest request) {
  FLOE_TRY(bool big_endian, CheckSchema(request.schema, request.options));
  const data::Field& field = request.schema.fields[0];
  return std::unique_ptr<RowEncoder>(new RawEncoder(Input::Make(field.type, field.name), big_endian));
}

void RawEncoder::Bind(const data::Batch& batch, std::span<const int> columns) {
  input_.Bind(batch.rows.data[static_cast<std::size_t>(columns[0])], batch.size());
}

Status RawEncoder::Encode(std::size_t row, std::string& out) {
  std::size_t index = input_.Index(row);
  if (input_.IsNull(index)) return {};
  auto width = static_cast<std::size_t>(Width(input_.type));
  if (width == 0) {
    out += input_.Text(index);
    return {};
  }
  char bytes[8];
  std::memcpy(bytes, input_.format->unified.data + index * width, width);
  if (big_endian_) std::reverse(bytes, bytes + width);
  out.append(bytes, width);
  return {};
}

}  // namespace floe::formats::raw
