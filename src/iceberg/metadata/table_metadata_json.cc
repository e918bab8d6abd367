// SPDX-License-Identifier: Apache-2.0
// Table metadata JSON, both ways. Reading is tolerant of age (v1) and of unknown fields; writing is v2 or v3.
#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

#include "iceberg/metadata/table_metadata.h"

namespace floe::iceberg {
namespace {

using Json = nlohmann::json;

std::unexpected<Error> Bad(std::string_view what) {
  return Fail(ErrorKind::kCorruption, fmt::format("table metadata: {}", what));
}

/// A member of an object that must be there with the given kind of value.
Result<std::int64_t> Int(const Json& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return Bad(fmt::format("'{}' must be an integer", key));
  return found->get<std::int64_t>();
}

Result<std::string> Text(const Json& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return Bad(fmt::format("'{}' must be a string", key));
  return found->get<std::string>();
}

std::optional<std::int64_t> OptionalInt(const Json& object, const char* key) {
  auto found = object.find(key);
  if (found == object.end() || !found->is_number_integer()) return std::nullopt;
  return found->get<std::int64_t>();
}

const Json& Member(const Json& object, const char* key) {
  static const Json kNothing;
  auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

Result<Type> TypeFrom(const Json& json, int depth);

Result<Field> FieldFrom(const Json& json, int depth) {
  if (!json.is_object()) return Bad("a field must be an object");
  Field field;
  FLOE_TRY(std::int64_t id, Int(json, "id"));
  field.id = static_cast<std::int32_t>(id);
  FLOE_TRY(field.name, Text(json, "name"));
  field.required = Member(json, "required").is_boolean() && Member(json, "required").get<bool>();
  if (Member(json, "doc").is_string()) field.doc = Member(json, "doc").get<std::string>();
  if (json.contains("initial-default")) field.initial_default = json["initial-default"].dump();
  if (json.contains("write-default")) field.write_default = json["write-default"].dump();
  FLOE_TRY(field.type, TypeFrom(Member(json, "type"), depth));
  return field;
}

Result<Field> InnerField(const Json& json, const char* part, int depth) {
  Field field;
  std::string key = fmt::format("{}-id", part);
  FLOE_TRY(std::int64_t id, Int(json, key.c_str()));
  field.id = static_cast<std::int32_t>(id);
  field.name = part;
  std::string required = fmt::format("{}-required", part);
  const Json& flag = Member(json, required.c_str());
  field.required = std::string_view(part) == "key" || (flag.is_boolean() && flag.get<bool>());
  FLOE_TRY(field.type, TypeFrom(Member(json, part), depth));
  return field;
}

Result<Type> TypeFrom(const Json& json, int depth) {
  if (depth > 64) return Bad("types nest deeper than 64 levels");
  if (json.is_string()) return ParsePrimitive(json.get_ref<const std::string&>());
  if (!json.is_object()) return Bad("a type must be a string or an object");
  FLOE_TRY(std::string kind, Text(json, "type"));
  if (kind == "struct") {
    Type type(TypeId::kStruct);
    const Json& fields = Member(json, "fields");
    if (!fields.is_array()) return Bad("a struct needs 'fields'");
    for (const Json& item : fields) {
      FLOE_TRY(Field field, FieldFrom(item, depth + 1));
      type.fields.push_back(std::move(field));
    }
    return type;
  }
  if (kind == "list") {
    Type type(TypeId::kList);
    FLOE_TRY(Field element, InnerField(json, "element", depth + 1));
    type.fields.push_back(std::move(element));
    return type;
  }
  if (kind == "map") {
    Type type(TypeId::kMap);
    FLOE_TRY(Field key, InnerField(json, "key", depth + 1));
    FLOE_TRY(Field value, InnerField(json, "value", depth + 1));
    type.fields.push_back(std::move(key));
    type.fields.push_back(std::move(value));
    return type;
  }
  return Bad(fmt::format("'{}' is not a nested type", kind));
}

Json TypeTo(const Type& type);

Json FieldTo(const Field& field) {
  Json json = {{"id", field.id}, {"name", field.name}, {"required", field.required}, {"type", TypeTo(field.type)}};
  if (!field.doc.empty()) json["doc"] = field.doc;
  if (!field.initial_default.empty()) json["initial-default"] = Json::parse(field.initial_default, nullptr, false);
  if (!field.write_default.empty()) json["write-default"] = Json::parse(field.write_default, nullptr, false);
  return json;
}

Json TypeTo(const Type& type) {
  switch (type.id) {
    case TypeId::kStruct: {
      Json fields = Json::array();
      for (const Field& field : type.fields) fields.push_back(FieldTo(field));
      return {{"type", "struct"}, {"fields", std::move(fields)}};
    }
    case TypeId::kList:
      return {{"type", "list"},
              {"element-id", type.fields[0].id},
              {"element", TypeTo(type.fields[0].type)},
              {"element-required", type.fields[0].required}};
    case TypeId::kMap:
      return {{"type", "map"},
              {"key-id", type.fields[0].id},
              {"key", TypeTo(type.fields[0].type)},
              {"value-id", type.fields[1].id},
              {"value", TypeTo(type.fields[1].type)},
              {"value-required", type.fields[1].required}};
    default: return type.ToString();
  }
}

Result<Schema> SchemaFrom(const Json& json) {
  Schema schema;
  schema.schema_id = static_cast<std::int32_t>(OptionalInt(json, "schema-id").value_or(0));
  FLOE_TRY(Type type, TypeFrom(json, 0));
  if (type.id != TypeId::kStruct) return Bad("a schema must be a struct");
  schema.fields = std::move(type.fields);
  for (const Json& id : Member(json, "identifier-field-ids")) {
    if (!id.is_number_integer()) return Bad("'identifier-field-ids' must hold integers");
    schema.identifier_field_ids.push_back(id.get<std::int32_t>());
  }
  return schema;
}

Json SchemaTo(const Schema& schema) {
  Json fields = Json::array();
  for (const Field& field : schema.fields) fields.push_back(FieldTo(field));
  Json json = {{"type", "struct"}, {"schema-id", schema.schema_id}, {"fields", std::move(fields)}};
  if (!schema.identifier_field_ids.empty()) json["identifier-field-ids"] = schema.identifier_field_ids;
  return json;
}

Result<std::vector<PartitionField>> PartitionFieldsFrom(const Json& json) {
  if (!json.is_array()) return Bad("partition fields must be an array");
  std::vector<PartitionField> fields;
  for (const Json& item : json) {
    PartitionField field;
    if (auto source = OptionalInt(item, "source-id")) {
      field.source_id = static_cast<std::int32_t>(*source);
    } else {
      // v3: several sources; no transform known here takes more than one.
      const Json& sources = Member(item, "source-ids");
      if (!sources.is_array() || sources.empty() || !sources[0].is_number_integer()) {
        return Bad("a partition field needs 'source-id'");
      }
      field.source_id = sources[0].get<std::int32_t>();
    }
    // v1 files may leave the id out: it is then given in order.
    field.field_id =
        static_cast<std::int32_t>(OptionalInt(item, "field-id").value_or(1000 + static_cast<int>(fields.size())));
    FLOE_TRY(field.name, Text(item, "name"));
    FLOE_TRY(std::string transform, Text(item, "transform"));
    FLOE_TRY(field.transform, ParseTransform(transform));
    fields.push_back(std::move(field));
  }
  return fields;
}

Json PartitionFieldsTo(const PartitionSpec& spec) {
  Json json = Json::array();
  for (const PartitionField& field : spec.fields) {
    json.push_back({{"source-id", field.source_id},
                    {"field-id", field.field_id},
                    {"name", field.name},
                    {"transform", field.transform.ToString()}});
  }
  return json;
}

Result<SortOrder> SortOrderFrom(const Json& json) {
  SortOrder order;
  FLOE_TRY(std::int64_t id, Int(json, "order-id"));
  order.order_id = static_cast<std::int32_t>(id);
  for (const Json& item : Member(json, "fields")) {
    SortField field;
    field.source_id = static_cast<std::int32_t>(OptionalInt(item, "source-id").value_or(0));
    FLOE_TRY(std::string transform, Text(item, "transform"));
    FLOE_TRY(field.transform, ParseTransform(transform));
    FLOE_TRY(std::string direction, Text(item, "direction"));
    FLOE_TRY(std::string nulls, Text(item, "null-order"));
    field.ascending = direction == "asc";
    field.nulls_first = nulls == "nulls-first";
    order.fields.push_back(std::move(field));
  }
  return order;
}

Json SortOrderTo(const SortOrder& order) {
  Json fields = Json::array();
  for (const SortField& field : order.fields) {
    fields.push_back({{"transform", field.transform.ToString()},
                      {"source-id", field.source_id},
                      {"direction", field.ascending ? "asc" : "desc"},
                      {"null-order", field.nulls_first ? "nulls-first" : "nulls-last"}});
  }
  return {{"order-id", order.order_id}, {"fields", std::move(fields)}};
}

Result<StringMap> StringMapFrom(const Json& json) {
  StringMap map;
  if (json.is_null()) return map;
  if (!json.is_object()) return Bad("properties and summaries must be objects");
  for (const auto& [key, value] : json.items()) {
    map[key] = value.is_string() ? value.get<std::string>() : value.dump();
  }
  return map;
}

Result<SnapshotPtr> SnapshotFrom(const Json& json) {
  auto snapshot = std::make_shared<Snapshot>();
  FLOE_TRY(std::int64_t id, Int(json, "snapshot-id"));
  snapshot->snapshot_id = SnapshotId(id);
  if (auto parent = OptionalInt(json, "parent-snapshot-id"); parent && *parent != -1) {
    snapshot->parent_id = SnapshotId(*parent);
  }
  snapshot->sequence_number = OptionalInt(json, "sequence-number").value_or(0);
  FLOE_TRY(std::int64_t timestamp, Int(json, "timestamp-ms"));
  snapshot->timestamp = TimestampMs(timestamp);
  if (json.contains("manifest-list")) {
    FLOE_TRY(snapshot->manifest_list, Text(json, "manifest-list"));
  } else {
    for (const Json& path : Member(json, "manifests")) {
      if (!path.is_string()) return Bad("'manifests' must hold strings");
      snapshot->manifests.push_back(path.get<std::string>());
    }
  }
  FLOE_TRY(snapshot->summary, StringMapFrom(Member(json, "summary")));
  if (auto operation = snapshot->summary.extract("operation")) snapshot->operation = operation.mapped();
  if (auto schema = OptionalInt(json, "schema-id")) snapshot->schema_id = static_cast<std::int32_t>(*schema);
  snapshot->json = json.dump();
  return SnapshotPtr(std::move(snapshot));
}

Result<SnapshotRef> RefFrom(const Json& json) {
  SnapshotRef ref;
  FLOE_TRY(std::int64_t id, Int(json, "snapshot-id"));
  ref.snapshot_id = SnapshotId(id);
  FLOE_TRY(std::string type, Text(json, "type"));
  ref.is_branch = type == "branch";
  if (auto keep = OptionalInt(json, "min-snapshots-to-keep")) ref.min_snapshots_to_keep = static_cast<int>(*keep);
  ref.max_snapshot_age_ms = OptionalInt(json, "max-snapshot-age-ms");
  ref.max_ref_age_ms = OptionalInt(json, "max-ref-age-ms");
  return ref;
}

Json RefTo(const SnapshotRef& ref) {
  Json json = {{"snapshot-id", ref.snapshot_id.value()}, {"type", ref.is_branch ? "branch" : "tag"}};
  if (ref.min_snapshots_to_keep) json["min-snapshots-to-keep"] = *ref.min_snapshots_to_keep;
  if (ref.max_snapshot_age_ms) json["max-snapshot-age-ms"] = *ref.max_snapshot_age_ms;
  if (ref.max_ref_age_ms) json["max-ref-age-ms"] = *ref.max_ref_age_ms;
  return json;
}

constexpr std::array<const char*, 25> kKnown = {"format-version",
                                                "table-uuid",
                                                "location",
                                                "last-sequence-number",
                                                "last-updated-ms",
                                                "last-column-id",
                                                "schemas",
                                                "current-schema-id",
                                                "partition-specs",
                                                "default-spec-id",
                                                "last-partition-id",
                                                "sort-orders",
                                                "properties",
                                                "default-sort-order-id",
                                                "current-snapshot-id",
                                                "snapshots",
                                                "snapshot-log",
                                                "metadata-log",
                                                "refs",
                                                "next-row-id",
                                                "schema",
                                                "partition-spec",
                                                "last-assigned-field-id",
                                                "last-assigned-partition-id",
                                                "uuid"};

Status ParseSchemas(const Json& json, TableMetadata& out) {
  if (json.contains("schemas")) {
    for (const Json& item : json["schemas"]) {
      FLOE_TRY(Schema schema, SchemaFrom(item));
      out.schemas.push_back(std::make_shared<const Schema>(std::move(schema)));
    }
    FLOE_TRY(std::int64_t current, Int(json, "current-schema-id"));
    out.current_schema_id = static_cast<std::int32_t>(current);
  } else {
    FLOE_TRY(Schema schema, SchemaFrom(Member(json, "schema")));
    out.current_schema_id = schema.schema_id;
    out.schemas.push_back(std::make_shared<const Schema>(std::move(schema)));
  }
  if (out.FindSchema(out.current_schema_id) == nullptr) {
    return Bad(fmt::format("current-schema-id {} is not among the schemas", out.current_schema_id));
  }
  return {};
}

Status ParseSpecs(const Json& json, TableMetadata& out) {
  if (json.contains("partition-specs")) {
    for (const Json& item : json["partition-specs"]) {
      FLOE_TRY(std::int64_t id, Int(item, "spec-id"));
      FLOE_TRY(auto fields, PartitionFieldsFrom(Member(item, "fields")));
      out.partition_specs.push_back({static_cast<std::int32_t>(id), std::move(fields)});
    }
    FLOE_TRY(std::int64_t current, Int(json, "default-spec-id"));
    out.default_spec_id = static_cast<std::int32_t>(current);
  } else {
    FLOE_TRY(auto fields, PartitionFieldsFrom(Member(json, "partition-spec")));
    out.partition_specs.push_back({0, std::move(fields)});
  }
  if (out.FindSpec(out.default_spec_id) == nullptr) {
    return Bad(fmt::format("default-spec-id {} is not among the partition specs", out.default_spec_id));
  }
  std::int32_t highest = 999;
  for (const PartitionSpec& spec : out.partition_specs) {
    for (const PartitionField& field : spec.fields) highest = std::max(highest, field.field_id);
  }
  out.last_partition_id = static_cast<std::int32_t>(OptionalInt(json, "last-partition-id").value_or(highest));
  for (const Json& item : Member(json, "sort-orders")) {
    FLOE_TRY(SortOrder order, SortOrderFrom(item));
    out.sort_orders.push_back(std::move(order));
  }
  if (out.sort_orders.empty()) out.sort_orders.push_back({});
  out.default_sort_order_id = static_cast<std::int32_t>(OptionalInt(json, "default-sort-order-id").value_or(0));
  return {};
}

Status ParseSnapshots(const Json& json, TableMetadata& out) {
  if (auto id = OptionalInt(json, "current-snapshot-id"); id && *id != -1) out.current_snapshot_id = SnapshotId(*id);
  for (const Json& item : Member(json, "snapshots")) {
    FLOE_TRY(SnapshotPtr snapshot, SnapshotFrom(item));
    out.snapshots.push_back(std::move(snapshot));
  }
  for (const Json& item : Member(json, "snapshot-log")) {
    FLOE_TRY(std::int64_t timestamp, Int(item, "timestamp-ms"));
    FLOE_TRY(std::int64_t id, Int(item, "snapshot-id"));
    out.snapshot_log.push_back({TimestampMs(timestamp), SnapshotId(id)});
  }
  for (const Json& item : Member(json, "metadata-log")) {
    FLOE_TRY(std::int64_t timestamp, Int(item, "timestamp-ms"));
    FLOE_TRY(std::string file, Text(item, "metadata-file"));
    out.metadata_log.push_back({TimestampMs(timestamp), std::move(file)});
  }
  const Json& refs = Member(json, "refs");
  if (refs.is_object()) {
    for (const auto& [name, item] : refs.items()) {
      FLOE_TRY(out.refs[name], RefFrom(item));
    }
  }
  if (out.current_snapshot_id) {
    if (out.current_snapshot() == nullptr) {
      return Bad(fmt::format("current-snapshot-id {} is not among the snapshots", out.current_snapshot_id->value()));
    }
    SnapshotRef main;
    main.snapshot_id = *out.current_snapshot_id;
    out.refs.try_emplace("main", main);
  }
  return {};
}

Result<std::string> Gunzip(std::string_view bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return Fail(ErrorKind::kInternal, "zlib does not start");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::array<char, 65536> part;
  int code = Z_OK;
  while (code == Z_OK && out.size() < (std::size_t{1} << 30)) {
    stream.next_out = reinterpret_cast<Bytef*>(part.data());
    stream.avail_out = part.size();
    code = inflate(&stream, Z_NO_FLUSH);
    out.append(part.data(), part.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (code != Z_STREAM_END) return Fail(ErrorKind::kCorruption, "table metadata: the gzip stream is damaged");
  return out;
}

/// A JSON string. Nearly all are plain, and there are a hundred in each file.
void AppendQuoted(std::string_view value, std::string& text) {
  if (std::ranges::any_of(value, [](unsigned char c) { return c < 0x20 || c >= 0x7f || c == '"' || c == '\\'; })) {
    text += Json(value).dump(-1, ' ', false, Json::error_handler_t::replace);
    return;
  }
  text += '"';
  text += value;
  text += '"';
}

}  // namespace

Result<TableMetadata> ParseTableMetadata(std::string_view text) {
  // The parser recurses: a depth limit keeps hostile input off the stack.
  int depth = 0;
  auto limit = [&](int at, Json::parse_event_t, Json&) {
    depth = std::max(depth, at);
    return at < 256;
  };
  Json json = Json::parse(text, limit, false);
  if (json.is_discarded() || !json.is_object() || depth >= 256) return Bad("it is not a JSON object");
  TableMetadata out;
  FLOE_TRY(std::int64_t version, Int(json, "format-version"));
  if (version < 1 || version > 3) {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("table metadata: format version {} is newer than this Floe reads (1 to 3)", version));
  }
  out.format_version = static_cast<int>(version);
  if (json.contains("table-uuid")) {
    FLOE_TRY(out.table_uuid, Text(json, "table-uuid"));
  }
  FLOE_TRY(out.location, Text(json, "location"));
  while (out.location.size() > 1 && out.location.ends_with('/')) out.location.pop_back();
  out.last_sequence_number = OptionalInt(json, "last-sequence-number").value_or(0);
  FLOE_TRY(std::int64_t updated, Int(json, "last-updated-ms"));
  out.last_updated = TimestampMs(updated);
  FLOE_TRY(std::int64_t last_column, Int(json, "last-column-id"));
  out.last_column_id = static_cast<std::int32_t>(last_column);
  FLOE_TRY_VOID(ParseSchemas(json, out));
  FLOE_TRY_VOID(ParseSpecs(json, out));
  FLOE_TRY(out.properties, StringMapFrom(Member(json, "properties")));
  FLOE_TRY_VOID(ParseSnapshots(json, out));
  out.next_row_id = OptionalInt(json, "next-row-id");
  for (const char* key : kKnown) json.erase(key);
  if (!json.empty()) out.extra = json.dump();
  return out;
}

Result<TableMetadata> ParseTableMetadataFile(std::string_view content) {
  if (!content.starts_with("\x1f\x8b")) return ParseTableMetadata(content);
  FLOE_TRY(std::string text, Gunzip(content));
  return ParseTableMetadata(text);
}

SnapshotPtr SealSnapshot(Snapshot snapshot, int format_version) {
  Json json = {{"snapshot-id", snapshot.snapshot_id.value()}, {"timestamp-ms", snapshot.timestamp.value()}};
  if (snapshot.parent_id) json["parent-snapshot-id"] = snapshot.parent_id->value();
  if (format_version >= 2) json["sequence-number"] = snapshot.sequence_number;
  json["manifest-list"] = snapshot.manifest_list;
  Json summary = snapshot.summary;
  summary["operation"] = snapshot.operation;
  json["summary"] = std::move(summary);
  if (snapshot.schema_id) json["schema-id"] = *snapshot.schema_id;
  snapshot.json = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  return std::make_shared<const Snapshot>(std::move(snapshot));
}

Result<std::string> ToJson(const TableMetadata& m) {
  if (m.format_version < 2) {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("table at {} has format version 1: upgrade it to 2 before writing ('format-version' = '2')",
                            m.location));
  }
  Json json = m.extra.empty() ? Json::object() : Json::parse(m.extra, nullptr, false);
  json["format-version"] = m.format_version;
  json["table-uuid"] = m.table_uuid;
  json["location"] = m.location;
  json["last-sequence-number"] = m.last_sequence_number;
  json["last-updated-ms"] = m.last_updated.value();
  json["last-column-id"] = m.last_column_id;
  json["current-schema-id"] = m.current_schema_id;
  json["schemas"] = Json::array();
  for (const auto& schema : m.schemas) json["schemas"].push_back(SchemaTo(*schema));
  json["default-spec-id"] = m.default_spec_id;
  json["partition-specs"] = Json::array();
  for (const PartitionSpec& spec : m.partition_specs) {
    json["partition-specs"].push_back({{"spec-id", spec.spec_id}, {"fields", PartitionFieldsTo(spec)}});
  }
  json["last-partition-id"] = m.last_partition_id;
  json["default-sort-order-id"] = m.default_sort_order_id;
  json["sort-orders"] = Json::array();
  for (const SortOrder& order : m.sort_orders) json["sort-orders"].push_back(SortOrderTo(order));
  json["properties"] = Json(m.properties);
  // Java reads -1 and an absent field alike; PyIceberg wants no -1.
  if (m.current_snapshot_id) json["current-snapshot-id"] = m.current_snapshot_id->value();
  json["refs"] = Json::object();
  for (const auto& [name, ref] : m.refs) json["refs"][name] = RefTo(ref);
  if (m.format_version >= 3) json["next-row-id"] = m.next_row_id.value_or(0);
  // The long lists are put together from ready text.
  std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  text.pop_back();
  auto out = std::back_inserter(text);
  text += ",\"snapshots\":[";
  for (std::size_t i = 0; i < m.snapshots.size(); ++i) {
    if (i != 0) text += ',';
    text += m.snapshots[i]->json;
  }
  text += "],\"snapshot-log\":[";
  for (std::size_t i = 0; i < m.snapshot_log.size(); ++i) {
    fmt::format_to(out, "{}{{\"timestamp-ms\":{},\"snapshot-id\":{}}}", i == 0 ? "" : ",",
                   m.snapshot_log[i].timestamp.value(), m.snapshot_log[i].snapshot_id.value());
  }
  text += "],\"metadata-log\":[";
  for (std::size_t i = 0; i < m.metadata_log.size(); ++i) {
    fmt::format_to(out, "{}{{\"timestamp-ms\":{},\"metadata-file\":", i == 0 ? "" : ",",
                   m.metadata_log[i].timestamp.value());
    AppendQuoted(m.metadata_log[i].metadata_file, text);
    text += '}';
  }
  text += "]}";
  return text;
}

std::string SchemaToJson(const Schema& schema) {
  return SchemaTo(schema).dump();
}

Result<Schema> SchemaFromJson(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return Bad("a schema must be a JSON object");
  return SchemaFrom(json);
}

std::string PartitionFieldsToJson(const PartitionSpec& spec) {
  return PartitionFieldsTo(spec).dump();
}

Result<std::vector<PartitionField>> PartitionFieldsFromJson(std::string_view text) {
  return PartitionFieldsFrom(Json::parse(text, nullptr, false));
}

}  // namespace floe::iceberg
