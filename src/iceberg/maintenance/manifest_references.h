// SPDX-License-Identifier: Apache-2.0
// How many snapshots of a table name each manifest: what tells, at the price of one list per commit, which manifests
// nobody needs.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "iceberg/manifest/manifest.h"

namespace floe::iceberg {

/// Not thread-safe.
class ManifestReferences {
 public:
  bool Contains(SnapshotId snapshot) const { return by_snapshot_.contains(snapshot); }
  void Add(SnapshotId snapshot, const std::vector<ManifestFile>& manifests);
  /// Returns the manifests that no remaining snapshot names.
  std::vector<std::string> Remove(SnapshotId snapshot);
  std::vector<SnapshotId> Snapshots() const;

 private:
  using Counts = std::unordered_map<std::string, std::int64_t>;
  Counts counts_;
  std::unordered_map<SnapshotId, std::vector<Counts::value_type*>> by_snapshot_;
};

}  // namespace floe::iceberg
