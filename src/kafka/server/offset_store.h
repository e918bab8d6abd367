// SPDX-License-Identifier: Apache-2.0
// Committed offsets of groups: all in memory, every commit in meta.db before it is answered.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/async/compute_pool.h"
#include "base/ids.h"
#include "base/result.h"
#include "meta/store.h"

namespace floe::kafka {

struct TopicPartition {
  std::string topic;
  PartitionId partition;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

struct CommittedOffset {
  Offset offset{-1};
  LeaderEpoch leader_epoch{-1};
  std::string metadata;
  TimestampMs committed_at{0};
};

using GroupOffsets = std::map<TopicPartition, CommittedOffset>;

/// What is stored about a group.
struct StoredGroup {
  std::string protocol_type;                    ///< empty: a client without membership committed
  std::optional<TimestampMs> empty_since;       ///< nothing while it has members, or nobody has looked yet
  std::shared_ptr<const GroupOffsets> offsets;  ///< never null
};

/// Thread-safe. Commits that arrive while one is being written share the next transaction (one fdatasync for all).
class OffsetStore {
 public:
  /// Blocking: makes the tables and reads everything. The pool and the store must outlive it.
  static Result<std::unique_ptr<OffsetStore>> Open(meta::Store& store, ComputePool& pool);
  /// Waits for what is being written.
  ~OffsetStore();

  /// `done` is called from a pool thread once the offsets are durable and visible, or with the error.
  void Commit(std::string group, std::string protocol_type, GroupOffsets offsets, std::function<void(Status)> done);
  /// Forgets offsets of one group: those of `partitions`, or, without, the group itself.
  void Remove(std::string group, std::optional<std::set<TopicPartition>> partitions, std::function<void(Status)> done);
  /// Forgets a deleted topic in every group.
  void RemoveTopic(std::string topic, std::function<void(Status)> done);

  /// Notes since when a group has no members; nothing: it has. Groups that never committed are not noted.
  void SetEmptySince(std::string group, std::optional<TimestampMs> since, std::function<void(Status)> done);
  /// Forgets offsets that still have the commit time given here, and the group when none is left.
  void RemoveExpired(std::string group, std::map<TopicPartition, TimestampMs> expired,
                     std::function<void(Status)> done);

  /// nullptr when the group has never committed. A snapshot.
  std::shared_ptr<const GroupOffsets> Find(const std::string& group) const;
  /// Groups with their protocol type.
  std::map<std::string, std::string> Groups() const;
  std::map<std::string, StoredGroup> Snapshot() const;

 private:
  struct State;
  explicit OffsetStore(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace floe::kafka
