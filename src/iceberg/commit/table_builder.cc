// SPDX-License-Identifier: Apache-2.0
#include "iceberg/commit/table_builder.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>

#include <fmt/format.h>

namespace floe::iceberg {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string Unquote(std::string_view text) {
  const bool quoted = text.size() >= 2 && (text.front() == '`' || text.front() == '"') && text.back() == text.front();
  if (!quoted) return std::string(text);
  std::string name;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    name += text[i];
    if (text[i] == text.front() && i + 2 < text.size() && text[i + 1] == text[i]) ++i;  // doubled inside
  }
  return name;
}

/// "bucket(16, id)" in its parts: transform and column.
struct TransformText {
  Transform transform;
  std::string column;
};

Result<TransformText> ParseTransformCall(std::string_view text, const Schema& schema) {
  text = Trim(text);
  std::size_t open = text.find('(');
  if (schema.FindByName(Unquote(text)) != nullptr || open == std::string_view::npos || !text.ends_with(')')) {
    return TransformText{Transform{}, Unquote(text)};
  }
  std::string name = Lower(Trim(text.substr(0, open)));
  std::string_view inner = text.substr(open + 1, text.size() - open - 2);
  std::string_view column = Trim(inner);
  std::string parameter;
  if (std::size_t comma = inner.find(','); comma != std::string_view::npos) {
    std::string_view first = Trim(inner.substr(0, comma));
    bool number_first = !first.empty() && std::ranges::all_of(first, [](char c) { return c >= '0' && c <= '9'; });
    if (!number_first) {  // a quoted name may hold commas
      comma = inner.rfind(',');
      first = Trim(inner.substr(0, comma));
    }
    std::string_view second = Trim(inner.substr(comma + 1));
    column = number_first ? second : first;
    parameter = fmt::format("[{}]", number_first ? first : second);
  }
  FLOE_TRY(Transform transform, ParseTransform(name + parameter));
  if (transform.kind == TransformKind::kUnknown) {
    return Fail(
        ErrorKind::kInvalidInput,
        fmt::format("'{}' is no partition transform: use a column, bucket(n, c), truncate(n, c), year(c), month(c), "
                    "day(c) or hour(c)",
                    text));
  }
  return TransformText{transform, Unquote(column)};
}

/// Java's default names.
std::string PartitionName(const Transform& transform, const std::string& column) {
  switch (transform.kind) {
    case TransformKind::kIdentity: return column;
    case TransformKind::kBucket: return column + "_bucket";
    case TransformKind::kTruncate: return column + "_trunc";
    case TransformKind::kVoid: return column + "_null";
    default: return column + "_" + transform.ToString();
  }
}

Result<SortField> ParseSortField(std::string_view text, const Schema& schema) {
  SortField field;
  std::string lower = Lower(text);
  auto cut = [&](std::string_view suffix) {
    std::string_view trimmed = Trim(lower);
    if (!trimmed.ends_with(suffix)) return false;
    std::size_t length = trimmed.size() - suffix.size();
    text = Trim(text).substr(0, length);
    lower = Lower(text);
    return true;
  };
  bool last = cut(" nulls last");
  bool first = !last && cut(" nulls first");
  field.ascending = !cut(" desc");
  if (field.ascending) cut(" asc");
  field.nulls_first = first || (!last && field.ascending);
  FLOE_TRY(TransformText parsed, ParseTransformCall(text, schema));
  const Field* source = schema.FindByName(parsed.column);
  if (source == nullptr) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("sort column '{}' is not in the table", parsed.column));
  }
  FLOE_TRY_VOID(ResultType(parsed.transform, source->type));
  field.source_id = source->id;
  field.transform = parsed.transform;
  return field;
}

Status CheckNames(const std::vector<Field>& fields, const std::string& where) {
  std::set<std::string> names;
  for (const Field& field : fields) {
    if (field.name.empty()) return Fail(ErrorKind::kInvalidInput, fmt::format("a column{} has no name", where));
    if (!names.insert(field.name).second) {
      return Fail(ErrorKind::kInvalidInput, fmt::format("column '{}'{} is declared twice", field.name, where));
    }
    FLOE_TRY_VOID(CheckNames(field.type.fields, fmt::format(" in '{}'", field.name)));
  }
  return {};
}

std::vector<Field>* FieldsOf(std::vector<Field>& fields, std::int32_t id) {
  for (Field& field : fields) {
    if (field.id == id) return &field.type.fields;
    if (auto* found = FieldsOf(field.type.fields, id)) return found;
  }
  return nullptr;
}

/// The field and the list that holds it.
Field* FindMutable(std::vector<Field>& fields, std::int32_t id, std::vector<Field>** holder = nullptr) {
  for (Field& field : fields) {
    if (field.id == id) {
      if (holder != nullptr) *holder = &fields;
      return &field;
    }
    if (Field* found = FindMutable(field.type.fields, id, holder)) return found;
  }
  return nullptr;
}

void Publish(TableMetadata& metadata, Schema schema) {
  std::int32_t highest = -1;
  for (const auto& known : metadata.schemas) {
    highest = std::max(highest, known->schema_id);
    if (std::ranges::equal(known->fields, schema.fields, SameShape) &&
        known->identifier_field_ids == schema.identifier_field_ids) {
      metadata.current_schema_id = known->schema_id;
      return;
    }
  }
  schema.schema_id = highest + 1;
  metadata.current_schema_id = schema.schema_id;
  metadata.schemas.push_back(std::make_shared<const Schema>(std::move(schema)));
}

Result<const Field*> Column(const TableMetadata& metadata, std::string_view name) {
  const Field* field = metadata.schema().FindByName(name);
  if (field == nullptr) return Fail(ErrorKind::kNotFound, fmt::format("column '{}' does not exist", name));
  return field;
}

bool PartitionsUse(const TableMetadata& metadata, std::int32_t id) {
  return std::ranges::any_of(metadata.partition_specs, [&](const PartitionSpec& spec) {
    return std::ranges::any_of(spec.fields, [&](const PartitionField& field) {
      return field.source_id == id && field.transform.kind != TransformKind::kVoid;
    });
  });
}

}  // namespace

std::string PathSegment(std::string_view name) {
  std::string out;
  for (char c : name) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                 (c == '.' && !out.empty());
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Result<PartitionField> ParsePartitionField(std::string_view text, const Schema& schema) {
  FLOE_TRY(TransformText parsed, ParseTransformCall(text, schema));
  const Field* source = schema.FindByName(parsed.column);
  if (source == nullptr) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("partition column '{}' is not in the table", parsed.column));
  }
  FLOE_TRY_VOID(ResultType(parsed.transform, source->type));
  PartitionField field;
  field.source_id = source->id;
  field.transform = parsed.transform;
  field.name = PartitionName(parsed.transform, parsed.column);
  return field;
}

Result<TableMetadata> BuildTable(const TableDefinition& definition, const std::string& location,
                                 const std::string& uuid, TimestampMs now) {
  TableMetadata table;
  table.properties = definition.properties;
  std::int64_t version = table.NumberProperty("format-version", 2);
  table.properties.erase("format-version");
  if (version != 2) {
    return Fail(ErrorKind::kNotSupported, fmt::format("format version {} cannot be written, only 2", version));
  }
  if (definition.fields.empty()) return Fail(ErrorKind::kInvalidInput, "a table needs at least one column");
  FLOE_TRY_VOID(CheckNames(definition.fields, ""));
  table.location = location;
  table.table_uuid = uuid;
  table.last_updated = now;
  // A streaming writer makes many versions: the files that hold them are bounded from the first commit on.
  table.properties.try_emplace("write.metadata.delete-after-commit.enabled", "true");
  table.properties.try_emplace("write.metadata.previous-versions-max", "100");
  table.properties.try_emplace("write.parquet.compression-codec", "zstd");

  Schema schema;
  schema.fields = definition.fields;
  AssignFreshIds(schema.fields, table.last_column_id);
  for (const std::string& name : definition.identifier) {
    const Field* field = schema.FindByName(name);
    if (field == nullptr)
      return Fail(ErrorKind::kInvalidInput, fmt::format("key column '{}' is not in the table", name));
    bool fits = field->type.IsPrimitive() && field->type.id != TypeId::kFloat && field->type.id != TypeId::kDouble;
    if (!fits)
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("key column '{}' may not be of type {}", name, field->type.ToString()));
    FindMutable(schema.fields, field->id)->required = true;
    schema.identifier_field_ids.push_back(field->id);
  }
  PartitionSpec spec;
  for (const std::string& text : definition.partitioning) {
    FLOE_TRY(PartitionField field, ParsePartitionField(text, schema));
    field.field_id = ++table.last_partition_id;
    bool twice =
        std::ranges::any_of(spec.fields, [&](const PartitionField& other) { return other.name == field.name; });
    if (twice) return Fail(ErrorKind::kInvalidInput, fmt::format("partition field '{}' is declared twice", field.name));
    spec.fields.push_back(std::move(field));
  }
  table.partition_specs.push_back(std::move(spec));
  table.sort_orders.push_back({});
  if (!definition.sorting.empty()) {
    SortOrder order;
    order.order_id = 1;
    for (const std::string& text : definition.sorting) {
      FLOE_TRY(SortField field, ParseSortField(text, schema));
      order.fields.push_back(field);
    }
    table.sort_orders.push_back(std::move(order));
    table.default_sort_order_id = 1;
  }
  table.schemas.push_back(std::make_shared<const Schema>(std::move(schema)));
  return table;
}

Status AddColumn(TableMetadata& metadata, std::string_view parent, Field field) {
  Schema schema = metadata.schema();
  std::vector<Field>* into = &schema.fields;
  if (!parent.empty()) {
    FLOE_TRY(const Field* found, Column(metadata, parent));
    std::int32_t id = found->id;
    // Into a list of structs or a map's struct value, as "list" or "list.element".
    const Type* type = &found->type;
    while (type->id == TypeId::kList || type->id == TypeId::kMap) {
      id = type->fields.back().id;
      type = &type->fields.back().type;
    }
    if (type->id != TypeId::kStruct) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("column '{}' is no struct: nothing can be added to it", parent));
    }
    into = FieldsOf(schema.fields, id);
  }
  if (std::ranges::any_of(*into, [&](const Field& other) { return other.name == field.name; })) {
    return Fail(ErrorKind::kAlreadyExists, fmt::format("column '{}' exists already", field.name));
  }
  if (field.required) {
    return Fail(
        ErrorKind::kInvalidInput,
        fmt::format("column '{}' cannot be added as NOT NULL: rows already there have no value for it", field.name));
  }
  std::vector<Field> fresh{std::move(field)};
  FLOE_TRY_VOID(CheckNames(fresh, ""));
  AssignFreshIds(fresh, metadata.last_column_id);
  into->push_back(std::move(fresh[0]));
  Publish(metadata, std::move(schema));
  return {};
}

Status DropColumn(TableMetadata& metadata, std::string_view column) {
  FLOE_TRY(const Field* found, Column(metadata, column));
  Schema schema = metadata.schema();
  bool partitions = false;
  bool identifies = false;
  VisitFields({*found}, [&](const Field& field) {
    partitions = partitions || PartitionsUse(metadata, field.id);
    identifies = identifies || std::ranges::count(schema.identifier_field_ids, field.id) != 0;
  });
  if (partitions) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("column '{}' is a partition source and cannot be dropped", column));
  }
  if (identifies)
    return Fail(ErrorKind::kInvalidInput, fmt::format("column '{}' is part of the key and cannot be dropped", column));
  std::vector<Field>* holder = nullptr;
  FindMutable(schema.fields, found->id, &holder);
  std::int32_t id = found->id;
  if (holder->size() == 1) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("column '{}' is the only one: it cannot be dropped", column));
  }
  std::erase_if(*holder, [&](const Field& field) { return field.id == id; });
  Publish(metadata, std::move(schema));
  return {};
}

Status RenameColumn(TableMetadata& metadata, std::string_view column, const std::string& name) {
  FLOE_TRY(const Field* found, Column(metadata, column));
  Schema schema = metadata.schema();
  std::vector<Field>* holder = nullptr;
  Field* field = FindMutable(schema.fields, found->id, &holder);
  if (name.empty()) return Fail(ErrorKind::kInvalidInput, "a column needs a name");
  if (std::ranges::any_of(*holder, [&](const Field& other) { return other.name == name && other.id != field->id; })) {
    return Fail(ErrorKind::kAlreadyExists, fmt::format("column '{}' exists already", name));
  }
  field->name = name;
  Publish(metadata, std::move(schema));
  return {};
}

Status OrderColumns(TableMetadata& metadata, const std::vector<std::string>& names) {
  Schema schema = metadata.schema();
  std::vector<Field> ordered;
  for (const std::string& name : names) {
    FLOE_TRY(const Field* found, Column(metadata, name));
    ordered.push_back(*found);
  }
  if (ordered.size() != schema.fields.size())
    return Fail(ErrorKind::kInvalidInput, "an order of columns names each of them once");
  schema.fields = std::move(ordered);
  Publish(metadata, std::move(schema));
  return {};
}

Status PromoteColumn(TableMetadata& metadata, std::string_view column, const Type& type) {
  FLOE_TRY(const Field* found, Column(metadata, column));
  if (!found->type.IsPrimitive() || !CanPromote(found->type, type, metadata.format_version)) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("column '{}' of type {} cannot become {}: allowed are int to long, float to double "
                            "and a decimal of higher precision",
                            column, found->type.ToString(), type.ToString()));
  }
  Schema schema = metadata.schema();
  FindMutable(schema.fields, found->id)->type = type;
  Publish(metadata, std::move(schema));
  return {};
}

Status MakeColumnOptional(TableMetadata& metadata, std::string_view column) {
  FLOE_TRY(const Field* found, Column(metadata, column));
  Schema schema = metadata.schema();
  if (std::ranges::count(schema.identifier_field_ids, found->id) != 0) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("column '{}' is part of the key and must stay NOT NULL", column));
  }
  FindMutable(schema.fields, found->id)->required = false;
  Publish(metadata, std::move(schema));
  return {};
}

Status UpgradeFormat(TableMetadata& metadata, int version) {
  if (version != 2 || metadata.format_version > 2) {
    return Fail(ErrorKind::kNotSupported, fmt::format("format version {} cannot become {}: only 1 to 2 is built",
                                                      metadata.format_version, version));
  }
  metadata.format_version = 2;
  return {};
}

}  // namespace floe::iceberg
