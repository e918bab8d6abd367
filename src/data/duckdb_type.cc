// SPDX-License-Identifier: Apache-2.0
#include "data/duckdb_type.h"

#include <fmt/format.h>

namespace floe::data {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

Result<LogicalType> WithMicros(const Type& type, LogicalType duck) {
  if (type.precision() > 6) {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("{}: times are kept in microseconds; declare a precision of 6 or less", type.ToString()));
  }
  return duck;
}

Result<LogicalType> Nested(const Type& type) {
  if (type.kind() == TypeKind::kRow) {
    duckdb::child_list_t<LogicalType> children;
    for (const RowField& field : type.fields()) {
      FLOE_TRY(LogicalType child, ToDuckDB(*field.type));
      children.emplace_back(field.name, std::move(child));
    }
    return LogicalType::STRUCT(std::move(children));
  }
  FLOE_TRY(LogicalType first, ToDuckDB(type.child(0)));
  if (type.kind() == TypeKind::kArray) return LogicalType::LIST(first);
  if (type.kind() == TypeKind::kMultiset) return LogicalType::MAP(first, LogicalType::INTEGER);
  FLOE_TRY(LogicalType second, ToDuckDB(type.child(1)));
  return LogicalType::MAP(first, second);
}

}  // namespace

Result<LogicalType> ToDuckDB(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kNull: return LogicalType(LogicalTypeId::SQLNULL);
    case TypeKind::kBoolean: return LogicalType(LogicalTypeId::BOOLEAN);
    case TypeKind::kTinyInt: return LogicalType(LogicalTypeId::TINYINT);
    case TypeKind::kSmallInt: return LogicalType(LogicalTypeId::SMALLINT);
    case TypeKind::kInt: return LogicalType(LogicalTypeId::INTEGER);
    case TypeKind::kBigInt: return LogicalType(LogicalTypeId::BIGINT);
    case TypeKind::kFloat: return LogicalType(LogicalTypeId::FLOAT);
    case TypeKind::kDouble: return LogicalType(LogicalTypeId::DOUBLE);
    case TypeKind::kDecimal:
      return LogicalType::DECIMAL(static_cast<std::uint8_t>(type.precision()), static_cast<std::uint8_t>(type.scale()));
    case TypeKind::kChar:
    case TypeKind::kVarchar: return LogicalType(LogicalTypeId::VARCHAR);
    case TypeKind::kBinary:
    case TypeKind::kVarbinary: return LogicalType(LogicalTypeId::BLOB);
    case TypeKind::kDate: return LogicalType(LogicalTypeId::DATE);
    case TypeKind::kTime: return WithMicros(type, LogicalType(LogicalTypeId::TIME));
    case TypeKind::kTimestamp: return WithMicros(type, LogicalType(LogicalTypeId::TIMESTAMP));
    case TypeKind::kTimestampLtz: return WithMicros(type, LogicalType(LogicalTypeId::TIMESTAMP_TZ));
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime: return LogicalType(LogicalTypeId::INTERVAL);
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kMultiset:
    case TypeKind::kRow: return Nested(type);
  }
  return Fail(ErrorKind::kInternal, "type without a DuckDB form");
}

Result<duckdb::vector<LogicalType>> ToDuckDB(const Schema& schema) {
  duckdb::vector<LogicalType> types;
  types.reserve(schema.size());
  for (const Field& field : schema.fields) {
    FLOE_TRY(LogicalType type, ToDuckDB(field.type));
    types.push_back(std::move(type));
  }
  return types;
}

Result<Type> FromDuckDB(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::SQLNULL: return Type::Null();
    case LogicalTypeId::BOOLEAN: return Type::Boolean();
    case LogicalTypeId::TINYINT: return Type(TypeKind::kTinyInt);
    case LogicalTypeId::UTINYINT:
    case LogicalTypeId::SMALLINT: return Type(TypeKind::kSmallInt);
    case LogicalTypeId::USMALLINT:
    case LogicalTypeId::INTEGER: return Type::Int();
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::BIGINT: return Type::BigInt();
    case LogicalTypeId::UBIGINT: return Type::Decimal(20, 0);
    case LogicalTypeId::HUGEINT: return Type::Decimal(38, 0);
    case LogicalTypeId::FLOAT: return Type(TypeKind::kFloat);
    case LogicalTypeId::DOUBLE: return Type::Double();
    case LogicalTypeId::DECIMAL:
      return Type::Decimal(duckdb::DecimalType::GetWidth(type), duckdb::DecimalType::GetScale(type));
    case LogicalTypeId::VARCHAR: return Type::String();
    case LogicalTypeId::BLOB: return Type::Bytes();
    case LogicalTypeId::UUID: return Type::Char(36);
    case LogicalTypeId::DATE: return Type(TypeKind::kDate);
    case LogicalTypeId::TIME: return Type::Time(6);
    case LogicalTypeId::TIMESTAMP_SEC: return Type::Timestamp(0);
    case LogicalTypeId::TIMESTAMP_MS: return Type::Timestamp(3);
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_NS: return Type::Timestamp(6);
    case LogicalTypeId::TIMESTAMP_TZ: return Type::TimestampLtz(6);
    case LogicalTypeId::INTERVAL: return Type(TypeKind::kIntervalDayTime);
    case LogicalTypeId::LIST: {
      FLOE_TRY(Type element, FromDuckDB(duckdb::ListType::GetChildType(type)));
      return Type::Array(std::move(element));
    }
    case LogicalTypeId::MAP: {
      FLOE_TRY(Type key, FromDuckDB(duckdb::MapType::KeyType(type)));
      FLOE_TRY(Type value, FromDuckDB(duckdb::MapType::ValueType(type)));
      return Type::Map(std::move(key), std::move(value));
    }
    case LogicalTypeId::STRUCT: {
      std::vector<RowField> fields;
      for (const auto& [name, child_type] : duckdb::StructType::GetChildTypes(type)) {
        FLOE_TRY(Type child, FromDuckDB(child_type));
        fields.push_back({std::string(name), std::make_shared<const Type>(std::move(child)), {}});
      }
      return Type::Row(std::move(fields));
    }
    default: return Fail(ErrorKind::kNotSupported, "DuckDB type " + type.ToString() + " has no Flink type");
  }
}

}  // namespace floe::data
