// SPDX-License-Identifier: Apache-2.0
// Iceberg's types and schemas: fields with ids, nested, as the table format counts them (spec, "Schemas and Data
// Types").
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/type.h"

namespace floe::iceberg {

enum class TypeId : std::uint8_t {
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kDecimal,
  kDate,
  kTime,
  kTimestamp,
  kTimestampTz,
  kTimestampNs,    ///< v3
  kTimestampTzNs,  ///< v3
  kString,
  kUuid,
  kFixed,
  kBinary,
  kUnknown,  ///< v3
  kVariant,  ///< v3
  kStruct,
  kList,
  kMap,
};

struct Field;

/// A value. LIST has one field ("element"), MAP two ("key", "value"), STRUCT any number; others none.
struct Type {
  TypeId id = TypeId::kUnknown;
  std::int32_t precision = 0;  ///< DECIMAL: precision; FIXED: length in bytes
  std::int32_t scale = 0;      ///< DECIMAL
  std::vector<Field> fields;

  Type() = default;
  explicit Type(TypeId type_id);
  static Type Decimal(std::int32_t precision, std::int32_t scale);
  static Type Fixed(std::int32_t length);

  bool IsPrimitive() const { return id < TypeId::kStruct; }
  /// "decimal(9, 2)", "list<string>": primitives exactly as in metadata JSON.
  std::string ToString() const;
};

struct Field {
  std::int32_t id = 0;
  std::string name;
  bool required = false;
  Type type;
  std::string doc;
  std::string initial_default;  ///< v3: JSON text of the single value, empty when none
  std::string write_default;    ///< v3: the same
};

// Here, where Field is complete.
inline Type::Type(TypeId type_id) : id(type_id) {}

/// Names, ids, nullability and nested fields count; docs and defaults do not.
bool SameShape(const Field& a, const Field& b);
bool SameType(const Type& a, const Type& b);

struct Schema {
  std::int32_t schema_id = 0;
  std::vector<Field> fields;
  std::vector<std::int32_t> identifier_field_ids;

  /// Any depth; nullptr when absent.
  const Field* FindById(std::int32_t id) const;
  /// Top-level first, then dotted paths ("address.city"). Case-sensitive; nullptr when absent.
  const Field* FindByName(std::string_view name) const;
  /// Dotted path of a field id, empty when absent.
  std::string NameOf(std::int32_t id) const;
  std::int32_t HighestFieldId() const;
};

/// Visits every field at any depth, parents first.
void VisitFields(const std::vector<Field>& fields, const std::function<void(const Field&)>& visit);

/// The text of a primitive in metadata JSON; blanks inside are accepted. kInvalidInput names the text.
Result<Type> ParsePrimitive(std::string_view text);

/// Gives fresh ids breadth first per level, as Java's TypeUtil.assignFreshIds does, starting after `last_column_id`.
void AssignFreshIds(std::vector<Field>& fields, std::int32_t& last_column_id);

/// Flink's types as Iceberg's Flink connector maps them: TINYINT and SMALLINT become int, CHAR string, TIMESTAMP_LTZ
/// timestamptz. Ids are not assigned. kNotSupported: intervals, MULTISET.
Result<Type> FromFlink(const data::Type& type);
Result<std::vector<Field>> FromFlink(const data::Schema& schema);
/// The Flink type a reader sees; kNotSupported: variant, unknown and nanosecond types.
Result<data::Type> ToFlink(const Type& type, bool required);
Result<data::Schema> ToFlink(const Schema& schema);

/// Whether a column of type `from` may be declared `to` without rewriting files (spec, "Schema Evolution").
bool CanPromote(const Type& from, const Type& to, int format_version);

}  // namespace floe::iceberg
