// SPDX-License-Identifier: Apache-2.0
// Manifests and manifest lists as values, and their Avro form (spec, "Manifests", "Manifest Lists").
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "iceberg/metadata/literal.h"
#include "iceberg/metadata/table_metadata.h"

namespace floe::iceberg {

enum class FileContent : std::uint8_t { kData = 0, kPositionDeletes = 1, kEqualityDeletes = 2 };
enum class EntryStatus : std::uint8_t { kExisting = 0, kAdded = 1, kDeleted = 2 };

/// Per field id, in ascending order of id.
template <typename T>
using ByField = std::vector<std::pair<std::int32_t, T>>;

template <typename T>
const T* FindByField(const ByField<T>& values, std::int32_t id) {
  for (const auto& [key, value] : values) {
    if (key == id) return &value;
  }
  return nullptr;
}

struct DataFile {
  FileContent content = FileContent::kData;
  std::string path;
  std::string format = "PARQUET";
  std::int32_t spec_id = 0;        ///< of the manifest it stands in
  std::vector<Literal> partition;  ///< one per field of the spec
  std::int64_t record_count = 0;
  std::int64_t file_size = 0;
  ByField<std::int64_t> column_sizes;
  ByField<std::int64_t> value_counts;
  ByField<std::int64_t> null_counts;
  ByField<std::int64_t> nan_counts;
  ByField<std::string> lower_bounds;
  ByField<std::string> upper_bounds;
  std::optional<std::string> key_metadata;
  std::vector<std::int64_t> split_offsets;
  std::vector<std::int32_t> equality_ids;
  std::optional<std::int32_t> sort_order_id;
  std::optional<std::string> referenced_data_file;
  std::optional<std::int64_t> first_row_id;    ///< v3
  std::optional<std::int64_t> content_offset;  ///< v3
  std::optional<std::int64_t> content_size;    ///< v3
  /// Floe's own: CRC-32C of each MiB of the file, four little-endian bytes each; empty when unknown.
  std::string block_checksums;
};

/// Far from the ids of the specification and from those of partition fields. Readers skip fields they do not know.
inline constexpr std::int32_t kBlockChecksumsFieldId = 2'000'000'001;

struct ManifestEntry {
  EntryStatus status = EntryStatus::kAdded;
  std::optional<std::int64_t> snapshot_id;
  std::optional<std::int64_t> sequence_number;
  std::optional<std::int64_t> file_sequence_number;
  DataFile file;
  bool live() const { return status != EntryStatus::kDeleted; }
};

struct FieldSummary {
  bool contains_null = false;
  std::optional<bool> contains_nan;
  std::optional<std::string> lower_bound;  ///< single-value bytes of the partition type
  std::optional<std::string> upper_bound;
  bool operator==(const FieldSummary&) const = default;
};

struct ManifestFile {
  std::string path;
  std::int64_t length = 0;
  std::int32_t spec_id = 0;
  bool deletes = false;  ///< content 1
  std::int64_t sequence_number = 0;
  std::int64_t min_sequence_number = 0;
  std::int64_t added_snapshot_id = 0;
  // Absent in some v1 lists: -1.
  std::int64_t added_files = -1;
  std::int64_t existing_files = -1;
  std::int64_t deleted_files = -1;
  std::int64_t added_rows = -1;
  std::int64_t existing_rows = -1;
  std::int64_t deleted_rows = -1;
  std::vector<FieldSummary> partitions;
  std::optional<std::string> key_metadata;
  std::optional<std::int64_t> first_row_id;
  bool operator==(const ManifestFile&) const = default;
};

struct ManifestContent {
  PartitionSpec spec;
  bool deletes = false;
  std::vector<ManifestEntry> entries;
};

/// Reads a manifest list of any format version. kCorruption.
Result<std::vector<ManifestFile>> ReadManifestList(std::string_view content);

/// Calls `on_entry` for each entry, deleted ones too, sequence numbers and snapshot ids inherited from `list_entry`.
/// The partition tuple is decoded by `types` (PartitionTypes of the manifest's spec). kCorruption; errors of
/// `on_entry`.
Status ReadManifest(std::string_view content, const ManifestFile& list_entry, const PartitionSpec& spec,
                    const std::vector<Type>& types, const std::function<Status(ManifestEntry&&)>& on_entry);

/// All manifests one list names (v1 tables that embed manifest paths have none of the counts).
struct ManifestHeader {
  std::int32_t spec_id = 0;
  std::string content;
};
/// What the header of a manifest says, for v1 snapshots without a list. kCorruption.
Result<ManifestHeader> ReadManifestHeader(std::string_view content);

struct ManifestWriteOptions {
  int deflate_level = 1;  ///< 0: codec null
  std::string sync_seed;  ///< 16 characters that differ from file to file
};

/// The bytes of a v2 data manifest and the list entry that describes it; path, sequence numbers and snapshot id are the
/// caller's.
struct EncodedManifest {
  std::string bytes;
  ManifestFile entry;
};
Result<EncodedManifest> EncodeManifest(const std::vector<ManifestEntry>& entries, const PartitionSpec& spec,
                                       const Schema& schema, const std::vector<Type>& types,
                                       const ManifestWriteOptions& options);
/// The bytes of a v2 manifest list.
std::string EncodeManifestList(const std::vector<ManifestFile>& manifests, const Snapshot& snapshot,
                               const ManifestWriteOptions& options);

/// "day=2026-11-21/city=S%C3%A3o": names and values URL-encoded as Java's PartitionSpec.partitionToPath; empty when
/// unpartitioned.
std::string PartitionPath(const PartitionSpec& spec, const Schema& schema, const std::vector<Literal>& values);

}  // namespace floe::iceberg
