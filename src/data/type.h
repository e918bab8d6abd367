// SPDX-License-Identifier: Apache-2.0
// Flink's logical types: what the SQL front reasons about. Values live in DuckDB vectors (duckdb_type.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace floe::data {

enum class TypeKind : std::uint8_t {
  kNull,
  kBoolean,
  kTinyInt,
  kSmallInt,
  kInt,
  kBigInt,
  kFloat,
  kDouble,
  kDecimal,  ///< precision 1..38, scale 0..precision
  kChar,     ///< length 1..2^31-1
  kVarchar,  ///< STRING is VARCHAR(2147483647)
  kBinary,
  kVarbinary,  ///< BYTES is VARBINARY(2147483647)
  kDate,
  kTime,          ///< precision 0..9, kept in microseconds
  kTimestamp,     ///< without zone; precision 0..9, kept in microseconds
  kTimestampLtz,  ///< an instant; precision 0..9, kept in microseconds since the epoch
  kIntervalYearMonth,
  kIntervalDayTime,
  kArray,
  kMap,
  kMultiset,
  kRow,
};

class Type;

struct RowField {
  std::string name;
  std::shared_ptr<const Type> type;
  std::string comment;
};

/// A value; copying is cheap (children are shared and immutable).
class Type {
 public:
  static constexpr std::int32_t kMaxLength = 2147483647;

  Type() = default;
  explicit Type(TypeKind kind, bool nullable = true) : kind_(kind), nullable_(nullable) {}

  static Type Null() { return Type(TypeKind::kNull); }
  static Type Boolean() { return Type(TypeKind::kBoolean); }
  static Type Int() { return Type(TypeKind::kInt); }
  static Type BigInt() { return Type(TypeKind::kBigInt); }
  static Type Double() { return Type(TypeKind::kDouble); }
  static Type String() { return Varchar(kMaxLength); }
  static Type Bytes() { return Varbinary(kMaxLength); }
  static Type Char(std::int32_t length);
  static Type Varchar(std::int32_t length);
  static Type Binary(std::int32_t length);
  static Type Varbinary(std::int32_t length);
  static Type Decimal(std::int32_t precision, std::int32_t scale);
  static Type Time(std::int32_t precision);
  static Type Timestamp(std::int32_t precision);
  static Type TimestampLtz(std::int32_t precision);
  static Type Array(Type element);
  static Type Map(Type key, Type value);
  static Type Multiset(Type element);
  static Type Row(std::vector<RowField> fields);

  TypeKind kind() const { return kind_; }
  bool nullable() const { return nullable_; }
  /// CHAR/VARCHAR/BINARY/VARBINARY: length. DECIMAL/TIME/TIMESTAMP*: precision.
  std::int32_t precision() const { return precision_; }
  std::int32_t length() const { return precision_; }
  std::int32_t scale() const { return scale_; }
  /// ARRAY and MULTISET: [element]; MAP: [key, value]; ROW: one per field.
  const std::vector<RowField>& fields() const { return fields_; }
  const Type& child(std::size_t i) const { return *fields_[i].type; }

  Type WithNullable(bool nullable) const;

  bool IsInteger() const { return kind_ >= TypeKind::kTinyInt && kind_ <= TypeKind::kBigInt; }
  bool IsApproximate() const { return kind_ == TypeKind::kFloat || kind_ == TypeKind::kDouble; }
  bool IsNumeric() const { return IsInteger() || IsApproximate() || kind_ == TypeKind::kDecimal; }
  bool IsCharacter() const { return kind_ == TypeKind::kChar || kind_ == TypeKind::kVarchar; }
  bool IsBinary() const { return kind_ == TypeKind::kBinary || kind_ == TypeKind::kVarbinary; }
  bool IsTimestamp() const { return kind_ == TypeKind::kTimestamp || kind_ == TypeKind::kTimestampLtz; }
  bool IsInterval() const { return kind_ == TypeKind::kIntervalYearMonth || kind_ == TypeKind::kIntervalDayTime; }

  /// As Flink prints it: "VARCHAR(10) NOT NULL", "STRING", "ROW<`a` INT>".
  std::string ToString() const;
  /// Nullability counts at every level.
  friend bool operator==(const Type& a, const Type& b);
  /// The same but for nullability at every level.
  bool EqualsIgnoringNullability(const Type& other) const;

 private:
  TypeKind kind_ = TypeKind::kNull;
  bool nullable_ = true;
  std::int32_t precision_ = 0;
  std::int32_t scale_ = 0;
  std::vector<RowField> fields_;
};

/// Whether a column carries event time or processing time (Flink's time attributes).
enum class TimeAttribute : std::uint8_t { kNone, kRowtime, kProctime };

struct Field {
  std::string name;
  Type type;
  std::string comment;
  TimeAttribute time_attribute = TimeAttribute::kNone;
};

/// Columns in order; names are case-sensitive and unique.
struct Schema {
  std::vector<Field> fields;
  std::size_t size() const { return fields.size(); }
  /// Index of the column, or -1.
  int Find(const std::string& name) const;
  /// "(`a` INT, `b` STRING)".
  std::string ToString() const;
};

}  // namespace floe::data
