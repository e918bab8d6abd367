// SPDX-License-Identifier: Apache-2.0
// The Avro form of v2 manifests and manifest lists, written.
#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "iceberg/manifest/avro.h"
#include "iceberg/manifest/manifest.h"

namespace floe::iceberg {
namespace {

/// {"name": n, "type": t, "field-id": id}
std::string Required(std::string_view name, std::string_view type, int id) {
  return fmt::format(R"({{"name":"{}","type":{},"field-id":{}}})", name, type, id);
}
std::string Optional(std::string_view name, std::string_view type, int id) {
  return fmt::format(R"({{"name":"{}","type":["null",{}],"default":null,"field-id":{}}})", name, type, id);
}
std::string MapType(int key_id, int value_id, std::string_view value_type) {
  return fmt::format(
      R"({{"type":"array","items":{{"type":"record","name":"k{0}_v{1}","fields":[{{"name":"key","type":"int","field-id":{0}}},)"
      R"({{"name":"value","type":{2},"field-id":{1}}}]}},"logicalType":"map"}})",
      key_id, value_id, value_type);
}
std::string ListType(std::string_view item, int element_id) {
  return fmt::format(R"({{"type":"array","items":{},"element-id":{}}})", item, element_id);
}

/// Bytes an unscaled decimal of that precision needs at most.
std::size_t DecimalBytes(int precision) {
  return static_cast<std::size_t>(std::floor((std::log2(10.0) * precision + 1) / 8.0)) + 1;
}
std::size_t MinimalDecimalBytes(int precision) {
  for (std::size_t bytes = 1; bytes < 16; ++bytes) {
    if (std::floor(std::log10(2.0) * (8.0 * static_cast<double>(bytes) - 1)) >= precision) return bytes;
  }
  return std::min<std::size_t>(16, DecimalBytes(precision));
}

std::string NamedFixed(const std::string& name, std::size_t size, std::string_view logical,
                       std::set<std::string>& seen) {
  if (!seen.insert(name).second) return fmt::format("\"{}\"", name);
  return fmt::format(R"({{"type":"fixed","name":"{}","size":{}{}}})", name, size, logical);
}

std::string AvroTypeOf(const Type& type, std::set<std::string>& seen) {
  switch (type.id) {
    case TypeId::kBoolean: return "\"boolean\"";
    case TypeId::kInt: return "\"int\"";
    case TypeId::kLong: return "\"long\"";
    case TypeId::kFloat: return "\"float\"";
    case TypeId::kDouble: return "\"double\"";
    case TypeId::kDate: return R"({"type":"int","logicalType":"date"})";
    case TypeId::kTime: return R"({"type":"long","logicalType":"time-micros"})";
    case TypeId::kTimestamp: return R"({"type":"long","logicalType":"timestamp-micros","adjust-to-utc":false})";
    case TypeId::kTimestampTz: return R"({"type":"long","logicalType":"timestamp-micros","adjust-to-utc":true})";
    case TypeId::kTimestampNs: return R"({"type":"long","logicalType":"timestamp-nanos","adjust-to-utc":false})";
    case TypeId::kTimestampTzNs: return R"({"type":"long","logicalType":"timestamp-nanos","adjust-to-utc":true})";
    case TypeId::kUuid: return NamedFixed("uuid_fixed", 16, R"(,"logicalType":"uuid")", seen);
    case TypeId::kFixed:
      return NamedFixed(fmt::format("fixed_{}", type.precision), static_cast<std::size_t>(type.precision), "", seen);
    case TypeId::kBinary: return "\"bytes\"";
    case TypeId::kDecimal:
      return NamedFixed(
          fmt::format("decimal_{}_{}", type.precision, type.scale), MinimalDecimalBytes(type.precision),
          fmt::format(R"(,"logicalType":"decimal","precision":{},"scale":{})", type.precision, type.scale), seen);
    default: return "\"string\"";
  }
}

/// Avro names are letters, digits and underscores (Java's AvroSchemaUtil.sanitize).
std::string AvroName(std::string_view name) {
  std::string out;
  for (char c : name) {
    bool digit = c >= '0' && c <= '9';
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    if (letter || (digit && !out.empty())) {
      out += c;
    } else if (digit) {
      out += fmt::format("_{}", c);
    } else {
      out += fmt::format("_x{:X}", static_cast<unsigned char>(c));
    }
  }
  return out.empty() ? "_" : out;
}

std::string EntrySchema(const PartitionSpec& spec, const std::vector<Type>& types) {
  std::set<std::string> seen;
  std::string partition = R"({"type":"record","name":"r102","fields":[)";
  for (std::size_t i = 0; i < spec.fields.size(); ++i) {
    if (i != 0) partition += ',';
    partition += Optional(AvroName(spec.fields[i].name), AvroTypeOf(types[i], seen), spec.fields[i].field_id);
  }
  partition += "]}";
  std::string file = R"({"type":"record","name":"r2","fields":[)";
  file += Required("content", "\"int\"", 134);
  for (const std::string& field :
       {Required("file_path", "\"string\"", 100), Required("file_format", "\"string\"", 101),
        Required("partition", partition, 102), Required("record_count", "\"long\"", 103),
        Required("file_size_in_bytes", "\"long\"", 104), Optional("column_sizes", MapType(117, 118, "\"long\""), 108),
        Optional("value_counts", MapType(119, 120, "\"long\""), 109),
        Optional("null_value_counts", MapType(121, 122, "\"long\""), 110),
        Optional("nan_value_counts", MapType(138, 139, "\"long\""), 137),
        Optional("lower_bounds", MapType(126, 127, "\"bytes\""), 125),
        Optional("upper_bounds", MapType(129, 130, "\"bytes\""), 128), Optional("key_metadata", "\"bytes\"", 131),
        Optional("split_offsets", ListType("\"long\"", 133), 132),
        Optional("equality_ids", ListType("\"int\"", 136), 135), Optional("sort_order_id", "\"int\"", 140),
        Optional("referenced_data_file", "\"string\"", 143),
        Optional("floe_block_checksums", "\"bytes\"", kBlockChecksumsFieldId)}) {
    file += ',';
    file += field;
  }
  file += "]}";
  return fmt::format(R"({{"type":"record","name":"manifest_entry","fields":[{},{},{},{},{}]}})",
                     Required("status", "\"int\"", 0), Optional("snapshot_id", "\"long\"", 1),
                     Optional("sequence_number", "\"long\"", 3), Optional("file_sequence_number", "\"long\"", 4),
                     Required("data_file", file, 2));
}

template <typename T, typename Fn>
void PutOptional(AvroEncoder& out, const std::optional<T>& value, Fn&& put) {
  out.Long(value ? 1 : 0);
  if (value) put(*value);
}

template <typename Container, typename Fn>
void PutArray(AvroEncoder& out, const Container& values, Fn&& put) {
  if (values.empty()) {
    out.Long(0);  // null branch
    return;
  }
  out.Long(1);
  out.Long(static_cast<std::int64_t>(values.size()));
  for (const auto& value : values) put(value);
  out.Long(0);
}

void PutCounts(AvroEncoder& out, const ByField<std::int64_t>& counts) {
  PutArray(out, counts, [&](const auto& entry) {
    out.Long(entry.first);
    out.Long(entry.second);
  });
}

void PutBounds(AvroEncoder& out, const ByField<std::string>& bounds) {
  PutArray(out, bounds, [&](const auto& entry) {
    out.Long(entry.first);
    out.Bytes(entry.second);
  });
}

void PutPartitionValue(AvroEncoder& out, const Literal& value, const Type& type) {
  out.Long(IsNull(value) ? 0 : 1);
  if (IsNull(value)) return;
  switch (type.id) {
    case TypeId::kBoolean: return out.Boolean(std::get<bool>(value));
    case TypeId::kFloat: return out.Float(static_cast<float>(std::get<double>(value)));
    case TypeId::kDouble: return out.Double(std::get<double>(value));
    case TypeId::kDecimal: {
      Int128 unscaled = std::get<Int128>(value);
      std::string bytes(MinimalDecimalBytes(type.precision), '\0');
      for (std::size_t i = bytes.size(); i > 0; --i, unscaled >>= 8) bytes[i - 1] = static_cast<char>(unscaled & 0xff);
      return out.Raw(bytes);
    }
    case TypeId::kUuid:
    case TypeId::kFixed: return out.Raw(std::get<std::string>(value));
    case TypeId::kString:
    case TypeId::kBinary:
    case TypeId::kUnknown: return out.Bytes(std::get<std::string>(value));
    default: return out.Long(std::get<std::int64_t>(value));
  }
}

void PutEntry(AvroEncoder& out, const ManifestEntry& entry, const std::vector<Type>& types) {
  auto number = [&](std::int64_t value) { out.Long(value); };
  const DataFile& file = entry.file;
  out.Long(static_cast<std::int64_t>(entry.status));
  PutOptional(out, entry.snapshot_id, number);
  PutOptional(out, entry.sequence_number, number);
  PutOptional(out, entry.file_sequence_number, number);
  out.Long(static_cast<std::int64_t>(file.content));
  out.Bytes(file.path);
  out.Bytes(file.format);
  for (std::size_t i = 0; i < types.size(); ++i) PutPartitionValue(out, file.partition[i], types[i]);
  out.Long(file.record_count);
  out.Long(file.file_size);
  PutCounts(out, file.column_sizes);
  PutCounts(out, file.value_counts);
  PutCounts(out, file.null_counts);
  PutCounts(out, file.nan_counts);
  PutBounds(out, file.lower_bounds);
  PutBounds(out, file.upper_bounds);
  PutOptional(out, file.key_metadata, [&](const std::string& bytes) { out.Bytes(bytes); });
  PutArray(out, file.split_offsets, number);
  PutArray(out, file.equality_ids, number);
  PutOptional(out, file.sort_order_id, number);
  PutOptional(out, file.referenced_data_file, [&](const std::string& path) { out.Bytes(path); });
  out.Long(file.block_checksums.empty() ? 0 : 1);
  if (!file.block_checksums.empty()) out.Bytes(file.block_checksums);
}

bool IsNan(const Literal& value) {
  const auto* number = std::get_if<double>(&value);
  return number != nullptr && std::isnan(*number);
}

struct SummaryBuilder {
  FieldSummary summary;
  Literal lower;
  Literal upper;

  void Add(const Literal& value) {
    if (IsNull(value)) {
      summary.contains_null = true;
    } else if (IsNan(value)) {
      summary.contains_nan = true;
    } else {
      if (IsNull(lower) || Compare(value, lower) < 0) lower = value;
      if (IsNull(upper) || Compare(value, upper) > 0) upper = value;
    }
  }

  FieldSummary Finish(const Type& type) {
    if (!summary.contains_nan) summary.contains_nan = false;
    if (!IsNull(lower)) summary.lower_bound = ToSingleValueBytes(lower, type);
    if (!IsNull(upper)) summary.upper_bound = ToSingleValueBytes(upper, type);
    return summary;
  }
};

void Count(ManifestFile& entry, const ManifestEntry& item) {
  std::int64_t& files = item.status == EntryStatus::kAdded
                            ? entry.added_files
                            : (item.status == EntryStatus::kExisting ? entry.existing_files : entry.deleted_files);
  std::int64_t& rows = item.status == EntryStatus::kAdded
                           ? entry.added_rows
                           : (item.status == EntryStatus::kExisting ? entry.existing_rows : entry.deleted_rows);
  ++files;
  rows += item.file.record_count;
}

const std::string& ListSchema() {
  static const std::string kSchema = [] {
    std::string summary =
        R"({"type":"record","name":"r508","fields":[)" + Required("contains_null", "\"boolean\"", 509) + "," +
        Optional("contains_nan", "\"boolean\"", 518) + "," + Optional("lower_bound", "\"bytes\"", 510) + "," +
        Optional("upper_bound", "\"bytes\"", 511) + "]}";
    std::string fields = Required("manifest_path", "\"string\"", 500);
    for (const std::string& field :
         {Required("manifest_length", "\"long\"", 501), Required("partition_spec_id", "\"int\"", 502),
          Required("content", "\"int\"", 517), Required("sequence_number", "\"long\"", 515),
          Required("min_sequence_number", "\"long\"", 516), Required("added_snapshot_id", "\"long\"", 503),
          Required("added_files_count", "\"int\"", 504), Required("existing_files_count", "\"int\"", 505),
          Required("deleted_files_count", "\"int\"", 506), Required("added_rows_count", "\"long\"", 512),
          Required("existing_rows_count", "\"long\"", 513), Required("deleted_rows_count", "\"long\"", 514),
          Optional("partitions", ListType(summary, 508), 507), Optional("key_metadata", "\"bytes\"", 519)}) {
      fields += ',';
      fields += field;
    }
    return R"({"type":"record","name":"manifest_file","fields":[)" + fields + "]}";
  }();
  return kSchema;
}

/// application/x-www-form-urlencoded, as Java's URLEncoder.
std::string UrlEncode(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
                 c == '*' || c == '_';
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

}  // namespace

Result<EncodedManifest> EncodeManifest(const std::vector<ManifestEntry>& entries, const PartitionSpec& spec,
                                       const Schema& schema, const std::vector<Type>& types,
                                       const ManifestWriteOptions& options) {
  for (const PartitionField& field : spec.fields) {
    if (field.transform.kind == TransformKind::kUnknown) {
      return Fail(ErrorKind::kNotSupported,
                  fmt::format("partition field '{}' uses transform '{}', which is not known here", field.name,
                              field.transform.text));
    }
  }
  EncodedManifest out;
  ManifestFile& entry = out.entry;
  entry.spec_id = spec.spec_id;
  entry.added_files = entry.existing_files = entry.deleted_files = 0;
  entry.added_rows = entry.existing_rows = entry.deleted_rows = 0;
  std::vector<SummaryBuilder> summaries(types.size());
  AvroFileWriter writer(EntrySchema(spec, types),
                        {{"schema", SchemaToJson(schema)},
                         {"schema-id", fmt::format("{}", schema.schema_id)},
                         {"partition-spec", PartitionFieldsToJson(spec)},
                         {"partition-spec-id", fmt::format("{}", spec.spec_id)},
                         {"format-version", "2"},
                         {"content", "data"}},
                        options.deflate_level, options.sync_seed);
  AvroEncoder record;
  for (const ManifestEntry& item : entries) {
    if (item.file.partition.size() != types.size()) {
      return Fail(ErrorKind::kInternal,
                  fmt::format("data file {} has {} partition values, spec {} has {} fields", item.file.path,
                              item.file.partition.size(), spec.spec_id, types.size()));
    }
    Count(entry, item);
    for (std::size_t i = 0; i < types.size(); ++i) summaries[i].Add(item.file.partition[i]);
    record.Clear();
    PutEntry(record, item, types);
    writer.Append(record);
  }
  for (std::size_t i = 0; i < types.size(); ++i) entry.partitions.push_back(summaries[i].Finish(types[i]));
  out.bytes = writer.Finish();
  entry.length = static_cast<std::int64_t>(out.bytes.size());
  return out;
}

std::string EncodeManifestList(const std::vector<ManifestFile>& manifests, const Snapshot& snapshot,
                               const ManifestWriteOptions& options) {
  AvroFileWriter writer(
      ListSchema(),
      {{"snapshot-id", fmt::format("{}", snapshot.snapshot_id.value())},
       {"parent-snapshot-id", snapshot.parent_id ? fmt::format("{}", snapshot.parent_id->value()) : "null"},
       {"sequence-number", fmt::format("{}", snapshot.sequence_number)},
       {"format-version", "2"}},
      options.deflate_level, options.sync_seed);
  AvroEncoder out;
  auto bytes = [&](const std::string& value) { out.Bytes(value); };
  for (const ManifestFile& manifest : manifests) {
    out.Clear();
    out.Bytes(manifest.path);
    out.Long(manifest.length);
    out.Long(manifest.spec_id);
    out.Long(manifest.deletes ? 1 : 0);
    out.Long(manifest.sequence_number);
    out.Long(manifest.min_sequence_number);
    out.Long(manifest.added_snapshot_id);
    for (std::int64_t count : {manifest.added_files, manifest.existing_files, manifest.deleted_files,
                               manifest.added_rows, manifest.existing_rows, manifest.deleted_rows}) {
      out.Long(std::max<std::int64_t>(count, 0));
    }
    PutArray(out, manifest.partitions, [&](const FieldSummary& summary) {
      out.Boolean(summary.contains_null);
      PutOptional(out, summary.contains_nan, [&](bool value) { out.Boolean(value); });
      PutOptional(out, summary.lower_bound, bytes);
      PutOptional(out, summary.upper_bound, bytes);
    });
    PutOptional(out, manifest.key_metadata, bytes);
    writer.Append(out);
  }
  return writer.Finish();
}

std::string PartitionPath(const PartitionSpec& spec, const Schema& schema, const std::vector<Literal>& values) {
  std::string path;
  for (std::size_t i = 0; i < spec.fields.size(); ++i) {
    const PartitionField& field = spec.fields[i];
    const Field* source = schema.FindById(field.source_id);
    std::string text = source == nullptr ? "null" : ToHumanString(field.transform, values[i], source->type);
    if (!path.empty()) path += '/';
    path += UrlEncode(field.name) + "=" + UrlEncode(text);
  }
  return path;
}

}  // namespace floe::iceberg
