// SPDX-License-Identifier: Apache-2.0
// Table metadata as a value: what a metadata.json says (spec, "Table Metadata").
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "iceberg/metadata/transform.h"
#include "iceberg/metadata/type.h"

namespace floe::iceberg {

using StringMap = std::map<std::string, std::string>;

struct PartitionField {
  std::int32_t source_id = 0;
  std::int32_t field_id = 0;  ///< from 1000
  std::string name;
  Transform transform;
};

struct PartitionSpec {
  std::int32_t spec_id = 0;
  std::vector<PartitionField> fields;
};

struct SortField {
  std::int32_t source_id = 0;
  Transform transform;
  bool ascending = true;
  bool nulls_first = true;
};

struct SortOrder {
  std::int32_t order_id = 0;
  std::vector<SortField> fields;
};

/// Immutable once made. `json` caches its text, since a busy table writes the same snapshots again with every commit.
struct Snapshot {
  SnapshotId snapshot_id;
  std::optional<SnapshotId> parent_id;
  std::int64_t sequence_number = 0;
  TimestampMs timestamp;
  std::string manifest_list;           ///< path; empty in old v1 files that embed `manifests`
  std::vector<std::string> manifests;  ///< v1 only
  std::string operation;               ///< "append", "replace", "overwrite", "delete"
  StringMap summary;                   ///< without "operation"
  std::optional<std::int32_t> schema_id;
  std::string json;  ///< as read or written, unknown fields included; filled by SealSnapshot and the parser
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;

struct SnapshotRef {
  SnapshotId snapshot_id;
  bool is_branch = true;
  std::optional<std::int32_t> min_snapshots_to_keep;
  std::optional<std::int64_t> max_snapshot_age_ms;
  std::optional<std::int64_t> max_ref_age_ms;
};

struct SnapshotLogEntry {
  TimestampMs timestamp;
  SnapshotId snapshot_id;
};

struct MetadataLogEntry {
  TimestampMs timestamp;
  std::string metadata_file;
};

/// Copying is cheap but for the logs: snapshots are shared.
struct TableMetadata {
  int format_version = 2;
  std::string table_uuid;
  std::string location;
  std::int64_t last_sequence_number = 0;
  TimestampMs last_updated;
  std::int32_t last_column_id = 0;
  std::vector<std::shared_ptr<const Schema>> schemas;
  std::int32_t current_schema_id = 0;
  std::vector<PartitionSpec> partition_specs;
  std::int32_t default_spec_id = 0;
  std::int32_t last_partition_id = 999;
  std::vector<SortOrder> sort_orders;
  std::int32_t default_sort_order_id = 0;
  StringMap properties;
  std::optional<SnapshotId> current_snapshot_id;
  std::vector<SnapshotPtr> snapshots;
  std::vector<SnapshotLogEntry> snapshot_log;
  std::vector<MetadataLogEntry> metadata_log;
  std::map<std::string, SnapshotRef> refs;
  std::optional<std::int64_t> next_row_id;  ///< v3
  std::string extra;                        ///< JSON object of top-level fields not listed here, or empty

  const Schema& schema() const;
  /// nullptr when absent.
  const Schema* FindSchema(std::int32_t id) const;
  const PartitionSpec& spec() const;
  const PartitionSpec* FindSpec(std::int32_t id) const;
  /// nullptr when absent or no snapshot exists.
  const Snapshot* FindSnapshot(SnapshotId id) const;
  const Snapshot* current_snapshot() const;
  /// The property's value, or `fallback` when unset.
  std::string Property(const std::string& key, std::string_view fallback = "") const;
  /// Numbers that do not parse count as unset.
  std::int64_t NumberProperty(const std::string& key, std::int64_t fallback) const;
  bool BoolProperty(const std::string& key, bool fallback) const;
};

/// Checks ids, references and versions; nothing is trusted. kCorruption names the field; kNotSupported for format
/// versions above 3.
Result<TableMetadata> ParseTableMetadata(std::string_view json);
/// Reads it, also gzipped content (".gz.metadata.json"). kCorruption.
Result<TableMetadata> ParseTableMetadataFile(std::string_view file_content);
/// v2 or v3 text (a v1 table is written as v2 only after an upgrade: kNotSupported for v1).
Result<std::string> ToJson(const TableMetadata& metadata);

/// Fills `json`.
SnapshotPtr SealSnapshot(Snapshot snapshot, int format_version);

/// The parts as JSON, for manifests and the REST catalog.
std::string SchemaToJson(const Schema& schema);
Result<Schema> SchemaFromJson(std::string_view json);
/// The array of fields alone, as manifest headers hold it.
std::string PartitionFieldsToJson(const PartitionSpec& spec);
Result<std::vector<PartitionField>> PartitionFieldsFromJson(std::string_view json);

/// Types of a partition tuple under a schema; a dropped source column counts as its transform's result of unknown
/// (string).
Result<std::vector<Type>> PartitionTypes(const PartitionSpec& spec, const Schema& schema);

}  // namespace floe::iceberg
