// SPDX-License-Identifier: Apache-2.0
// The classic group protocol: who is in, which generation, who leads.
#include "kafka/server/group.h"

#include <algorithm>

#include "kafka/server/consumer_protocol.h"

namespace floe::kafka {
namespace {

JoinAnswer JoinError(ErrorCode error, std::string member_id) {
  JoinAnswer answer;
  answer.error = error;
  answer.member_id = std::move(member_id);
  return answer;
}

SyncAnswer SyncError(ErrorCode error) {
  SyncAnswer answer;
  answer.error = error;
  return answer;
}

}  // namespace

std::string_view ToString(Group::State state) {
  switch (state) {
    case Group::State::kEmpty: return "Empty";
    case Group::State::kPreparingRebalance: return "PreparingRebalance";
    case Group::State::kCompletingRebalance: return "CompletingRebalance";
    case Group::State::kStable: return "Stable";
  }
  return "Unknown";
}

ErrorCode Group::CheckMember(const std::string& member_id, const std::optional<std::string>& instance_id) const {
  if (instance_id) {
    const auto known = static_members_.find(*instance_id);
    if (known == static_members_.end()) return ErrorCode::kUnknownMemberId;
    if (known->second != member_id) return ErrorCode::kFencedInstanceId;
  }
  return members_.contains(member_id) ? ErrorCode::kNone : ErrorCode::kUnknownMemberId;
}

std::set<std::string> Group::CommonProtocols() const {
  std::map<std::string, std::size_t> count;
  for (const auto& [id, member] : members_) {
    std::set<std::string> names;
    for (const auto& protocol : member.protocols) names.insert(protocol.name);
    for (const auto& name : names) ++count[name];
  }
  std::set<std::string> common;
  for (const auto& [name, members] : count) {
    if (members == members_.size()) common.insert(name);
  }
  return common;
}

bool Group::ProtocolsFit(const JoinEvent& event) const {
  if (event.protocol_type.empty() || event.protocols.empty()) return false;
  if (members_.empty()) return true;
  if (event.protocol_type != protocol_type_) return false;
  const auto common = CommonProtocols();
  return std::ranges::any_of(event.protocols, [&](const auto& protocol) { return common.contains(protocol.name); });
}

void Group::Join(const JoinEvent& event, WaitToken token, GroupTime now, GroupEffects& effects) {
  const auto refuse = [&](ErrorCode error) { effects.joins.emplace_back(token, JoinError(error, event.member_id)); };
  if (event.session_timeout < options_.min_session_timeout || event.session_timeout > options_.max_session_timeout) {
    return refuse(ErrorCode::kInvalidSessionTimeout);
  }
  if (!ProtocolsFit(event)) return refuse(ErrorCode::kInconsistentGroupProtocol);
  if (event.member_id.empty()) return JoinNew(event, token, now, effects);
  if (const auto pending = pending_.find(event.member_id); pending != pending_.end()) {
    pending_.erase(pending);
    return AddMember(event, event.member_id, token, now, effects);
  }
  if (const auto error = CheckMember(event.member_id, event.instance_id); error != ErrorCode::kNone)
    return refuse(error);
  JoinKnown(event, token, now, effects);
}

void Group::JoinNew(const JoinEvent& event, WaitToken token, GroupTime now, GroupEffects& effects) {
  if (event.instance_id && static_members_.contains(*event.instance_id))
    return ReplaceStatic(event, token, now, effects);
  if (members_.size() + pending_.size() >= options_.max_members) {
    effects.joins.emplace_back(token, JoinError(ErrorCode::kGroupMaxSizeReached, ""));
    return;
  }
  if (event.require_known_member_id && !event.instance_id) {
    pending_[event.new_member_id] = now + event.session_timeout;
    effects.joins.emplace_back(token, JoinError(ErrorCode::kMemberIdRequired, event.new_member_id));
    return;
  }
  AddMember(event, event.new_member_id, token, now, effects);
}

void Group::JoinKnown(const JoinEvent& event, WaitToken token, GroupTime now, GroupEffects& effects) {
  auto& member = members_.at(event.member_id);
  const bool same = member.protocols == event.protocols;
  const bool leads = event.member_id == leader_;
  // A repeated request of a member whose answer was lost gets the same answer. A leader that joins again wants a
  // rebalance.
  const bool repeat = same && (state_ == State::kCompletingRebalance || (state_ == State::kStable && !leads));
  if (repeat) {
    KeepAlive(member, now);
    effects.joins.emplace_back(token, CurrentAnswer(event.member_id));
    return;
  }
  UpdateMember(member, event, token, now, effects);
  if (state_ != State::kPreparingRebalance) Rebalance(now, effects);
  CompleteJoinIfAll(now, effects);
}

/// A static member came back without its id (KIP-345): it takes its old place, under a new id, and the old one is
/// fenced.
void Group::ReplaceStatic(const JoinEvent& event, WaitToken token, GroupTime now, GroupEffects& effects) {
  const std::string old_id = static_members_.at(*event.instance_id);
  auto node = members_.extract(old_id);
  auto& member = node.mapped();
  if (member.joining)
    effects.joins.emplace_back(*std::exchange(member.joining, {}), JoinError(ErrorCode::kFencedInstanceId, old_id));
  if (member.syncing)
    effects.syncs.emplace_back(*std::exchange(member.syncing, {}), SyncError(ErrorCode::kFencedInstanceId));
  node.key() = event.new_member_id;
  auto& moved = members_.insert(std::move(node)).position->second;
  static_members_[*event.instance_id] = event.new_member_id;
  const bool led = leader_ == old_id;
  if (led) leader_ = event.new_member_id;
  UpdateMember(moved, event, token, now, effects);
  if (state_ == State::kStable && SelectProtocol() == protocol_) {
    moved.joining.reset();
    auto answer = CurrentAnswer(event.new_member_id);
    if (led && event.can_skip_assignment) {
      answer.skip_assignment = true;
    } else if (led) {
      // An old client that reads its own id as the leader's would assign anew; the old id keeps it from that.
      answer.leader = old_id;
      answer.members.clear();
    }
    effects.joins.emplace_back(token, std::move(answer));
    return;
  }
  if (state_ != State::kPreparingRebalance) Rebalance(now, effects);
  CompleteJoinIfAll(now, effects);
}

void Group::AddMember(const JoinEvent& event, const std::string& member_id, WaitToken token, GroupTime now,
                      GroupEffects& effects) {
  if (members_.empty()) protocol_type_ = event.protocol_type;
  auto& member = members_[member_id];
  member.order = next_order_++;
  member.instance_id = event.instance_id;
  if (event.instance_id) static_members_[*event.instance_id] = member_id;
  if (leader_.empty()) leader_ = member_id;
  UpdateMember(member, event, token, now, effects);
  grew_ = true;
  if (state_ != State::kPreparingRebalance) Rebalance(now, effects);
  CompleteJoinIfAll(now, effects);
}

void Group::UpdateMember(Member& member, const JoinEvent& event, WaitToken token, GroupTime now,
                         GroupEffects& effects) {
  member.client_id = event.client_id;
  member.client_host = event.client_host;
  member.session_timeout = event.session_timeout;
  member.rebalance_timeout = event.rebalance_timeout.count() > 0 ? event.rebalance_timeout : event.session_timeout;
  member.protocols = event.protocols;
  // The member asked again on another connection: the first request is of no use to anybody.
  if (member.joining)
    effects.joins.emplace_back(*member.joining, JoinError(ErrorCode::kRebalanceInProgress, event.member_id));
  member.joining = token;
  KeepAlive(member, now);
}

void Group::RemoveMember(Members::iterator member, ErrorCode error, GroupEffects& effects) {
  if (member->second.joining) effects.joins.emplace_back(*member->second.joining, JoinError(error, member->first));
  if (member->second.syncing) effects.syncs.emplace_back(*member->second.syncing, SyncError(error));
  if (member->second.instance_id) static_members_.erase(*member->second.instance_id);
  const bool led = leader_ == member->first;
  members_.erase(member);
  if (!led) return;
  leader_.clear();
  if (members_.empty()) return;
  // The eldest that waits, else the eldest.
  const auto rank = [](const auto& entry) { return std::pair(!entry.second.joining.has_value(), entry.second.order); };
  leader_ = std::ranges::min_element(members_, {}, rank)->first;
}

void Group::Rebalance(GroupTime now, GroupEffects& effects) {
  for (auto& [id, member] : members_) {
    if (member.syncing) {
      effects.syncs.emplace_back(*std::exchange(member.syncing, {}), SyncError(ErrorCode::kRebalanceInProgress));
      KeepAlive(member, now);
    }
    if (state_ == State::kCompletingRebalance) member.assignment.clear();
  }
  earliest_ = state_ == State::kEmpty ? now + options_.initial_rebalance_delay : now;
  latest_ = now + LongestRebalance();
  grew_ = false;
  state_ = State::kPreparingRebalance;
}

void Group::CompleteJoinIfAll(GroupTime now, GroupEffects& effects) {
  if (state_ != State::kPreparingRebalance || now < earliest_ || !pending_.empty()) return;
  const bool all = std::ranges::all_of(members_, [](const auto& entry) { return entry.second.joining.has_value(); });
  if (all) CompleteJoin(now, effects);
}

void Group::CompleteJoin(GroupTime now, GroupEffects& effects) {
  // Dynamic members that did not come back are out; static ones keep their place until their session ends.
  for (auto it = members_.begin(); it != members_.end();) {
    const auto next = std::next(it);
    if (!it->second.joining && !it->second.instance_id) RemoveMember(it, ErrorCode::kUnknownMemberId, effects);
    it = next;
  }
  if (!members_.empty() &&
      std::ranges::none_of(members_, [](const auto& entry) { return entry.second.joining.has_value(); })) {
    latest_ = now + LongestRebalance();
    return;
  }
  ++generation_;
  if (members_.empty()) {
    state_ = State::kEmpty;
    protocol_.clear();
    return;
  }
  if (!members_.at(leader_).joining) {
    for (const auto& [id, member] : members_) {
      if (member.joining) leader_ = id;
    }
  }
  protocol_ = SelectProtocol();
  state_ = State::kCompletingRebalance;
  for (auto& [id, member] : members_) {
    member.assignment.clear();
    member.synced = false;
    if (!member.joining) continue;
    KeepAlive(member, now);
    effects.joins.emplace_back(*std::exchange(member.joining, {}), CurrentAnswer(id));
  }
  latest_ = now + LongestRebalance();
}

bool Group::AwaitsSync() const {
  return (state_ == State::kCompletingRebalance || state_ == State::kStable) &&
         std::ranges::any_of(members_, [](const auto& entry) { return !entry.second.synced; });
}

std::chrono::milliseconds Group::LongestRebalance() const {
  std::chrono::milliseconds longest{0};
  for (const auto& [id, member] : members_) longest = std::max(longest, member.rebalance_timeout);
  return longest;
}

void Group::AfterRemoval(GroupTime now, GroupEffects& effects) {
  if (state_ == State::kStable || state_ == State::kCompletingRebalance) Rebalance(now, effects);
  CompleteJoinIfAll(now, effects);
}

/// Each member votes for the first of its protocols that all have; most votes win, then the smaller name.
std::string Group::SelectProtocol() const {
  const auto common = CommonProtocols();
  std::map<std::string, int> votes;
  for (const auto& [id, member] : members_) {
    const auto choice = std::ranges::find_if(member.protocols, [&](const auto& p) { return common.contains(p.name); });
    if (choice != member.protocols.end()) ++votes[choice->name];
  }
  const auto best = std::ranges::max_element(votes, {}, [](const auto& vote) { return vote.second; });
  return best == votes.end() ? std::string() : best->first;
}

const std::string& Group::MetadataFor(const Member& member, const std::string& protocol) {
  static const std::string kNone;
  const auto found = std::ranges::find(member.protocols, protocol, &GroupProtocol::name);
  return found == member.protocols.end() ? kNone : found->metadata;
}

std::vector<JoinAnswer::Member> Group::MemberList() const {
  std::vector<JoinAnswer::Member> list;
  for (const auto& [id, member] : members_) list.push_back({id, member.instance_id, MetadataFor(member, protocol_)});
  return list;
}

JoinAnswer Group::CurrentAnswer(const std::string& member_id) const {
  JoinAnswer answer;
  answer.generation = generation_;
  answer.protocol_type = protocol_type_;
  answer.protocol_name = protocol_;
  answer.leader = leader_;
  answer.member_id = member_id;
  if (member_id == leader_) answer.members = MemberList();
  return answer;
}

SyncAnswer Group::AssignmentOf(const Member& member) const {
  SyncAnswer answer;
  answer.protocol_type = protocol_type_;
  answer.protocol_name = protocol_;
  answer.assignment = member.assignment;
  return answer;
}

void Group::Sync(const SyncEvent& event, WaitToken token, GroupTime now, GroupEffects& effects) {
  const auto refuse = [&](ErrorCode error) { effects.syncs.emplace_back(token, SyncError(error)); };
  if (const auto error = CheckMember(event.member_id, event.instance_id); error != ErrorCode::kNone)
    return refuse(error);
  if (event.generation != generation_) return refuse(ErrorCode::kIllegalGeneration);
  if (event.protocol_type.value_or(protocol_type_) != protocol_type_ ||
      event.protocol_name.value_or(protocol_) != protocol_) {
    return refuse(ErrorCode::kInconsistentGroupProtocol);
  }
  auto& member = members_.at(event.member_id);
  switch (state_) {
    case State::kEmpty: return refuse(ErrorCode::kUnknownMemberId);
    case State::kPreparingRebalance: return refuse(ErrorCode::kRebalanceInProgress);
    case State::kStable:
      member.synced = true;
      KeepAlive(member, now);
      effects.syncs.emplace_back(token, AssignmentOf(member));
      return;
    case State::kCompletingRebalance: break;
  }
  if (member.syncing) effects.syncs.emplace_back(*member.syncing, SyncError(ErrorCode::kRebalanceInProgress));
  member.syncing = token;
  member.synced = true;
  if (event.member_id != leader_) return;
  for (const auto& [id, assignment] : event.assignments) {
    if (const auto found = members_.find(id); found != members_.end()) found->second.assignment = assignment;
  }
  state_ = State::kStable;
  // Those who have not asked yet get theirs later, and a heartbeat deadline from now.
  for (auto& [id, each] : members_) {
    KeepAlive(each, now);
    if (each.syncing) effects.syncs.emplace_back(*std::exchange(each.syncing, {}), AssignmentOf(each));
  }
}

ErrorCode Group::Heartbeat(const std::string& member_id, const std::optional<std::string>& instance_id,
                           std::int32_t generation, GroupTime now) {
  if (const auto error = CheckMember(member_id, instance_id); error != ErrorCode::kNone) return error;
  if (generation != generation_) return ErrorCode::kIllegalGeneration;
  KeepAlive(members_.at(member_id), now);
  return state_ == State::kPreparingRebalance ? ErrorCode::kRebalanceInProgress : ErrorCode::kNone;
}

ErrorCode Group::Leave(const std::string& member_id, const std::optional<std::string>& instance_id, GroupTime now,
                       GroupEffects& effects) {
  std::string id = member_id;
  if (instance_id) {
    const auto known = static_members_.find(*instance_id);
    if (known == static_members_.end()) return ErrorCode::kUnknownMemberId;
    if (!id.empty() && id != known->second) return ErrorCode::kFencedInstanceId;
    id = known->second;
  }
  if (pending_.erase(id) > 0) {
    CompleteJoinIfAll(now, effects);
    return ErrorCode::kNone;
  }
  const auto member = members_.find(id);
  if (member == members_.end()) return ErrorCode::kUnknownMemberId;
  RemoveMember(member, ErrorCode::kUnknownMemberId, effects);
  AfterRemoval(now, effects);
  return ErrorCode::kNone;
}

ErrorCode Group::CheckCommit(const std::string& member_id, const std::optional<std::string>& instance_id,
                             std::int32_t generation, GroupTime now) {
  if (generation < 0 && members_.empty()) return ErrorCode::kNone;
  if (generation < 0 && member_id.empty() && !instance_id) return ErrorCode::kUnknownMemberId;
  if (const auto error = CheckMember(member_id, instance_id); error != ErrorCode::kNone) return error;
  if (generation != generation_) return ErrorCode::kIllegalGeneration;
  KeepAlive(members_.at(member_id), now);
  return state_ == State::kCompletingRebalance ? ErrorCode::kRebalanceInProgress : ErrorCode::kNone;
}

void Group::Tick(GroupTime now, GroupEffects& effects) {
  bool lost = std::erase_if(pending_, [now](const auto& pending) { return pending.second <= now; }) > 0;
  bool lost_member = false;
  const bool sync_over = AwaitsSync() && latest_ <= now;
  for (auto it = members_.begin(); it != members_.end();) {
    const auto next = std::next(it);
    const bool waits = it->second.joining || it->second.syncing;
    const bool never_synced = sync_over && !it->second.synced;
    if (never_synced || (!waits && it->second.deadline <= now)) {
      RemoveMember(it, ErrorCode::kUnknownMemberId, effects);
      lost = lost_member = true;
    }
    it = next;
  }
  if (lost_member) {
    AfterRemoval(now, effects);
  } else if (lost) {
    CompleteJoinIfAll(now, effects);
  }
  if (state_ != State::kPreparingRebalance) return;
  if (now >= latest_) {
    CompleteJoin(now, effects);
  } else if (now >= earliest_) {
    if (grew_ && options_.initial_rebalance_delay.count() > 0 && generation_ == 0) {
      // Somebody new came while the first generation waited: wait once more, but not beyond `latest_`.
      grew_ = false;
      earliest_ = std::min(latest_, now + options_.initial_rebalance_delay);
    }
    CompleteJoinIfAll(now, effects);
  }
}

std::optional<GroupTime> Group::NextDeadline() const {
  std::optional<GroupTime> next;
  const auto consider = [&next](GroupTime time) { next = next ? std::min(*next, time) : time; };
  for (const auto& [id, until] : pending_) consider(until);
  for (const auto& [id, member] : members_) {
    if (!member.joining && !member.syncing) consider(member.deadline);
  }
  if (state_ == State::kPreparingRebalance) {
    const bool all = std::ranges::all_of(members_, [](const auto& entry) { return entry.second.joining.has_value(); });
    consider(all && pending_.empty() ? earliest_ : latest_);
  }
  if (AwaitsSync()) consider(latest_);
  return next;
}

void Group::Abandon(ErrorCode error, GroupEffects& effects) {
  for (auto& [id, member] : members_) {
    if (member.joining) effects.joins.emplace_back(*std::exchange(member.joining, {}), JoinError(error, id));
    if (member.syncing) effects.syncs.emplace_back(*std::exchange(member.syncing, {}), SyncError(error));
  }
}

GroupDescription Group::Describe() const {
  GroupDescription description;
  description.state = ToString(state_);
  description.protocol_type = protocol_type_;
  // As in Kafka: what is being negotiated is not shown.
  const bool settled = state_ == State::kStable;
  if (settled) description.protocol = protocol_;
  for (const auto& [id, member] : members_) {
    description.members.push_back({id, member.instance_id, member.client_id, member.client_host,
                                   settled ? MetadataFor(member, protocol_) : std::string(),
                                   settled ? member.assignment : std::string()});
  }
  return description;
}

std::set<std::string> Group::SubscribedTopics() const {
  std::set<std::string> topics;
  if (protocol_type_ != "consumer") return topics;
  for (const auto& [id, member] : members_) {
    for (const auto& protocol : member.protocols) topics.merge(SubscriptionTopics(protocol.metadata));
  }
  return topics;
}

}  // namespace floe::kafka
