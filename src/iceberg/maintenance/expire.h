// SPDX-License-Identifier: Apache-2.0
// Which snapshots may go: pure decisions over table metadata.
#pragma once

#include <set>
#include <vector>

#include "iceberg/metadata/table_metadata.h"

namespace floe::iceberg {

/// The snapshots to drop at `now`. Nothing that a branch head or tag names is ever in it.
///
/// With a 'history.expire.*' property set, Iceberg's rule alone holds: per branch, snapshots older than
/// max-snapshot-age-ms (5 days) beyond min-snapshots-to-keep (1). Otherwise, unless 'floe.history.thinning.enabled' is
/// 'false': of Floe's own appends the last 60 stay, then one per minute for an hour, one per hour for 5 days; all other
/// snapshots stay for 5 days. With thinning off and nothing set, nothing expires by itself.
std::set<SnapshotId> ChooseSnapshotsToExpire(const TableMetadata& metadata, TimestampMs now);

/// Drops them, and the snapshot log up to the last dropped entry (spec). Returns what left.
std::vector<SnapshotPtr> DropSnapshots(TableMetadata& metadata, const std::set<SnapshotId>& ids);

}  // namespace floe::iceberg
