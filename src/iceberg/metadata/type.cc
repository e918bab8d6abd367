// SPDX-License-Identifier: Apache-2.0
#include "iceberg/metadata/type.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace floe::iceberg {
namespace {

constexpr std::array<std::pair<TypeId, std::string_view>, 16> kNames{{
    {TypeId::kBoolean, "boolean"},
    {TypeId::kInt, "int"},
    {TypeId::kLong, "long"},
    {TypeId::kFloat, "float"},
    {TypeId::kDouble, "double"},
    {TypeId::kDate, "date"},
    {TypeId::kTime, "time"},
    {TypeId::kTimestamp, "timestamp"},
    {TypeId::kTimestampTz, "timestamptz"},
    {TypeId::kTimestampNs, "timestamp_ns"},
    {TypeId::kTimestampTzNs, "timestamptz_ns"},
    {TypeId::kString, "string"},
    {TypeId::kUuid, "uuid"},
    {TypeId::kBinary, "binary"},
    {TypeId::kUnknown, "unknown"},
    {TypeId::kVariant, "variant"},
}};

/// "name[a]" or "name(a,b)" with blanks anywhere: the numbers between the brackets.
bool ParseArguments(std::string_view text, std::string_view name, char open, char close, std::vector<int>& out) {
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  std::string plain;
  for (char c : text) {
    if (c != ' ') plain += c;
  }
  if (plain.size() < 3 || plain.front() != open || plain.back() != close) return false;
  const char* at = plain.data() + 1;
  const char* end = plain.data() + plain.size() - 1;
  while (true) {
    int value = 0;
    auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc()) return false;
    out.push_back(value);
    if (next == end) return true;
    if (*next != ',') return false;
    at = next + 1;
  }
}

const Field* FindIn(const std::vector<Field>& fields, std::int32_t id) {
  for (const Field& field : fields) {
    if (field.id == id) return &field;
    if (const Field* found = FindIn(field.type.fields, id)) return found;
  }
  return nullptr;
}

bool PathTo(const std::vector<Field>& fields, std::int32_t id, std::string& path) {
  for (const Field& field : fields) {
    std::string here = path.empty() ? field.name : path + "." + field.name;
    if (field.id == id || PathTo(field.type.fields, id, here)) {
      path = std::move(here);
      return true;
    }
  }
  return false;
}

const Field* FindPath(const std::vector<Field>& fields, std::string_view name) {
  for (const Field& field : fields) {
    if (field.name == name) return &field;
  }
  for (const Field& field : fields) {
    if (name.size() > field.name.size() && name.starts_with(field.name) && name[field.name.size()] == '.') {
      if (const Field* found = FindPath(field.type.fields, name.substr(field.name.size() + 1))) return found;
    }
  }
  return nullptr;
}

}  // namespace

Type Type::Decimal(std::int32_t precision, std::int32_t scale) {
  Type type(TypeId::kDecimal);
  type.precision = precision;
  type.scale = scale;
  return type;
}

Type Type::Fixed(std::int32_t length) {
  Type type(TypeId::kFixed);
  type.precision = length;
  return type;
}

std::string Type::ToString() const {
  switch (id) {
    case TypeId::kDecimal: return fmt::format("decimal({}, {})", precision, scale);
    case TypeId::kFixed: return fmt::format("fixed[{}]", precision);
    case TypeId::kList: return fmt::format("list<{}>", fields.at(0).type.ToString());
    case TypeId::kMap: return fmt::format("map<{}, {}>", fields.at(0).type.ToString(), fields.at(1).type.ToString());
    case TypeId::kStruct: {
      std::string text = "struct<";
      for (std::size_t i = 0; i < fields.size(); ++i) {
        if (i != 0) text += ", ";
        text += fmt::format("{}: {}", fields[i].name, fields[i].type.ToString());
      }
      return text + ">";
    }
    default: break;
  }
  for (const auto& [type_id, name] : kNames) {
    if (type_id == id) return std::string(name);
  }
  return "unknown";
}

bool SameType(const Type& a, const Type& b) {
  return a.id == b.id && a.precision == b.precision && a.scale == b.scale &&
         std::ranges::equal(a.fields, b.fields, SameShape);
}

bool SameShape(const Field& a, const Field& b) {
  return a.id == b.id && a.name == b.name && a.required == b.required && SameType(a.type, b.type);
}

const Field* Schema::FindById(std::int32_t id) const {
  return FindIn(fields, id);
}
const Field* Schema::FindByName(std::string_view name) const {
  return FindPath(fields, name);
}

std::string Schema::NameOf(std::int32_t id) const {
  std::string path;
  return PathTo(fields, id, path) ? path : std::string();
}

std::int32_t Schema::HighestFieldId() const {
  std::int32_t highest = 0;
  VisitFields(fields, [&](const Field& field) { highest = std::max(highest, field.id); });
  return highest;
}

void VisitFields(const std::vector<Field>& fields, const std::function<void(const Field&)>& visit) {
  for (const Field& field : fields) {
    visit(field);
    VisitFields(field.type.fields, visit);
  }
}

Result<Type> ParsePrimitive(std::string_view text) {
  for (const auto& [type_id, name] : kNames) {
    if (name == text) return Type(type_id);
  }
  std::vector<int> arguments;
  if (ParseArguments(text, "decimal", '(', ')', arguments) && arguments.size() == 2 && arguments[0] >= 1 &&
      arguments[0] <= 38 && arguments[1] >= 0 && arguments[1] <= arguments[0]) {
    return Type::Decimal(arguments[0], arguments[1]);
  }
  arguments.clear();
  if (ParseArguments(text, "fixed", '[', ']', arguments) && arguments.size() == 1 && arguments[0] > 0) {
    return Type::Fixed(arguments[0]);
  }
  return Fail(ErrorKind::kNotSupported, fmt::format("Iceberg type '{}' is not known to this version of Floe", text));
}

void AssignFreshIds(std::vector<Field>& fields, std::int32_t& last_column_id) {
  for (Field& field : fields) field.id = ++last_column_id;
  for (Field& field : fields) AssignFreshIds(field.type.fields, last_column_id);
}

Result<Type> FromFlink(const data::Type& type) {
  using data::TypeKind;
  switch (type.kind()) {
    case TypeKind::kNull: return Type(TypeId::kUnknown);
    case TypeKind::kBoolean: return Type(TypeId::kBoolean);
    case TypeKind::kTinyInt:
    case TypeKind::kSmallInt:
    case TypeKind::kInt: return Type(TypeId::kInt);
    case TypeKind::kBigInt: return Type(TypeId::kLong);
    case TypeKind::kFloat: return Type(TypeId::kFloat);
    case TypeKind::kDouble: return Type(TypeId::kDouble);
    case TypeKind::kDecimal: return Type::Decimal(type.precision(), type.scale());
    case TypeKind::kChar:
    case TypeKind::kVarchar: return Type(TypeId::kString);
    case TypeKind::kBinary: return Type::Fixed(type.length());
    case TypeKind::kVarbinary: return Type(TypeId::kBinary);
    case TypeKind::kDate: return Type(TypeId::kDate);
    case TypeKind::kTime: return Type(TypeId::kTime);
    case TypeKind::kTimestamp: return Type(type.precision() > 6 ? TypeId::kTimestampNs : TypeId::kTimestamp);
    case TypeKind::kTimestampLtz: return Type(type.precision() > 6 ? TypeId::kTimestampTzNs : TypeId::kTimestampTz);
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kRow: {
      Type nested(type.kind() == TypeKind::kArray ? TypeId::kList
                                                  : (type.kind() == TypeKind::kMap ? TypeId::kMap : TypeId::kStruct));
      for (std::size_t i = 0; i < type.fields().size(); ++i) {
        FLOE_TRY(Type child, FromFlink(type.child(i)));
        Field field;
        field.type = std::move(child);
        field.required = !type.child(i).nullable();
        field.name = type.fields()[i].name;
        field.doc = type.fields()[i].comment;
        if (nested.id == TypeId::kList) field.name = "element";
        if (nested.id == TypeId::kMap) field.name = i == 0 ? "key" : "value";
        if (nested.id == TypeId::kMap && i == 0) field.required = true;
        nested.fields.push_back(std::move(field));
      }
      return nested;
    }
    case TypeKind::kMultiset:
    case TypeKind::kIntervalYearMonth:
    case TypeKind::kIntervalDayTime: break;
  }
  return Fail(ErrorKind::kNotSupported,
              fmt::format("Iceberg has no type for {}: cast the column to another type", type.ToString()));
}

Result<std::vector<Field>> FromFlink(const data::Schema& schema) {
  std::vector<Field> fields;
  for (const data::Field& column : schema.fields) {
    auto type = FromFlink(column.type);
    if (!type) return Fail(std::move(type.error()).WithContext(fmt::format("mapping column '{}'", column.name)));
    Field field;
    field.name = column.name;
    field.required = !column.type.nullable();
    field.type = std::move(*type);
    field.doc = column.comment;
    fields.push_back(std::move(field));
  }
  return fields;
}

Result<data::Type> ToFlink(const Type& type, bool required) {
  auto leaf = [&](data::Type flink) -> Result<data::Type> { return flink.WithNullable(!required); };
  switch (type.id) {
    case TypeId::kBoolean: return leaf(data::Type::Boolean());
    case TypeId::kInt: return leaf(data::Type::Int());
    case TypeId::kLong: return leaf(data::Type::BigInt());
    case TypeId::kFloat: return leaf(data::Type(data::TypeKind::kFloat));
    case TypeId::kDouble: return leaf(data::Type::Double());
    case TypeId::kDecimal: return leaf(data::Type::Decimal(type.precision, type.scale));
    case TypeId::kDate: return leaf(data::Type(data::TypeKind::kDate));
    case TypeId::kTime: return leaf(data::Type::Time(6));
    case TypeId::kTimestamp: return leaf(data::Type::Timestamp(6));
    case TypeId::kTimestampTz: return leaf(data::Type::TimestampLtz(6));
    case TypeId::kString: return leaf(data::Type::String());
    case TypeId::kUuid: return leaf(data::Type::Binary(16));
    case TypeId::kFixed: return leaf(data::Type::Binary(type.precision));
    case TypeId::kBinary: return leaf(data::Type::Bytes());
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs:
    case TypeId::kUnknown:
    case TypeId::kVariant:
      return Fail(ErrorKind::kNotSupported,
                  fmt::format("Iceberg type {} has no counterpart in SQL here: leave the column out", type.ToString()));
    case TypeId::kList: {
      FLOE_TRY(data::Type element, ToFlink(type.fields.at(0).type, type.fields.at(0).required));
      return leaf(data::Type::Array(std::move(element)));
    }
    case TypeId::kMap: {
      FLOE_TRY(data::Type key, ToFlink(type.fields.at(0).type, true));
      FLOE_TRY(data::Type value, ToFlink(type.fields.at(1).type, type.fields.at(1).required));
      return leaf(data::Type::Map(std::move(key), std::move(value)));
    }
    case TypeId::kStruct: break;
  }
  std::vector<data::RowField> children;
  for (const Field& field : type.fields) {
    FLOE_TRY(data::Type child, ToFlink(field.type, field.required));
    children.push_back({field.name, std::make_shared<const data::Type>(std::move(child)), field.doc});
  }
  return leaf(data::Type::Row(std::move(children)));
}

Result<data::Schema> ToFlink(const Schema& schema) {
  data::Schema out;
  for (const Field& field : schema.fields) {
    auto type = ToFlink(field.type, field.required);
    if (!type) return Fail(std::move(type.error()).WithContext(fmt::format("mapping column '{}'", field.name)));
    data::Field column;
    column.name = field.name;
    column.type = std::move(*type);
    column.comment = field.doc;
    out.fields.push_back(std::move(column));
  }
  return out;
}

bool CanPromote(const Type& from, const Type& to, int format_version) {
  if (SameType(from, to)) return true;
  if (from.id == TypeId::kInt && to.id == TypeId::kLong) return true;
  if (from.id == TypeId::kFloat && to.id == TypeId::kDouble) return true;
  if (from.id == TypeId::kDecimal && to.id == TypeId::kDecimal) {
    return from.scale == to.scale && to.precision >= from.precision;
  }
  if (format_version >= 3 && from.id == TypeId::kUnknown) return to.IsPrimitive();
  if (format_version >= 3 && from.id == TypeId::kDate) {
    return to.id == TypeId::kTimestamp || to.id == TypeId::kTimestampNs;
  }
  return false;
}

}  // namespace floe::iceberg
