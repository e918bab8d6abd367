// SPDX-License-Identifier: Apache-2.0
// Groups as the node's own tools see them, without a Kafka client.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace floe::kafka {

class GroupCoordinator;
class OffsetStore;

struct GroupMemberView {
  std::string id;
  std::string client_id;
  std::string host;
};
struct GroupOffsetView {
  std::string topic;
  PartitionId partition;
  Offset offset;
};
struct GroupView {
  std::string id;
  std::string state;  ///< "Stable", "Empty", ...
  std::string protocol_type;
  std::vector<GroupMemberView> members;
  std::vector<GroupOffsetView> offsets;
};

/// Thread-safe. Delete blocks on disk: compute threads only.
class GroupAdmin {
 public:
  GroupAdmin(GroupCoordinator& groups, OffsetStore& offsets) : groups_(groups), offsets_(offsets) {}
  std::vector<GroupView> List() const;
  /// kNotFound.
  Result<GroupView> Describe(const std::string& group) const;
  /// Whether someone who is no member may commit offsets: not while the group has members.
  bool AllowsCommit(const std::string& group) const;
  /// kNotFound; kFailedPrecondition while it has members.
  Status Delete(const std::string& group);

 private:
  GroupCoordinator& groups_;
  OffsetStore& offsets_;
};

}  // namespace floe::kafka
