// SPDX-License-Identifier: Apache-2.0
// One consumer group by the classic protocol, as a pure state machine: events and the time in, answers out.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kafka/protocol/error_code.h"

namespace floe::kafka {

/// Monotonic time.
using GroupTime = std::chrono::nanoseconds;
/// Names a JoinGroup or SyncGroup request that waits for its answer.
using WaitToken = std::uint64_t;

struct GroupOptions {
  std::chrono::milliseconds min_session_timeout{6'000};
  std::chrono::milliseconds max_session_timeout{1'800'000};
  /// How long the first generation waits for more members. Kafka's quick start uses 0, its default is 3 s.
  std::chrono::milliseconds initial_rebalance_delay{0};
  std::size_t max_members = 10'000;
};

/// A way of assigning and what the member says for it; opaque bytes, whatever the protocol type.
struct GroupProtocol {
  std::string name;
  std::string metadata;
  friend bool operator==(const GroupProtocol&, const GroupProtocol&) = default;
};

struct JoinEvent {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  std::string protocol_type;
  std::vector<GroupProtocol> protocols;
  std::chrono::milliseconds session_timeout{0};
  std::chrono::milliseconds rebalance_timeout{0};
  /// KIP-394 (JoinGroup v4): a newcomer is told its id and joins again with it.
  bool require_known_member_id = false;
  /// JoinGroup v9: a leader that came back may be told to keep the assignment.
  bool can_skip_assignment = false;
  /// The id a newcomer gets; the caller makes it unique.
  std::string new_member_id;
};

struct JoinAnswer {
  struct Member {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::string metadata;
  };
  ErrorCode error = ErrorCode::kNone;
  std::int32_t generation = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::string leader;
  std::string member_id;
  bool skip_assignment = false;
  std::vector<Member> members;  ///< the leader's only
};

struct SyncEvent {
  std::string member_id;
  std::optional<std::string> instance_id;
  std::int32_t generation = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::vector<std::pair<std::string, std::string>> assignments;  ///< member id, opaque bytes
};

struct SyncAnswer {
  ErrorCode error = ErrorCode::kNone;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::string assignment;
};

/// Answers that an event or the passing of time set free.
struct GroupEffects {
  std::vector<std::pair<WaitToken, JoinAnswer>> joins;
  std::vector<std::pair<WaitToken, SyncAnswer>> syncs;
};

struct GroupDescription {
  struct Member {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::string client_id;
    std::string client_host;
    std::string metadata;
    std::string assignment;
  };
  std::string state;
  std::string protocol_type;
  std::string protocol;
  std::vector<Member> members;
};

/// Not thread-safe. Invariants: a generation is formed once every member has asked to join, or its time is over;
/// offsets may be committed only by members of the current generation; every token given is answered exactly once.
class Group {
 public:
  enum class State : std::uint8_t { kEmpty, kPreparingRebalance, kCompletingRebalance, kStable };

  explicit Group(const GroupOptions& options) : options_(options) {}

  void Join(const JoinEvent& event, WaitToken token, GroupTime now, GroupEffects& effects);
  void Sync(const SyncEvent& event, WaitToken token, GroupTime now, GroupEffects& effects);
  ErrorCode Heartbeat(const std::string& member_id, const std::optional<std::string>& instance_id,
                      std::int32_t generation, GroupTime now);
  /// A static member may be named by its instance id alone.
  ErrorCode Leave(const std::string& member_id, const std::optional<std::string>& instance_id, GroupTime now,
                  GroupEffects& effects);
  /// Whether this member may commit offsets now; counts as a heartbeat. A generation below 0 is a client without
  /// membership.
  ErrorCode CheckCommit(const std::string& member_id, const std::optional<std::string>& instance_id,
                        std::int32_t generation, GroupTime now);
  /// Lets overdue members go and overdue rebalances end. Call when NextDeadline has come; earlier does no harm.
  void Tick(GroupTime now, GroupEffects& effects);
  std::optional<GroupTime> NextDeadline() const;
  /// Answers everybody who waits with `error`.
  void Abandon(ErrorCode error, GroupEffects& effects);

  State state() const { return state_; }
  std::int32_t generation() const { return generation_; }
  const std::string& protocol_type() const { return protocol_type_; }
  /// Nobody is in it or about to be.
  bool empty() const { return members_.empty() && pending_.empty(); }
  GroupDescription Describe() const;
  /// Topics that members of protocol type "consumer" subscribe to.
  std::set<std::string> SubscribedTopics() const;

 private:
  struct Member {
    std::optional<std::string> instance_id;
    std::string client_id;
    std::string client_host;
    std::chrono::milliseconds session_timeout{0};
    std::chrono::milliseconds rebalance_timeout{0};
    std::vector<GroupProtocol> protocols;
    std::string assignment;
    std::optional<WaitToken> joining;
    std::optional<WaitToken> syncing;
    GroupTime deadline{0};  ///< of the next heartbeat
    std::uint64_t order = 0;
    bool synced = false;  ///< has asked for its assignment in this generation
  };
  using Members = std::map<std::string, Member>;

  ErrorCode CheckMember(const std::string& member_id, const std::optional<std::string>& instance_id) const;
  bool ProtocolsFit(const JoinEvent& event) const;
  void JoinNew(const JoinEvent& event, WaitToken token, GroupTime now, GroupEffects& effects);
  void JoinKnown(const JoinEvent& event, WaitToken token, GroupTime now, GroupEffects& effects);
  void ReplaceStatic(const JoinEvent& event, WaitToken token, GroupTime now, GroupEffects& effects);
  void AddMember(const JoinEvent& event, const std::string& member_id, WaitToken token, GroupTime now,
                 GroupEffects& effects);
  void UpdateMember(Member& member, const JoinEvent& event, WaitToken token, GroupTime now, GroupEffects& effects);
  void RemoveMember(Members::iterator member, ErrorCode error, GroupEffects& effects);
  void Rebalance(GroupTime now, GroupEffects& effects);
  void CompleteJoinIfAll(GroupTime now, GroupEffects& effects);
  void CompleteJoin(GroupTime now, GroupEffects& effects);
  void AfterRemoval(GroupTime now, GroupEffects& effects);
  /// Members have until `latest_` to ask for their assignment, also when the leader has given it already.
  bool AwaitsSync() const;
  std::chrono::milliseconds LongestRebalance() const;
  std::string SelectProtocol() const;
  std::set<std::string> CommonProtocols() const;
  JoinAnswer CurrentAnswer(const std::string& member_id) const;
  SyncAnswer AssignmentOf(const Member& member) const;
  std::vector<JoinAnswer::Member> MemberList() const;
  static const std::string& MetadataFor(const Member& member, const std::string& protocol);
  static void KeepAlive(Member& member, GroupTime now) { member.deadline = now + member.session_timeout; }

  const GroupOptions options_;
  State state_ = State::kEmpty;
  std::int32_t generation_ = 0;
  std::string protocol_type_;
  std::string protocol_;
  std::string leader_;
  Members members_;
  std::map<std::string, GroupTime> pending_;           ///< ids given out by KIP-394, until when they may be used
  std::map<std::string, std::string> static_members_;  ///< instance id -> member id
  std::uint64_t next_order_ = 0;
  // While preparing: the earliest and the latest time to form the generation. Afterwards: the latest for SyncGroup.
  GroupTime earliest_{0};
  GroupTime latest_{0};
  bool grew_ = false;  ///< somebody new came during the initial delay
};

std::string_view ToString(Group::State state);

}  // namespace floe::kafka
