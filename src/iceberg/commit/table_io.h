// SPDX-License-Identifier: Apache-2.0
// Table files by their location text: parsed metadata and manifest lists, cached by name because they never change.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "iceberg/commit/append.h"
#include "iceberg/manifest/manifest.h"
#include "iceberg/metadata/table_metadata.h"
#include "io/file_system.h"

namespace floe::iceberg {

/// "file:///a/b", "file:/a/b" and "/a/b" all name /a/b; nothing is unescaped, as Hadoop does. kNotSupported for other
/// schemes.
Result<std::string> LocalPath(std::string_view location);

using ManifestList = std::shared_ptr<const std::vector<ManifestFile>>;

/// A table at one version of its metadata.
struct LoadedTable {
  std::string metadata_location;
  std::shared_ptr<const TableMetadata> metadata;
};

/// Thread-safe.
class TableIo {
 public:
  explicit TableIo(io::FileSystem& files) : files_(files) {}

  io::FileSystem& files() { return files_; }
  Result<std::string> Read(const std::string& location);
  /// Parsed metadata; from the cache where possible.
  Result<LoadedTable> Load(const std::string& metadata_location);
  /// The manifests of a snapshot (also of v1 snapshots that have no list).
  Result<ManifestList> Manifests(const Snapshot& snapshot);
  /// Entries of one manifest, inherited values filled in.
  Status ReadManifestEntries(const TableMetadata& metadata, const ManifestFile& manifest,
                             const std::function<Status(ManifestEntry&&)>& on_entry);
  /// Writes new files durably, directories included. Removes what it wrote when one fails.
  Status WriteAll(const std::vector<PlannedFile>& planned);
  /// Remembers what was just written, so that nobody has to read it back.
  void Remember(LoadedTable table, std::string manifest_list, ManifestList manifests);
  /// Removing what is not there is fine.
  Status Remove(const std::string& location);

 private:
  template <typename T>
  struct Cache {
    std::list<std::pair<std::string, T>> entries;  // newest first
    std::unordered_map<std::string, typename std::list<std::pair<std::string, T>>::iterator> index;
    T Find(const std::string& key);
    void Put(const std::string& key, T value, std::size_t limit);
  };

  io::FileSystem& files_;
  std::mutex mu_;
  Cache<std::shared_ptr<const TableMetadata>> metadata_;  // guarded by mu_
  Cache<ManifestList> lists_;                             // guarded by mu_
};

/// Types of a spec's partition tuple; a column dropped from the current schema is looked up in older ones.
Result<std::vector<Type>> PartitionTypesOf(const TableMetadata& metadata, const PartitionSpec& spec);

}  // namespace floe::iceberg
