// SPDX-License-Identifier: Apache-2.0
#include "iceberg/maintenance/expire.h"

#include <algorithm>
#include <unordered_map>

namespace floe::iceberg {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kFiveDays = 120 * kHour;
constexpr std::size_t kKeepAll = 60;

using Index = std::unordered_map<SnapshotId, const Snapshot*>;

/// Only Floe's own appends are thinned: what others committed may be a rollback point or a staged change.
bool OwnAppend(const Snapshot& snapshot) {
  auto engine = snapshot.summary.find("engine-name");
  return snapshot.operation == "append" && engine != snapshot.summary.end() && engine->second == "floe";
}

/// Newest first.
std::vector<const Snapshot*> Ancestry(const Index& index, SnapshotId head) {
  std::vector<const Snapshot*> chain;
  std::optional<SnapshotId> at = head;
  while (at && chain.size() <= index.size()) {
    auto found = index.find(*at);
    if (found == index.end()) break;
    chain.push_back(found->second);
    at = found->second->parent_id;
  }
  return chain;
}

void KeepByAge(const std::vector<const Snapshot*>& chain, std::int64_t now, std::int64_t max_age, std::size_t min_keep,
               std::set<SnapshotId>& keep) {
  for (std::size_t i = 0; i < chain.size(); ++i) {
    if (i < min_keep || now - chain[i]->timestamp.value() <= max_age) keep.insert(chain[i]->snapshot_id);
  }
}

/// Of equal slots the newest stays; a slot's snapshot is found again at the next commit, so it stays until it is too
/// old.
void KeepThinned(const std::vector<const Snapshot*>& chain, std::int64_t now, std::set<SnapshotId>& keep) {
  std::int64_t last_slot = -1;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    std::int64_t time = chain[i]->timestamp.value();
    std::int64_t age = now - time;
    if (i < kKeepAll) {
      keep.insert(chain[i]->snapshot_id);
      continue;
    }
    if (age > kFiveDays) continue;
    // The oldest of a slot is chosen: later commits of the same slot cannot displace it.
    std::int64_t slot = age <= kHour ? time / kMinute : time / kHour;
    bool oldest_of_slot = i + 1 == chain.size();
    if (!oldest_of_slot) {
      std::int64_t next_time = chain[i + 1]->timestamp.value();
      std::int64_t next_slot = age <= kHour ? next_time / kMinute : next_time / kHour;
      oldest_of_slot = next_slot != slot;
    }
    if (!OwnAppend(*chain[i]) || (oldest_of_slot && slot != last_slot)) keep.insert(chain[i]->snapshot_id);
    if (oldest_of_slot) last_slot = slot;
  }
}

/// As soon as it is certain that a chain is broken (an expired parent), what lies behind is found by time.
std::vector<const Snapshot*> BranchHistory(const TableMetadata& metadata, const Index& index, const SnapshotRef& ref,
                                           bool only_branch) {
  if (!only_branch) return Ancestry(index, ref.snapshot_id);
  // Thinning cuts parent links. With a single branch every snapshot belongs to it, in order of sequence numbers.
  std::vector<const Snapshot*> all;
  const Snapshot* head = metadata.FindSnapshot(ref.snapshot_id);
  for (const SnapshotPtr& snapshot : metadata.snapshots) {
    if (head != nullptr && snapshot->sequence_number <= head->sequence_number) all.push_back(snapshot.get());
  }
  std::ranges::stable_sort(
      all, [](const Snapshot* a, const Snapshot* b) { return a->sequence_number > b->sequence_number; });
  return all;
}

}  // namespace

std::set<SnapshotId> ChooseSnapshotsToExpire(const TableMetadata& metadata, TimestampMs now) {
  bool by_property = metadata.properties.contains("history.expire.max-snapshot-age-ms") ||
                     metadata.properties.contains("history.expire.min-snapshots-to-keep");
  bool thinning = metadata.BoolProperty("floe.history.thinning.enabled", true);
  if ((!by_property && !thinning) || metadata.snapshots.size() <= 1) return {};
  if (!by_property && metadata.snapshots.size() <= kKeepAll) return {};

  Index index;
  for (const SnapshotPtr& snapshot : metadata.snapshots) index[snapshot->snapshot_id] = snapshot.get();
  std::int64_t max_age = metadata.NumberProperty("history.expire.max-snapshot-age-ms", kFiveDays);
  auto min_keep = static_cast<std::size_t>(
      std::max<std::int64_t>(1, metadata.NumberProperty("history.expire.min-snapshots-to-keep", 1)));
  auto branches = std::ranges::count_if(metadata.refs, [](const auto& ref) { return ref.second.is_branch; });
  std::set<SnapshotId> keep;
  for (const auto& [name, ref] : metadata.refs) {
    keep.insert(ref.snapshot_id);
    if (!ref.is_branch) continue;
    auto chain = BranchHistory(metadata, index, ref, branches == 1);
    if (by_property) {
      KeepByAge(chain, now.value(), ref.max_snapshot_age_ms.value_or(max_age),
                static_cast<std::size_t>(ref.min_snapshots_to_keep.value_or(static_cast<int>(min_keep))), keep);
    } else {
      KeepThinned(chain, now.value(), keep);
    }
  }
  std::set<SnapshotId> expired;
  for (const SnapshotPtr& snapshot : metadata.snapshots) {
    if (keep.contains(snapshot->snapshot_id)) continue;
    bool young = now.value() - snapshot->timestamp.value() <= (by_property ? max_age : kFiveDays);
    // What is on no branch (staged, rolled back) waits until it is old.
    if (young && !(branches == 1 && OwnAppend(*snapshot))) continue;
    expired.insert(snapshot->snapshot_id);
  }
  return expired;
}

std::vector<SnapshotPtr> DropSnapshots(TableMetadata& metadata, const std::set<SnapshotId>& ids) {
  std::vector<SnapshotPtr> dropped;
  if (ids.empty()) return dropped;
  std::erase_if(metadata.snapshots, [&](const SnapshotPtr& snapshot) {
    if (!ids.contains(snapshot->snapshot_id)) return false;
    dropped.push_back(snapshot);
    return true;
  });
  auto last = std::find_if(metadata.snapshot_log.rbegin(), metadata.snapshot_log.rend(),
                           [&](const SnapshotLogEntry& entry) { return ids.contains(entry.snapshot_id); });
  metadata.snapshot_log.erase(metadata.snapshot_log.begin(), last.base());
  return dropped;
}

}  // namespace floe::iceberg
