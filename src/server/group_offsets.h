// SPDX-License-Identifier: Apache-2.0
// The broker's committed offsets, as the kafka connector reads and writes them.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "connect/kafka/group_offsets.h"
#include "kafka/server/offset_store.h"

namespace floe::server {

/// Thread-safe. Commit does not wait for the disk: a checkpoint is not held up for what only shows its progress, and a
/// failure is logged. As in Kafka, nobody but its members commits to a group that has members.
class NodeGroupOffsets final : public connect::GroupOffsets {
 public:
  /// `has_members` tells of a group of the running broker. All outlive it.
  NodeGroupOffsets(kafka::OffsetStore& offsets, Clock& clock, std::function<bool(const std::string&)> has_members)
      : offsets_(offsets), clock_(clock), has_members_(std::move(has_members)) {}

  Result<std::optional<Offset>> Committed(const std::string& group, const std::string& topic,
                                          PartitionId partition) override;
  /// kFailedPrecondition while the group has members.
  Status Commit(const std::string& group, const std::vector<connect::GroupOffset>& offsets) override;

 private:
  kafka::OffsetStore& offsets_;
  Clock& clock_;
  const std::function<bool(const std::string&)> has_members_;
  std::mutex mu_;
  std::set<std::string> refused_;  // guarded by mu_: logged once per occurrence
};

}  // namespace floe::server
