// SPDX-License-Identifier: Apache-2.0
// An append as a pure function: metadata and new data files in, new metadata and the files to write out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "iceberg/manifest/manifest.h"
#include "iceberg/metadata/table_metadata.h"

namespace floe::iceberg {

/// What a commit draws from outside: time and randomness.
struct CommitIdentity {
  TimestampMs now;
  SnapshotId snapshot_id;  ///< positive, not in the table
  std::string uuid;        ///< names the commit's files
};

/// Manifests to fold into one, by position in the current list; empty when none. A tier that holds
/// `commit.manifest.min-count-to-merge` (16 by default) manifests of one spec and like size is folded, so that the list
/// stays logarithmic in the number of commits and each entry is rewritten a logarithmic number of times.
/// `commit.manifest-merge.enabled` = false turns it off.
std::vector<std::size_t> ChooseManifestsToMerge(const TableMetadata& metadata,
                                                const std::vector<ManifestFile>& manifests);

struct AppendInput {
  const TableMetadata* metadata = nullptr;
  std::string metadata_location;                         ///< of `metadata`
  const std::vector<ManifestFile>* manifests = nullptr;  ///< of the current snapshot
  std::vector<std::size_t> merged;                       ///< ChooseManifestsToMerge
  std::vector<ManifestEntry> merged_entries;             ///< all their entries, in order
  std::vector<DataFile> files;
  StringMap summary;  ///< our own keys
  CommitIdentity identity;
};

struct PlannedFile {
  std::string path;
  std::string bytes;
};

struct AppendPlan {
  TableMetadata metadata;
  std::string metadata_location;
  std::vector<ManifestFile> manifests;  ///< the new current list
  std::vector<PlannedFile>
      files;  ///< manifests, list, then metadata.json; all are durable before anything refers to them
  std::vector<SnapshotPtr> expired;           ///< left the metadata; their files may go once nothing refers to them
  std::vector<std::string> dropped_metadata;  ///< metadata files that left the log and may be deleted
};

/// kNotSupported for v1 and v3 tables and for unknown transforms; kInvalidInput for files of unknown specs.
Result<AppendPlan> PlanAppend(const AppendInput& input);

/// Metadata that follows `base` without a new snapshot: logs the old file, bounds the log, names the new file.
struct MetadataStep {
  std::string location;
  std::string json;
  std::vector<std::string> dropped_metadata;
};
Result<MetadataStep> NextMetadata(TableMetadata& next, const std::string& base_location, TimestampMs base_updated,
                                  std::string_view uuid);

/// "<location>/metadata/00007-<uuid>.metadata.json"; the version is one above that of `previous` (empty: 0).
std::string NextMetadataLocation(const TableMetadata& metadata, std::string_view previous, std::string_view uuid);
/// "<location>/metadata", or what 'write.metadata.path' says.
std::string MetadataFolder(const TableMetadata& metadata);

/// A positive 63-bit id from 128 random bits, as Java makes it.
SnapshotId SnapshotIdFrom(std::uint64_t high, std::uint64_t low);

}  // namespace floe::iceberg
