// SPDX-License-Identifier: Apache-2.0
#include "data/type.h"

#include <fmt/format.h>

namespace floe::data {
namespace {

void Child(Type type, const char* name, std::vector<RowField>& fields) {
  fields.push_back({name, std::make_shared<const Type>(std::move(type)), {}});
}

std::string Quote(const std::string& name) {
  std::string quoted = "`";
  for (char c : name) {
    if (c == '`') quoted += '`';
    quoted += c;
  }
  return quoted + "`";
}

std::string Name(const Type& type) {
  switch (type.kind()) {
    case TypeKind::kNull: return "NULL";
    case TypeKind::kBoolean: return "BOOLEAN";
    case TypeKind::kTinyInt: return "TINYINT";
    case TypeKind::kSmallInt: return "SMALLINT";
    case TypeKind::kInt: return "INT";
    case TypeKind::kBigInt: return "BIGINT";
    case TypeKind::kFloat: return "FLOAT";
    case TypeKind::kDouble: return "DOUBLE";
    case TypeKind::kDecimal: return fmt::format("DECIMAL({}, {})", type.precision(), type.scale());
    case TypeKind::kChar: return fmt::format("CHAR({})", type.length());
    case TypeKind::kVarchar:
      return type.length() == Type::kMaxLength ? "STRING" : fmt::format("VARCHAR({})", type.length());
    case TypeKind::kBinary: return fmt::format("BINARY({})", type.length());
    case TypeKind::kVarbinary:
      return type.length() == Type::kMaxLength ? "BYTES" : fmt::format("VARBINARY({})", type.length());
    case TypeKind::kDate: return "DATE";
    case TypeKind::kTime: return fmt::format("TIME({})", type.precision());
    case TypeKind::kTimestamp: return fmt::format("TIMESTAMP({})", type.precision());
    case TypeKind::kTimestampLtz: return fmt::format("TIMESTAMP_LTZ({})", type.precision());
    case TypeKind::kIntervalYearMonth: return "INTERVAL YEAR TO MONTH";
    case TypeKind::kIntervalDayTime: return "INTERVAL DAY TO SECOND(3)";
    case TypeKind::kArray: return "ARRAY<" + type.child(0).ToString() + ">";
    case TypeKind::kMap: return "MAP<" + type.child(0).ToString() + ", " + type.child(1).ToString() + ">";
    case TypeKind::kMultiset: return "MULTISET<" + type.child(0).ToString() + ">";
    case TypeKind::kRow: {
      std::string text = "ROW<";
      for (std::size_t i = 0; i < type.fields().size(); ++i) {
        if (i > 0) text += ", ";
        text += Quote(type.fields()[i].name) + " " + type.child(i).ToString();
      }
      return text + ">";
    }
  }
  return "?";
}

bool Equal(const Type& a, const Type& b, bool nullability) {
  if (a.kind() != b.kind() || a.precision() != b.precision() || a.scale() != b.scale()) return false;
  if (nullability && a.nullable() != b.nullable()) return false;
  if (a.fields().size() != b.fields().size()) return false;
  for (std::size_t i = 0; i < a.fields().size(); ++i) {
    if (a.kind() == TypeKind::kRow && a.fields()[i].name != b.fields()[i].name) return false;
    if (!Equal(a.child(i), b.child(i), nullability)) return false;
  }
  return true;
}

}  // namespace

Type Type::Char(std::int32_t length) {
  Type type(TypeKind::kChar);
  type.precision_ = length;
  return type;
}
Type Type::Varchar(std::int32_t length) {
  Type type(TypeKind::kVarchar);
  type.precision_ = length;
  return type;
}
Type Type::Binary(std::int32_t length) {
  Type type(TypeKind::kBinary);
  type.precision_ = length;
  return type;
}
Type Type::Varbinary(std::int32_t length) {
  Type type(TypeKind::kVarbinary);
  type.precision_ = length;
  return type;
}
Type Type::Decimal(std::int32_t precision, std::int32_t scale) {
  Type type(TypeKind::kDecimal);
  type.precision_ = precision;
  type.scale_ = scale;
  return type;
}
Type Type::Time(std::int32_t precision) {
  Type type(TypeKind::kTime);
  type.precision_ = precision;
  return type;
}
Type Type::Timestamp(std::int32_t precision) {
  Type type(TypeKind::kTimestamp);
  type.precision_ = precision;
  return type;
}
Type Type::TimestampLtz(std::int32_t precision) {
  Type type(TypeKind::kTimestampLtz);
  type.precision_ = precision;
  return type;
}
Type Type::Array(Type element) {
  Type type(TypeKind::kArray);
  Child(std::move(element), "element", type.fields_);
  return type;
}
Type Type::Map(Type key, Type value) {
  Type type(TypeKind::kMap);
  Child(std::move(key), "key", type.fields_);
  Child(std::move(value), "value", type.fields_);
  return type;
}
Type Type::Multiset(Type element) {
  Type type(TypeKind::kMultiset);
  Child(std::move(element), "element", type.fields_);
  return type;
}
Type Type::Row(std::vector<RowField> fields) {
  Type type(TypeKind::kRow);
  type.fields_ = std::move(fields);
  return type;
}

Type Type::WithNullable(bool nullable) const {
  Type copy = *this;
  copy.nullable_ = nullable;
  return copy;
}

std::string Type::ToString() const {
  return nullable_ ? Name(*this) : Name(*this) + " NOT NULL";
}

bool operator==(const Type& a, const Type& b) {
  return Equal(a, b, true);
}

bool Type::EqualsIgnoringNullability(const Type& other) const {
  return Equal(*this, other, false);
}

int Schema::Find(const std::string& name) const {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == name) return static_cast<int>(i);
  }
  return -1;
}

std::string Schema::ToString() const {
  std::string text = "(";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) text += ", ";
    text += Quote(fields[i].name) + " " + fields[i].type.ToString();
  }
  return text + ")";
}

}  // namespace floe::data
