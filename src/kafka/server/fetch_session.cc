// SPDX-License-Identifier: Apache-2.0
// The cache of fetch sessions.
#include "kafka/server/fetch_session.h"

#include <algorithm>
#include <limits>

namespace floe::kafka {
namespace {

constexpr std::int32_t kNoSession = 0;
constexpr std::int32_t kFinalEpoch = -1;
constexpr std::int32_t kInitialEpoch = 0;

FetchPlan Refused(ErrorCode error) {
  FetchPlan plan;
  plan.error = error;
  return plan;
}

}  // namespace

void FetchSessions::Put(Session& session, FetchTarget target) {
  auto [it, is_new] = session.partitions.try_emplace(target.key);
  if (is_new) it->second.order = session.next_order++;
  it->second.target = std::move(target);
}

FetchPlan FetchSessions::Create(std::vector<FetchTarget> targets) {
  FetchPlan plan;
  plan.targets = std::move(targets);
  // A session without partitions would be of no use to anybody.
  if (plan.targets.empty()) return plan;
  if (sessions_.size() >= max_sessions_) {
    sessions_.erase(std::ranges::min_element(sessions_, {}, [](const auto& entry) { return entry.second.last_used; }));
  }
  do {
    plan.session_id = static_cast<std::int32_t>(random_.Next() & 0x7fffffff);
  } while (plan.session_id == kNoSession || sessions_.contains(plan.session_id));
  auto& session = sessions_[plan.session_id];
  session.last_used = ++uses_;
  for (const auto& target : plan.targets) Put(session, target);
  return plan;
}

FetchPlan FetchSessions::Begin(std::int32_t session_id, std::int32_t epoch, std::vector<FetchTarget> targets,
                               const std::vector<FetchKey>& forgotten) {
  std::lock_guard lock(mu_);
  if (epoch == kFinalEpoch || epoch == kInitialEpoch) {
    sessions_.erase(session_id);
    if (epoch == kInitialEpoch) return Create(std::move(targets));
    FetchPlan plan;
    plan.targets = std::move(targets);
    return plan;
  }
  const auto found = sessions_.find(session_id);
  if (found == sessions_.end()) return Refused(ErrorCode::kFetchSessionIdNotFound);
  auto& session = found->second;
  if (epoch != session.next_epoch) return Refused(ErrorCode::kInvalidFetchSessionEpoch);
  session.next_epoch = epoch == std::numeric_limits<std::int32_t>::max() ? 1 : epoch + 1;
  session.last_used = ++uses_;
  for (auto& target : targets) Put(session, std::move(target));
  for (const auto& key : forgotten) session.partitions.erase(key);
  FetchPlan plan;
  plan.session_id = session_id;
  plan.incremental = true;
  std::vector<const Partition*> queue;
  for (const auto& [key, partition] : session.partitions) queue.push_back(&partition);
  std::ranges::sort(queue, {}, [](const Partition* partition) { return partition->order; });
  for (const auto* partition : queue) plan.targets.push_back(partition->target);
  return plan;
}

std::vector<bool> FetchSessions::Finish(const FetchPlan& plan, const std::vector<FetchOutcome>& outcomes) {
  std::vector<bool> include(outcomes.size(), true);
  if (plan.session_id == kNoSession) return include;
  std::lock_guard lock(mu_);
  const auto found = sessions_.find(plan.session_id);
  if (found == sessions_.end()) return include;
  auto& session = found->second;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto& outcome = outcomes[i];
    const auto partition = session.partitions.find(outcome.key);
    if (partition == session.partitions.end()) continue;
    auto& sent = partition->second;
    include[i] = !plan.incremental || outcome.has_records || outcome.error != ErrorCode::kNone ||
                 sent.sent_high_watermark != outcome.high_watermark ||
                 sent.sent_log_start_offset != outcome.log_start_offset;
    // After an error the next good answer is news again.
    const bool failed = outcome.error != ErrorCode::kNone;
    sent.sent_high_watermark = failed ? -1 : outcome.high_watermark;
    sent.sent_log_start_offset = failed ? -1 : outcome.log_start_offset;
    if (outcome.has_records) sent.order = session.next_order++;
  }
  return include;
}

std::size_t FetchSessions::size() const {
  std::lock_guard lock(mu_);
  return sessions_.size();
}

}  // namespace floe::kafka
