// SPDX-License-Identifier: Apache-2.0
#include "iceberg/maintenance/manifest_references.h"

namespace floe::iceberg {

void ManifestReferences::Add(SnapshotId snapshot, const std::vector<ManifestFile>& manifests) {
  auto [at, added] = by_snapshot_.try_emplace(snapshot);
  if (!added) return;
  at->second.reserve(manifests.size());
  for (const ManifestFile& manifest : manifests) {
    auto& node = *counts_.try_emplace(manifest.path, 0).first;
    ++node.second;
    at->second.push_back(&node);
  }
}

std::vector<std::string> ManifestReferences::Remove(SnapshotId snapshot) {
  std::vector<std::string> unused;
  auto found = by_snapshot_.find(snapshot);
  if (found == by_snapshot_.end()) return unused;
  for (Counts::value_type* node : found->second) {
    if (--node->second == 0) unused.push_back(node->first);
  }
  by_snapshot_.erase(found);
  for (const std::string& path : unused) counts_.erase(path);
  return unused;
}

std::vector<SnapshotId> ManifestReferences::Snapshots() const {
  std::vector<SnapshotId> ids;
  for (const auto& [id, manifests] : by_snapshot_) ids.push_back(id);
  return ids;
}

}  // namespace floe::iceberg
