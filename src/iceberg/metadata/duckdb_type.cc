// SPDX-License-Identifier: Apache-2.0
#include "iceberg/metadata/duckdb_type.h"

#include <duckdb.hpp>
#include <duckdb/common/types/uuid.hpp>
#include <fmt/format.h>

namespace floe::iceberg {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;

Int128 FromHugeint(duckdb::hugeint_t value) {
  return static_cast<Int128>(static_cast<unsigned __int128>(static_cast<std::uint64_t>(value.upper)) << 64 |
                             value.lower);
}

duckdb::hugeint_t ToHugeint(Int128 value) {
  return duckdb::hugeint_t(static_cast<std::int64_t>(value >> 64), static_cast<std::uint64_t>(value));
}

/// DuckDB keeps a UUID as a hugeint with the top bit flipped, so that it sorts.
std::string UuidBytes(duckdb::hugeint_t value) {
  auto bits = static_cast<unsigned __int128>(FromHugeint(value)) ^ static_cast<unsigned __int128>(1) << 127;
  std::string bytes(16, '\0');
  for (std::size_t i = 16; i > 0; --i, bits >>= 8) bytes[i - 1] = static_cast<char>(bits & 0xff);
  return bytes;
}

duckdb::hugeint_t UuidFromBytes(std::string_view bytes) {
  unsigned __int128 bits = 0;
  for (char c : bytes.substr(0, 16)) bits = bits << 8 | static_cast<unsigned char>(c);
  return ToHugeint(static_cast<Int128>(bits ^ static_cast<unsigned __int128>(1) << 127));
}

}  // namespace

Result<LogicalType> ToDuckDB(const Type& type) {
  switch (type.id) {
    case TypeId::kBoolean: return LogicalType(LogicalTypeId::BOOLEAN);
    case TypeId::kInt: return LogicalType(LogicalTypeId::INTEGER);
    case TypeId::kLong: return LogicalType(LogicalTypeId::BIGINT);
    case TypeId::kFloat: return LogicalType(LogicalTypeId::FLOAT);
    case TypeId::kDouble: return LogicalType(LogicalTypeId::DOUBLE);
    case TypeId::kDecimal:
      return LogicalType::DECIMAL(static_cast<std::uint8_t>(type.precision), static_cast<std::uint8_t>(type.scale));
    case TypeId::kDate: return LogicalType(LogicalTypeId::DATE);
    case TypeId::kTime: return LogicalType(LogicalTypeId::TIME);
    case TypeId::kTimestamp: return LogicalType(LogicalTypeId::TIMESTAMP);
    case TypeId::kTimestampTz: return LogicalType(LogicalTypeId::TIMESTAMP_TZ);
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs: return LogicalType(LogicalTypeId::TIMESTAMP_NS);
    case TypeId::kString: return LogicalType(LogicalTypeId::VARCHAR);
    case TypeId::kUuid: return LogicalType(LogicalTypeId::UUID);
    case TypeId::kFixed:
    case TypeId::kBinary: return LogicalType(LogicalTypeId::BLOB);
    case TypeId::kUnknown:
    case TypeId::kVariant: break;
    case TypeId::kList: {
      FLOE_TRY(LogicalType element, ToDuckDB(type.fields.at(0).type));
      return LogicalType::LIST(element);
    }
    case TypeId::kMap: {
      FLOE_TRY(LogicalType key, ToDuckDB(type.fields.at(0).type));
      FLOE_TRY(LogicalType value, ToDuckDB(type.fields.at(1).type));
      return LogicalType::MAP(key, value);
    }
    case TypeId::kStruct: {
      duckdb::child_list_t<LogicalType> children;
      for (const Field& field : type.fields) {
        FLOE_TRY(LogicalType child, ToDuckDB(field.type));
        children.emplace_back(field.name, std::move(child));
      }
      if (children.empty()) break;
      return LogicalType::STRUCT(std::move(children));
    }
  }
  return Fail(ErrorKind::kNotSupported, fmt::format("columns of Iceberg type {} are not supported", type.ToString()));
}

Result<duck::ParquetColumn> ToParquetColumn(const Field& field) {
  duck::ParquetColumn column;
  column.name = field.name;
  column.field_id = field.id;
  FLOE_TRY(column.type, ToDuckDB(field.type));
  for (const Field& child : field.type.fields) {
    FLOE_TRY(duck::ParquetColumn part, ToParquetColumn(child));
    column.children.push_back(std::move(part));
  }
  return column;
}

Literal LiteralFromDuckDB(const Value& value, const Type& type) {
  if (value.IsNull()) return {};
  switch (type.id) {
    case TypeId::kBoolean: return duckdb::BooleanValue::Get(value);
    case TypeId::kInt: return static_cast<std::int64_t>(duckdb::IntegerValue::Get(value));
    case TypeId::kLong: return duckdb::BigIntValue::Get(value);
    case TypeId::kFloat: return static_cast<double>(duckdb::FloatValue::Get(value));
    case TypeId::kDouble: return duckdb::DoubleValue::Get(value);
    case TypeId::kDate: return static_cast<std::int64_t>(duckdb::DateValue::Get(value).days);
    case TypeId::kTime: return duckdb::TimeValue::Get(value).micros;
    case TypeId::kTimestamp: return duckdb::TimestampValue::Get(value).value;
    case TypeId::kTimestampTz: return value.GetValueUnsafe<duckdb::timestamp_tz_t>().value;
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs: return value.GetValueUnsafe<duckdb::timestamp_ns_t>().value;
    case TypeId::kDecimal:
      switch (value.type().InternalType()) {
        case duckdb::PhysicalType::INT16: return static_cast<Int128>(value.GetValueUnsafe<std::int16_t>());
        case duckdb::PhysicalType::INT32: return static_cast<Int128>(value.GetValueUnsafe<std::int32_t>());
        case duckdb::PhysicalType::INT64: return static_cast<Int128>(value.GetValueUnsafe<std::int64_t>());
        default: return FromHugeint(value.GetValueUnsafe<duckdb::hugeint_t>());
      }
    case TypeId::kUuid: return UuidBytes(value.GetValueUnsafe<duckdb::hugeint_t>());
    case TypeId::kString:
    case TypeId::kFixed:
    case TypeId::kBinary: return std::string(duckdb::StringValue::Get(value));
    default: return {};
  }
}

Value ToDuckDB(const Literal& literal, const Type& type) {
  auto duck = ToDuckDB(type);
  if (!duck) return Value();
  if (IsNull(literal)) return Value(*duck);
  switch (type.id) {
    case TypeId::kBoolean: return Value::BOOLEAN(std::get<bool>(literal));
    case TypeId::kInt: return Value::INTEGER(static_cast<std::int32_t>(std::get<std::int64_t>(literal)));
    case TypeId::kLong: return Value::BIGINT(std::get<std::int64_t>(literal));
    case TypeId::kFloat: return Value::FLOAT(static_cast<float>(std::get<double>(literal)));
    case TypeId::kDouble: return Value::DOUBLE(std::get<double>(literal));
    case TypeId::kDate: return Value::DATE(duckdb::date_t(static_cast<std::int32_t>(std::get<std::int64_t>(literal))));
    case TypeId::kTime: return Value::TIME(duckdb::dtime_t(std::get<std::int64_t>(literal)));
    case TypeId::kTimestamp: return Value::TIMESTAMP(duckdb::timestamp_t(std::get<std::int64_t>(literal)));
    case TypeId::kTimestampTz: return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(std::get<std::int64_t>(literal)));
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs: return Value::TIMESTAMPNS(duckdb::timestamp_ns_t(std::get<std::int64_t>(literal)));
    case TypeId::kDecimal: {
      Int128 unscaled = std::get<Int128>(literal);
      auto width = static_cast<std::uint8_t>(type.precision);
      auto scale = static_cast<std::uint8_t>(type.scale);
      if (type.precision <= 18) return Value::DECIMAL(static_cast<std::int64_t>(unscaled), width, scale);
      return Value::DECIMAL(ToHugeint(unscaled), width, scale);
    }
    case TypeId::kUuid: return Value::UUID(UuidFromBytes(std::get<std::string>(literal)));
    case TypeId::kString: return Value(std::get<std::string>(literal));
    default: return Value::BLOB_RAW(std::get<std::string>(literal));
  }
}

}  // namespace floe::iceberg
