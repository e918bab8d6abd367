// SPDX-License-Identifier: Apache-2.0
// The thin shell around Group: locks, tokens, one timer.
#include "kafka/server/group_coordinator.h"

#include <algorithm>

namespace floe::kafka {
namespace {

/// Deadlines closer together than this share one wake-up.
constexpr std::chrono::milliseconds kTimerGrain{5};
constexpr std::chrono::hours kLongSleep{1};

}  // namespace

GroupCoordinator::GroupCoordinator(GroupOptions options, OffsetStore& offsets, Clock& clock, Random& random)
    : options_(options), offsets_(offsets), clock_(clock), random_(random) {}

GroupCoordinator::~GroupCoordinator() = default;

void GroupCoordinator::Start(TaskScope& scope) {
  scope.Spawn([this]() -> Task<void> { co_await RunTimer(); });
}

void GroupCoordinator::Stop() {
  GroupEffects effects;
  {
    std::lock_guard lock(mu_);
    stopped_ = true;
    for (auto& [id, group] : groups_) group->Abandon(ErrorCode::kCoordinatorNotAvailable, effects);
  }
  Deliver(std::move(effects));
}

Group* GroupCoordinator::Find(const std::string& group_id) {
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? nullptr : found->second.get();
}

Group& GroupCoordinator::At(const std::string& group_id) {
  auto& group = groups_[group_id];
  if (!group) group = std::make_unique<Group>(options_);
  return *group;
}

void GroupCoordinator::Deliver(GroupEffects effects) {
  std::vector<std::pair<OneShot<JoinAnswer>, JoinAnswer>> joins;
  std::vector<std::pair<OneShot<SyncAnswer>, SyncAnswer>> syncs;
  {
    std::lock_guard lock(mu_);
    for (auto& [token, answer] : effects.joins) {
      if (auto node = joins_.extract(token)) joins.emplace_back(std::move(node.mapped()), std::move(answer));
    }
    for (auto& [token, answer] : effects.syncs) {
      if (auto node = syncs_.extract(token)) syncs.emplace_back(std::move(node.mapped()), std::move(answer));
    }
  }
  for (auto& [waiter, answer] : joins) waiter.Set(std::move(answer));
  for (auto& [waiter, answer] : syncs) waiter.Set(std::move(answer));
  WakeTimer();
}

Task<Result<JoinAnswer>> GroupCoordinator::Join(std::string group_id, JoinEvent event) {
  OneShot<JoinAnswer> answer;
  GroupEffects effects;
  {
    std::lock_guard lock(mu_);
    const auto token = next_token_++;
    joins_.emplace(token, answer);
    if (stopped_) {
      JoinAnswer refused;
      refused.error = ErrorCode::kCoordinatorNotAvailable;
      effects.joins.emplace_back(token, std::move(refused));
    } else if (!event.member_id.empty() && Find(group_id) == nullptr) {
      JoinAnswer refused;
      refused.error = ErrorCode::kUnknownMemberId;
      refused.member_id = event.member_id;
      effects.joins.emplace_back(token, std::move(refused));
    } else {
      event.new_member_id =
          event.instance_id.value_or(event.client_id.empty() ? "member" : event.client_id) + "-" + random_.Uuid();
      At(group_id).Join(event, token, Now(), effects);
    }
  }
  Deliver(std::move(effects));
  co_return co_await answer.Wait();
}

Task<Result<SyncAnswer>> GroupCoordinator::Sync(std::string group_id, SyncEvent event) {
  OneShot<SyncAnswer> answer;
  GroupEffects effects;
  {
    std::lock_guard lock(mu_);
    const auto token = next_token_++;
    syncs_.emplace(token, answer);
    Group* group = Find(group_id);
    if (group == nullptr || stopped_) {
      SyncAnswer refused;
      refused.error = stopped_ ? ErrorCode::kCoordinatorNotAvailable : ErrorCode::kUnknownMemberId;
      effects.syncs.emplace_back(token, std::move(refused));
    } else {
      group->Sync(event, token, Now(), effects);
    }
  }
  Deliver(std::move(effects));
  co_return co_await answer.Wait();
}

ErrorCode GroupCoordinator::Heartbeat(const std::string& group_id, const std::string& member_id,
                                      const std::optional<std::string>& instance_id, std::int32_t generation) {
  std::lock_guard lock(mu_);
  Group* group = Find(group_id);
  return group == nullptr ? ErrorCode::kUnknownMemberId : group->Heartbeat(member_id, instance_id, generation, Now());
}

ErrorCode GroupCoordinator::Leave(const std::string& group_id, const std::string& member_id,
                                  const std::optional<std::string>& instance_id) {
  GroupEffects effects;
  ErrorCode error = ErrorCode::kUnknownMemberId;
  {
    std::lock_guard lock(mu_);
    if (Group* group = Find(group_id)) error = group->Leave(member_id, instance_id, Now(), effects);
  }
  Deliver(std::move(effects));
  return error;
}

ErrorCode GroupCoordinator::CheckCommit(const std::string& group_id, const std::string& member_id,
                                        const std::optional<std::string>& instance_id, std::int32_t generation) {
  std::lock_guard lock(mu_);
  if (Group* group = Find(group_id)) return group->CheckCommit(member_id, instance_id, generation, Now());
  // After a restart nobody is a member: the client joins again.
  return generation < 0 ? ErrorCode::kNone : ErrorCode::kIllegalGeneration;
}

std::string GroupCoordinator::ProtocolType(const std::string& group_id) const {
  std::lock_guard lock(mu_);
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? std::string() : found->second->protocol_type();
}

std::vector<GroupSummary> GroupCoordinator::List() const {
  auto stored = offsets_.Groups();
  std::vector<GroupSummary> list;
  std::lock_guard lock(mu_);
  for (const auto& [id, group] : groups_) {
    const auto known = stored.extract(id);
    if (group->empty() && known.empty()) continue;
    auto type = group->protocol_type();
    if (type.empty() && !known.empty()) type = known.mapped();
    list.push_back({id, std::move(type), std::string(ToString(group->state()))});
  }
  for (auto& [id, type] : stored) list.push_back({id, type, std::string(ToString(Group::State::kEmpty))});
  return list;
}

std::optional<GroupDescription> GroupCoordinator::Describe(const std::string& group_id) const {
  const auto stored = offsets_.Groups();
  const auto known = stored.find(group_id);
  std::lock_guard lock(mu_);
  const auto found = groups_.find(group_id);
  if (found != groups_.end() && (!found->second->empty() || known != stored.end())) return found->second->Describe();
  if (known == stored.end()) return std::nullopt;
  GroupDescription description;
  description.state = ToString(Group::State::kEmpty);
  description.protocol_type = known->second;
  return description;
}

ErrorCode GroupCoordinator::Forget(const std::string& group_id) {
  const bool stored = offsets_.Find(group_id) != nullptr;
  std::lock_guard lock(mu_);
  const auto found = groups_.find(group_id);
  if (found != groups_.end()) {
    if (!found->second->empty()) return ErrorCode::kNonEmptyGroup;
    groups_.erase(found);
    return ErrorCode::kNone;
  }
  return stored ? ErrorCode::kNone : ErrorCode::kGroupIdNotFound;
}

std::set<std::string> GroupCoordinator::SubscribedTopics(const std::string& group_id) const {
  std::lock_guard lock(mu_);
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? std::set<std::string>() : found->second->SubscribedTopics();
}

std::map<std::string, GroupActivity> GroupCoordinator::TakeActivity() {
  std::map<std::string, GroupActivity> activity;
  std::lock_guard lock(mu_);
  for (auto it = groups_.begin(); it != groups_.end();) {
    const bool empty = it->second->empty();
    activity.emplace(it->first, empty ? GroupActivity::kHadMembers : GroupActivity::kHasMembers);
    it = empty ? groups_.erase(it) : std::next(it);
  }
  return activity;
}

void GroupCoordinator::WakeTimer() {
  std::optional<OneShot<bool>> wake;
  {
    std::lock_guard lock(mu_);
    std::optional<GroupTime> next;
    for (const auto& [id, group] : groups_) {
      if (const auto deadline = group->NextDeadline()) next = next ? std::min(*next, *deadline) : *deadline;
    }
    // Heartbeats only move deadlines back; the timer finds that out when it wakes.
    if (next && (!timer_deadline_ || *next < *timer_deadline_)) wake = timer_wake_;
  }
  if (wake) wake->Set(true);
}

Task<void> GroupCoordinator::RunTimer() {
  for (;;) {
    OneShot<bool> wake;
    std::chrono::nanoseconds wait = kLongSleep;
    {
      std::lock_guard lock(mu_);
      timer_wake_ = wake;
      timer_deadline_.reset();
      for (const auto& [id, group] : groups_) {
        if (const auto deadline = group->NextDeadline()) {
          timer_deadline_ = timer_deadline_ ? std::min(*timer_deadline_, *deadline) : *deadline;
        }
      }
      if (timer_deadline_) wait = std::max<std::chrono::nanoseconds>(*timer_deadline_ - Now(), kTimerGrain);
    }
    const auto woken = co_await wake.WaitFor(wait);
    if (!woken && woken.error().kind() == ErrorKind::kCancelled) co_return;
    GroupEffects effects;
    {
      std::lock_guard lock(mu_);
      const auto now = Now();
      for (auto it = groups_.begin(); it != groups_.end();) {
        it->second->Tick(now, effects);
        it = it->second->empty() && it->second->generation() == 0 ? groups_.erase(it) : std::next(it);
      }
    }
    Deliver(std::move(effects));
  }
}

}  // namespace floe::kafka
