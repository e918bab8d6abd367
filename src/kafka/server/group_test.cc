// SPDX-License-Identifier: Apache-2.0
// The classic group protocol, event by event with a clock of its own.
#include "kafka/server/group.h"

#include <algorithm>

#include <gmock/gmock.h>

namespace floe::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

GroupOptions Options(milliseconds initial_delay = milliseconds(0)) {
  GroupOptions options;
  options.initial_rebalance_delay = initial_delay;
  return options;
}

/// Plays clients against one group and remembers every answer by its token.
class GroupTest : public testing::Test {
 protected:
  JoinEvent Event(const std::string& member, const std::string& metadata = "m") {
    JoinEvent event;
    event.member_id = member;
    event.client_id = "client";
    event.protocol_type = "consumer";
    event.protocols = {{"range", metadata}};
    event.session_timeout = seconds(10);
    event.rebalance_timeout = seconds(30);
    event.new_member_id = "new-" + std::to_string(++made_);
    return event;
  }
  WaitToken Join(const JoinEvent& event) {
    GroupEffects effects;
    group_->Join(event, ++token_, now_, effects);
    Keep(effects);
    return token_;
  }
  WaitToken Sync(const std::string& member, std::int32_t generation,
                 std::vector<std::pair<std::string, std::string>> assignments = {}) {
    SyncEvent event;
    event.member_id = member;
    event.generation = generation;
    event.assignments = std::move(assignments);
    GroupEffects effects;
    group_->Sync(event, ++token_, now_, effects);
    Keep(effects);
    return token_;
  }
  ErrorCode Leave(const std::string& member, std::optional<std::string> instance = std::nullopt) {
    GroupEffects effects;
    const auto error = group_->Leave(member, instance, now_, effects);
    Keep(effects);
    return error;
  }
  ErrorCode Heartbeat(const std::string& member, std::int32_t generation) {
    return group_->Heartbeat(member, std::nullopt, generation, now_);
  }
  void Advance(milliseconds by) {
    const auto end = now_ + by;
    // Time passes from deadline to deadline, as the timer would have it.
    for (int steps = 0; steps < 100; ++steps) {
      const auto next = group_->NextDeadline();
      if (!next || *next > end) break;
      now_ = std::max(now_, *next);
      GroupEffects effects;
      group_->Tick(now_, effects);
      Keep(effects);
    }
    now_ = end;
  }
  void Keep(const GroupEffects& effects) {
    for (const auto& [token, answer] : effects.joins)
      EXPECT_TRUE(joins_.emplace(token, answer).second) << "answered twice";
    for (const auto& [token, answer] : effects.syncs)
      EXPECT_TRUE(syncs_.emplace(token, answer).second) << "answered twice";
  }
  bool Waits(WaitToken token) const { return !joins_.contains(token) && !syncs_.contains(token); }
  /// A stable group of one.
  std::string StableMember() {
    const auto id = joins_.at(Join(Event(""))).member_id;
    Sync(id, group_->generation(), {{id, "all"}});
    EXPECT_EQ(group_->state(), Group::State::kStable);
    return id;
  }

  std::unique_ptr<Group> group_ = std::make_unique<Group>(Options());
  GroupTime now_ = seconds(1000);
  WaitToken token_ = 0;
  int made_ = 0;
  std::map<WaitToken, JoinAnswer> joins_;
  std::map<WaitToken, SyncAnswer> syncs_;
};

TEST_F(GroupTest, OneMemberLeadsAndGetsItsAssignment) {
  const auto join = joins_.at(Join(Event("")));
  EXPECT_EQ(join.error, ErrorCode::kNone);
  EXPECT_EQ(join.generation, 1);
  EXPECT_EQ(join.leader, join.member_id);
  EXPECT_EQ(join.protocol_name, "range");
  ASSERT_EQ(join.members.size(), 1U);
  EXPECT_EQ(join.members[0].metadata, "m");
  EXPECT_EQ(syncs_.at(Sync(join.member_id, 1, {{join.member_id, "p0"}})).assignment, "p0");
  EXPECT_EQ(Heartbeat(join.member_id, 1), ErrorCode::kNone);
  EXPECT_EQ(group_->Describe().state, "Stable");
  EXPECT_EQ(group_->Describe().members[0].assignment, "p0");
}

TEST_F(GroupTest, MemberIdIsRequiredFromVersionFourOn) {
  auto event = Event("");
  event.require_known_member_id = true;
  const auto told = joins_.at(Join(event));
  EXPECT_EQ(told.error, ErrorCode::kMemberIdRequired);
  EXPECT_FALSE(told.member_id.empty());
  EXPECT_EQ(joins_.at(Join(Event(told.member_id))).error, ErrorCode::kNone);
  EXPECT_EQ(joins_.at(Join(Event("never-told"))).error, ErrorCode::kUnknownMemberId);
}

TEST_F(GroupTest, AnUnusedMemberIdIsForgottenAfterItsSession) {
  auto event = Event("");
  event.require_known_member_id = true;
  const auto told = joins_.at(Join(event)).member_id;
  EXPECT_FALSE(group_->empty());
  Advance(seconds(11));
  EXPECT_TRUE(group_->empty());
  EXPECT_EQ(joins_.at(Join(Event(told))).error, ErrorCode::kUnknownMemberId);
}

TEST_F(GroupTest, ANewcomerMakesTheOthersJoinAgain) {
  const auto first = StableMember();
  const auto second = Join(Event(""));
  EXPECT_TRUE(Waits(second));
  EXPECT_EQ(Heartbeat(first, 1), ErrorCode::kRebalanceInProgress);
  const auto again = Join(Event(first));
  ASSERT_FALSE(Waits(second));
  EXPECT_EQ(joins_.at(again).generation, 2);
  EXPECT_EQ(joins_.at(again).members.size(), 2U);
  EXPECT_EQ(joins_.at(second).generation, 2);
  EXPECT_TRUE(joins_.at(second).members.empty());
  const auto follower = joins_.at(second).member_id;
  const auto waiting = Sync(follower, 2);
  EXPECT_TRUE(Waits(waiting));
  Sync(first, 2, {{first, "p0"}, {follower, "p1"}});
  EXPECT_EQ(syncs_.at(waiting).assignment, "p1");
}

TEST_F(GroupTest, WhoDoesNotJoinAgainInTimeIsOut) {
  const auto first = StableMember();
  const auto second = Join(Event(""));
  Advance(seconds(9));
  EXPECT_EQ(Heartbeat(first, 1), ErrorCode::kRebalanceInProgress);  // alive, yet it never asks to join
  for (int i = 0; i < 5; ++i) {
    Advance(seconds(5));
    if (!Waits(second)) break;
    EXPECT_EQ(Heartbeat(first, 1), ErrorCode::kRebalanceInProgress);
  }
  ASSERT_FALSE(Waits(second));
  EXPECT_EQ(joins_.at(second).leader, joins_.at(second).member_id);
  EXPECT_EQ(Heartbeat(first, 1), ErrorCode::kUnknownMemberId);
}

TEST_F(GroupTest, ASilentMemberLosesItsSession) {
  const auto first = StableMember();
  Advance(milliseconds(9'999));
  EXPECT_EQ(Heartbeat(first, 1), ErrorCode::kNone);
  Advance(seconds(10));
  EXPECT_EQ(group_->state(), Group::State::kEmpty);
  EXPECT_EQ(Heartbeat(first, 1), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(group_->generation(), 2);
}

TEST_F(GroupTest, LeavingMakesTheOthersJoinAgain) {
  const auto first = StableMember();
  const auto second = Join(Event(""));
  Join(Event(first));
  const auto follower = joins_.at(second).member_id;
  Sync(first, 2, {{first, "a"}, {follower, "b"}});
  EXPECT_EQ(Leave(first), ErrorCode::kNone);
  EXPECT_EQ(Leave(first), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(Heartbeat(follower, 2), ErrorCode::kRebalanceInProgress);
  const auto again = joins_.at(Join(Event(follower)));
  EXPECT_EQ(again.generation, 3);
  EXPECT_EQ(again.leader, follower);
}

TEST_F(GroupTest, ALeaderThatNeverSyncsIsRemovedAndTheOthersRebalance) {
  const auto first = StableMember();
  const auto second = Join(Event(""));
  const auto leader = joins_.at(Join(Event(first)));
  ASSERT_EQ(leader.leader, first);
  const auto follower = joins_.at(second).member_id;
  const auto waiting = Sync(follower, 2);
  // Alive by its heartbeats, so only the rebalance timeout of 30 s can end this.
  for (int i = 0; i < 5; ++i) {
    Advance(milliseconds(5'900));
    EXPECT_EQ(Heartbeat(first, 2), ErrorCode::kNone);
    EXPECT_TRUE(Waits(waiting));
  }
  Advance(milliseconds(500));
  ASSERT_FALSE(Waits(waiting));
  EXPECT_EQ(syncs_.at(waiting).error, ErrorCode::kRebalanceInProgress);
  EXPECT_EQ(Heartbeat(first, 2), ErrorCode::kUnknownMemberId);
  const auto again = joins_.at(Join(Event(follower)));
  EXPECT_EQ(again.generation, 3);
  EXPECT_EQ(again.leader, follower);
  EXPECT_EQ(again.members.size(), 1U);
  EXPECT_EQ(syncs_.at(Sync(follower, 3, {{follower, "all"}})).assignment, "all");
}

TEST_F(GroupTest, AFollowerThatNeverSyncsIsRemovedAndTheOthersRebalance) {
  const auto first = StableMember();
  const auto second = Join(Event(""));
  Join(Event(first));
  const auto follower = joins_.at(second).member_id;
  EXPECT_EQ(syncs_.at(Sync(first, 2, {{first, "a"}, {follower, "b"}})).assignment, "a");
  EXPECT_EQ(group_->state(), Group::State::kStable);
  for (int i = 0; i < 5; ++i) {
    Advance(milliseconds(5'900));
    EXPECT_EQ(Heartbeat(first, 2), ErrorCode::kNone);
    EXPECT_EQ(Heartbeat(follower, 2), ErrorCode::kNone);
  }
  Advance(milliseconds(500));
  EXPECT_EQ(Heartbeat(follower, 2), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(Heartbeat(first, 2), ErrorCode::kRebalanceInProgress);
  EXPECT_EQ(joins_.at(Join(Event(first))).members.size(), 1U);
}

TEST_F(GroupTest, WhoSyncsInTimeStays) {
  const auto first = StableMember();
  const auto second = Join(Event(""));
  Join(Event(first));
  const auto follower = joins_.at(second).member_id;
  Sync(first, 2, {{first, "a"}, {follower, "b"}});
  Advance(seconds(9));
  EXPECT_EQ(syncs_.at(Sync(follower, 2)).assignment, "b");
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(Heartbeat(first, 2), ErrorCode::kNone);
    EXPECT_EQ(Heartbeat(follower, 2), ErrorCode::kNone);
    Advance(seconds(9));
  }
  EXPECT_EQ(group_->state(), Group::State::kStable);
  EXPECT_EQ(group_->generation(), 2);
}

TEST_F(GroupTest, WrongGenerationsAndStrangersAreRefused) {
  const auto first = StableMember();
  EXPECT_EQ(Heartbeat(first, 7), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(Heartbeat("nobody", 1), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(syncs_.at(Sync(first, 0)).error, ErrorCode::kIllegalGeneration);
  EXPECT_EQ(syncs_.at(Sync("nobody", 1)).error, ErrorCode::kUnknownMemberId);
  auto other = Event("");
  other.protocol_type = "connect";
  EXPECT_EQ(joins_.at(Join(other)).error, ErrorCode::kInconsistentGroupProtocol);
  other = Event("");
  other.protocols = {{"sticky", ""}};
  EXPECT_EQ(joins_.at(Join(other)).error, ErrorCode::kInconsistentGroupProtocol);
  other = Event("");
  other.session_timeout = milliseconds(10);
  EXPECT_EQ(joins_.at(Join(other)).error, ErrorCode::kInvalidSessionTimeout);
}

TEST_F(GroupTest, AnyProtocolTypeAndBytesWillDo) {
  auto event = Event("");
  event.protocol_type = "connect";
  event.protocols = {{"sessioned", std::string("\0\xff\1", 3)}};
  const auto join = joins_.at(Join(event));
  EXPECT_EQ(join.protocol_type, "connect");
  EXPECT_EQ(join.members[0].metadata, std::string("\0\xff\1", 3));
}

TEST_F(GroupTest, TheProtocolThatAllKnowAndMostPreferWins) {
  auto a = Event("");
  a.protocols = {{"sticky", "s"}, {"range", "r"}};
  const auto first = joins_.at(Join(a));
  EXPECT_EQ(first.protocol_name, "sticky");
  Sync(first.member_id, 1, {{first.member_id, ""}});
  auto b = Event("");
  b.protocols = {{"range", "r"}};
  const auto second = Join(b);
  a.member_id = first.member_id;
  Join(a);
  EXPECT_EQ(joins_.at(second).protocol_name, "range");
}

TEST_F(GroupTest, ARepeatedJoinGetsTheSameAnswer) {
  const auto first = StableMember();
  const auto second = Join(Event(""));
  Join(Event(first));
  const auto follower = joins_.at(second).member_id;
  const auto repeat = joins_.at(Join(Event(follower)));
  EXPECT_EQ(repeat.generation, 2);
  EXPECT_EQ(group_->state(), Group::State::kCompletingRebalance);
  Sync(first, 2, {{first, "a"}, {follower, "b"}});
  EXPECT_EQ(joins_.at(Join(Event(follower))).generation, 2);
  EXPECT_EQ(group_->state(), Group::State::kStable);
  EXPECT_TRUE(Waits(Join(Event(follower, "other topics"))));
  EXPECT_EQ(group_->state(), Group::State::kPreparingRebalance);
}

TEST_F(GroupTest, AStaticMemberComesBackWithoutARebalance) {
  auto event = Event("");
  event.instance_id = "i1";
  const auto old = joins_.at(Join(event)).member_id;
  Sync(old, 1, {{old, "all"}});
  auto back = Event("");
  back.instance_id = "i1";
  back.can_skip_assignment = true;
  const auto answer = joins_.at(Join(back));
  EXPECT_EQ(answer.generation, 1);
  EXPECT_NE(answer.member_id, old);
  EXPECT_TRUE(answer.skip_assignment);
  EXPECT_EQ(syncs_.at(Sync(answer.member_id, 1)).assignment, "all");
  EXPECT_EQ(group_->Heartbeat(old, "i1", 1, now_), ErrorCode::kFencedInstanceId);
  EXPECT_EQ(group_->CheckCommit(old, "i1", 1, now_), ErrorCode::kFencedInstanceId);
  auto zombie = Event(old);
  zombie.instance_id = "i1";
  EXPECT_EQ(joins_.at(Join(zombie)).error, ErrorCode::kFencedInstanceId);
  EXPECT_EQ(Leave("", "i1"), ErrorCode::kNone);
  EXPECT_TRUE(group_->empty());
}

TEST_F(GroupTest, TheFirstGenerationMayWaitForMore) {
  group_ = std::make_unique<Group>(Options(seconds(3)));
  const auto first = Join(Event(""));
  Advance(seconds(2));
  const auto second = Join(Event(""));
  EXPECT_TRUE(Waits(first));
  Advance(milliseconds(1'100));  // somebody came: once more three seconds
  EXPECT_TRUE(Waits(first));
  Advance(seconds(3));
  ASSERT_FALSE(Waits(first));
  EXPECT_EQ(joins_.at(first).generation, 1);
  EXPECT_EQ(joins_.at(second).generation, 1);
}

TEST_F(GroupTest, WhoMayCommit) {
  EXPECT_EQ(group_->CheckCommit("", std::nullopt, -1, now_), ErrorCode::kNone);
  const auto first = StableMember();
  EXPECT_EQ(group_->CheckCommit(first, std::nullopt, 1, now_), ErrorCode::kNone);
  EXPECT_EQ(group_->CheckCommit(first, std::nullopt, 0, now_), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(group_->CheckCommit("", std::nullopt, -1, now_), ErrorCode::kUnknownMemberId);
  Join(Event(""));
  // Its partitions are still its own until it has joined again.
  EXPECT_EQ(group_->CheckCommit(first, std::nullopt, 1, now_), ErrorCode::kNone);
  Join(Event(first));
  EXPECT_EQ(group_->CheckCommit(first, std::nullopt, 2, now_), ErrorCode::kRebalanceInProgress);
}

TEST_F(GroupTest, StoppingAnswersEverybody) {
  StableMember();
  const auto second = Join(Event(""));
  GroupEffects effects;
  group_->Abandon(ErrorCode::kCoordinatorNotAvailable, effects);
  Keep(effects);
  EXPECT_EQ(joins_.at(second).error, ErrorCode::kCoordinatorNotAvailable);
}

TEST_F(GroupTest, SubscriptionsAreReadAndRubbishIsNot) {
  auto event = Event("", std::string("\0\3\0\0\0\1\0\5topic\xff\xff\xff\xff", 17));
  Join(event);
  EXPECT_THAT(group_->SubscribedTopics(), testing::ElementsAre("topic"));
  group_ = std::make_unique<Group>(Options());
  Join(Event("", "\x7f\x7f\x7f\x7f\x7f\x7f"));
  EXPECT_TRUE(group_->SubscribedTopics().empty());
}

}  // namespace
}  // namespace floe::kafka
