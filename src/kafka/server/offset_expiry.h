// SPDX-License-Identifier: Apache-2.0
// Offsets of groups that nobody uses any more are forgotten (offsets.retention.minutes, KIP-211).
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "base/clock.h"
#include "kafka/server/group_coordinator.h"
#include "kafka/server/offset_store.h"

namespace floe::kafka {

/// Offsets of one group that are over at `now`. A group with members keeps all. One that had members keeps its offsets
/// for `retention` after it became empty or committed, whichever is later; one that never had, after the commit.
std::map<TopicPartition, TimestampMs> ExpiredOffsets(const StoredGroup& group, TimestampMs now,
                                                     std::chrono::milliseconds retention);

/// Runs from time to time; one call at a time. What it needs to know across restarts is in the offset store.
class OffsetExpiry {
 public:
  /// All outlive it. A negative retention keeps everything.
  OffsetExpiry(GroupCoordinator& groups, OffsetStore& offsets, Clock& clock, std::chrono::milliseconds retention)
      : groups_(groups), offsets_(offsets), clock_(clock), retention_(retention) {}

  /// Looks which groups have become empty or active, and removes what is over. Never blocks; `done` is called once per
  /// change it asked for, from a pool thread. Returns how many changes that are.
  std::size_t Sweep(const std::function<void(Status)>& done);

 private:
  GroupCoordinator& groups_;
  OffsetStore& offsets_;
  Clock& clock_;
  const std::chrono::milliseconds retention_;
};

}  // namespace floe::kafka
