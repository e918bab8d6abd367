// SPDX-License-Identifier: Apache-2.0
#include "server/group_offsets.h"

#include <fmt/format.h>

#include "base/logging.h"

namespace floe::server {

Result<std::optional<Offset>> NodeGroupOffsets::Committed(const std::string& group, const std::string& topic,
                                                          PartitionId partition) {
  const auto offsets = offsets_.Find(group);
  if (offsets == nullptr) return std::nullopt;
  const auto found = offsets->find({topic, partition});
  return found == offsets->end() ? std::nullopt : std::optional(found->second.offset);
}

Status NodeGroupOffsets::Commit(const std::string& group, const std::vector<connect::GroupOffset>& offsets) {
  const bool refused = has_members_(group);
  bool news = false;
  {
    std::lock_guard lock(mu_);
    news = refused ? refused_.insert(group).second : (refused_.erase(group), false);
  }
  if (refused) {
    if (news)
      logging::Warn("server", "a job's offsets are not committed: the group has members of its own",
                    {{"group", group}});
    return Fail(ErrorKind::kFailedPrecondition,
                fmt::format("group '{}' has members, which alone may commit to it; give the job another "
                            "'properties.group.id'",
                            group));
  }
  kafka::GroupOffsets committed;
  for (const auto& entry : offsets) {
    committed[{entry.topic, entry.partition}] = {
        .offset = entry.offset, .leader_epoch = LeaderEpoch(-1), .metadata = "", .committed_at = clock_.WallNowMs()};
  }
  offsets_.Commit(group, "", std::move(committed), [group](Status status) {
    if (status) return;
    logging::Warn("server", "committing a job's offsets failed",
                  {{"group", group}, {"cause", status.error().ToString()}});
  });
  return {};
}

}  // namespace floe::server
