// SPDX-License-Identifier: Apache-2.0
// All groups of the node: gives events and time to the pure Group and carries its answers to the requests that wait.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/async/one_shot.h"
#include "base/async/task_scope.h"
#include "base/clock.h"
#include "kafka/server/group.h"
#include "kafka/server/offset_store.h"

namespace floe::kafka {

struct GroupSummary {
  std::string group_id;
  std::string protocol_type;
  std::string state;
};

enum class GroupActivity : std::uint8_t { kHasMembers, kHadMembers };

/// Thread-safe; never blocks but for a short lock. Membership lives in memory (members join again after a restart),
/// offsets in the store.
class GroupCoordinator {
 public:
  GroupCoordinator(GroupOptions options, OffsetStore& offsets, Clock& clock, Random& random);
  ~GroupCoordinator();

  /// Drives session and rebalance deadlines in `scope` until it stops.
  void Start(TaskScope& scope);
  /// Answers everybody who waits with COORDINATOR_NOT_AVAILABLE.
  void Stop();

  Task<Result<JoinAnswer>> Join(std::string group_id, JoinEvent event);
  Task<Result<SyncAnswer>> Sync(std::string group_id, SyncEvent event);
  ErrorCode Heartbeat(const std::string& group_id, const std::string& member_id,
                      const std::optional<std::string>& instance_id, std::int32_t generation);
  ErrorCode Leave(const std::string& group_id, const std::string& member_id,
                  const std::optional<std::string>& instance_id);
  /// kNone when this client may commit to the group now.
  ErrorCode CheckCommit(const std::string& group_id, const std::string& member_id,
                        const std::optional<std::string>& instance_id, std::int32_t generation);
  std::string ProtocolType(const std::string& group_id) const;

  std::vector<GroupSummary> List() const;
  /// Nothing when neither members nor offsets know the group.
  std::optional<GroupDescription> Describe(const std::string& group_id) const;
  /// kNonEmptyGroup, kGroupIdNotFound; kNone leaves the offsets to be removed by the caller.
  ErrorCode Forget(const std::string& group_id);
  std::set<std::string> SubscribedTopics(const std::string& group_id) const;
  /// Groups that have members, or had some since the last call. Lets go of groups without members: what is known of
  /// them is in the offset store.
  std::map<std::string, GroupActivity> TakeActivity();

 private:
  GroupTime Now() const { return clock_.MonotonicNow(); }
  Group& At(const std::string& group_id);
  Group* Find(const std::string& group_id);
  /// Outside the lock: an answer may resume a request at once.
  void Deliver(GroupEffects effects);
  void WakeTimer();
  Task<void> RunTimer();

  // Constant after construction.
  const GroupOptions options_;
  OffsetStore& offsets_;
  Clock& clock_;
  Random& random_;
  // Guarded by mu_.
  mutable std::mutex mu_;
  std::map<std::string, std::unique_ptr<Group>> groups_;
  std::map<WaitToken, OneShot<JoinAnswer>> joins_;
  std::map<WaitToken, OneShot<SyncAnswer>> syncs_;
  WaitToken next_token_ = 1;
  OneShot<bool> timer_wake_;
  std::optional<GroupTime> timer_deadline_;
  bool stopped_ = false;
};

}  // namespace floe::kafka
