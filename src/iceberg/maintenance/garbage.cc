// SPDX-License-Identifier: Apache-2.0
#include "iceberg/maintenance/garbage.h"

#include <algorithm>
#include <unordered_set>

namespace floe::iceberg {
namespace {

constexpr std::size_t kTables = 64;

}  // namespace

std::vector<std::string> GarbageFinder::Find(const TableMetadata& before, const AppendPlan& plan) {
  std::vector<std::string> garbage;
  if (before.BoolProperty("gc.enabled", true) && !plan.expired.empty()) {
    if (!Manifests(before, plan, garbage) || !DataFiles(before, plan, garbage)) garbage.clear();
  }
  garbage.insert(garbage.end(), plan.dropped_metadata.begin(), plan.dropped_metadata.end());
  return garbage;
}

Status GarbageFinder::Manifests(const TableMetadata& before, const AppendPlan& plan,
                                std::vector<std::string>& garbage) {
  std::lock_guard lock(mu_);
  if (tables_.size() >= kTables && !tables_.contains(before.table_uuid)) tables_.erase(tables_.begin());
  ManifestReferences& references = tables_[before.table_uuid];
  // Brought to `before` first: an earlier plan may have been thrown away, or somebody else may have committed.
  std::unordered_set<SnapshotId> known;
  for (const SnapshotPtr& snapshot : before.snapshots) {
    known.insert(snapshot->snapshot_id);
    if (references.Contains(snapshot->snapshot_id)) continue;
    FLOE_TRY(ManifestList list, io_.Manifests(*snapshot));
    references.Add(snapshot->snapshot_id, *list);
  }
  for (SnapshotId id : references.Snapshots()) {
    if (!known.contains(id)) references.Remove(id);
  }
  references.Add(*plan.metadata.current_snapshot_id, plan.manifests);
  for (const SnapshotPtr& snapshot : plan.expired) {
    for (std::string& path : references.Remove(snapshot->snapshot_id)) garbage.push_back(std::move(path));
    if (!snapshot->manifest_list.empty()) garbage.push_back(snapshot->manifest_list);
  }
  return {};
}

Status GarbageFinder::DataFiles(const TableMetadata& before, const AppendPlan& plan,
                                std::vector<std::string>& garbage) {
  // Appends take no data file away: what an old manifest names, a newer one names too.
  if (std::ranges::all_of(before.snapshots, [](const SnapshotPtr& s) { return s->operation == "append"; })) return {};
  std::unordered_set<std::string> live;
  std::unordered_set<std::string> candidates;
  auto collect = [&](const std::vector<SnapshotPtr>& snapshots, std::unordered_set<std::string>& into) -> Status {
    std::unordered_set<std::string> seen;
    for (const SnapshotPtr& snapshot : snapshots) {
      if (snapshot->snapshot_id == plan.metadata.current_snapshot_id) continue;  // not on disk yet
      FLOE_TRY(ManifestList list, io_.Manifests(*snapshot));
      for (const ManifestFile& manifest : *list) {
        if (!seen.insert(manifest.path).second) continue;
        FLOE_TRY_VOID(io_.ReadManifestEntries(before, manifest, [&](ManifestEntry&& entry) -> Status {
          if (entry.live()) into.insert(std::move(entry.file.path));
          return {};
        }));
      }
    }
    return {};
  };
  // The new snapshot names what its parent names, and new files.
  std::vector<SnapshotPtr> kept = plan.metadata.snapshots;
  for (const SnapshotPtr& snapshot : before.snapshots) {
    if (snapshot->snapshot_id == before.current_snapshot_id) kept.push_back(snapshot);
  }
  FLOE_TRY_VOID(collect(kept, live));
  FLOE_TRY_VOID(collect(plan.expired, candidates));
  for (const std::string& path : candidates) {
    if (!live.contains(path)) garbage.push_back(path);
  }
  return {};
}

}  // namespace floe::iceberg
