// SPDX-License-Identifier: Apache-2.0
#include "kafka/server/offset_expiry.h"

#include <algorithm>

namespace floe::kafka {

std::map<TopicPartition, TimestampMs> ExpiredOffsets(const StoredGroup& group, TimestampMs now,
                                                     std::chrono::milliseconds retention) {
  std::map<TopicPartition, TimestampMs> expired;
  const bool had_members = !group.protocol_type.empty();
  if (retention.count() < 0 || (had_members && !group.empty_since)) return expired;
  for (const auto& [partition, offset] : *group.offsets) {
    auto used = offset.committed_at;
    if (had_members) used = std::max(used, *group.empty_since);
    if (now.value() - used.value() >= retention.count()) expired.emplace(partition, offset.committed_at);
  }
  return expired;
}

std::size_t OffsetExpiry::Sweep(const std::function<void(Status)>& done) {
  const auto now = clock_.WallNowMs();
  const auto activity = groups_.TakeActivity();
  std::size_t changes = 0;
  for (auto& [name, group] : offsets_.Snapshot()) {
    const auto active = activity.find(name);
    if (active != activity.end() && active->second == GroupActivity::kHasMembers) {
      if (group.empty_since) {
        offsets_.SetEmptySince(name, std::nullopt, done);
        ++changes;
      }
      continue;
    }
    // The moment itself was missed; later is the safe side.
    if (!group.empty_since || active != activity.end()) {
      group.empty_since = now;
      offsets_.SetEmptySince(name, now, done);
      ++changes;
    }
    auto expired = ExpiredOffsets(group, now, retention_);
    const bool nothing_left = group.offsets->empty() && retention_.count() >= 0;
    if (expired.empty() && !nothing_left) continue;
    offsets_.RemoveExpired(name, std::move(expired), done);
    ++changes;
  }
  return changes;
}

}  // namespace floe::kafka
