// SPDX-License-Identifier: Apache-2.0
// Any sequence of group events: every token is answered exactly once, a generation has one leader who is a member, and
// offsets are committed by members only. Also any bytes as a member's subscription.
#include <cstdlib>
#include <set>
#include <string>

#include "kafka/server/consumer_protocol.h"
#include "kafka/server/group.h"

namespace {

using namespace floe::kafka;
using namespace std::chrono_literals;

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}
  bool empty() const { return at_ == end_; }
  std::uint8_t Next() { return empty() ? 0 : *at_++; }
  std::string Text(std::size_t size) {
    std::string out;
    while (out.size() < size && !empty()) out += static_cast<char>(Next());
    return out;
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

class Run {
 public:
  explicit Run(Bytes bytes) : in_(bytes) {
    options_.max_members = 4;
    if (in_.Next() % 2 != 0) options_.initial_rebalance_delay = 3s;
  }

  void Drive() {
    Group group(options_);
    while (!in_.empty()) {
      GroupEffects effects;
      Step(group, effects);
      Take(effects);

      static_cast<void>(group.Describe());
      static_cast<void>(group.SubscribedTopics());
    }
    GroupEffects effects;
    group.Abandon(ErrorCode::kCoordinatorNotAvailable, effects);
    Take(effects);
    if (!joins_.empty() || !syncs_.empty()) std::abort();
  }

 private:
  void Step(Group& group, GroupEffects& effects) {
    switch (in_.Next() % 7) {
      case 0:
      case 1: {
        joins_.insert(next_);
        group.Join(MakeJoin(), next_++, now_, effects);
        return;
      }
      case 2: {
        SyncEvent event{.member_id = Member(), .instance_id = Instance(), .generation = Generation(group)};
        for (int n = in_.Next() % 3; n > 0; --n) event.assignments.emplace_back(Member(), in_.Text(2));
        syncs_.insert(next_);
        group.Sync(event, next_++, now_, effects);
        return;
      }
      case 3: group.Heartbeat(Member(), Instance(), Generation(group), now_); return;
      case 4: group.Leave(Member(), Instance(), now_, effects); return;
      case 5: group.CheckCommit(Member(), Instance(), Generation(group), now_); return;
      default:
        now_ += std::chrono::seconds(in_.Next());
        group.Tick(now_, effects);
        if (const auto deadline = group.NextDeadline(); deadline && *deadline <= now_) std::abort();
    }
  }

  JoinEvent MakeJoin() {
    const auto flags = in_.Next();
    JoinEvent event{.member_id = Member(),
                    .instance_id = Instance(),
                    .client_id = "c",
                    .client_host = "/h",
                    .protocol_type = (flags & 1) != 0 ? "connect" : "consumer"};
    for (int n = in_.Next() % 3; n > 0; --n) {
      const auto name = in_.Next();
      event.protocols.push_back({std::string(1, static_cast<char>('a' + name % 3)), in_.Text(name / 32)});
    }
    event.session_timeout = std::chrono::seconds(6 + in_.Next());
    event.rebalance_timeout = std::chrono::seconds(in_.Next());
    event.require_known_member_id = (flags & 2) != 0;
    event.can_skip_assignment = (flags & 4) != 0;
    event.new_member_id = "m" + std::to_string(made_++);
    return event;
  }
  std::string Member() {
    const auto choice = in_.Next() % 10;
    return choice == 9 ? "" : "m" + std::to_string(choice);
  }
  std::optional<std::string> Instance() {
    const auto choice = in_.Next() % 6;
    return choice < 3 ? std::optional<std::string>() : "i" + std::to_string(choice);
  }
  std::int32_t Generation(const Group& group) { return group.generation() - (in_.Next() % 8 == 0 ? 1 : 0); }

  void Take(const GroupEffects& effects) {
    for (const auto& [token, answer] : effects.joins) {
      if (joins_.erase(token) != 1) std::abort();
      if (answer.error == ErrorCode::kNone && answer.leader.empty()) std::abort();
    }
    for (const auto& [token, answer] : effects.syncs) {
      if (syncs_.erase(token) != 1) std::abort();
    }
  }

  Bytes in_;
  GroupOptions options_;
  GroupTime now_{1s};
  std::set<WaitToken> joins_;
  std::set<WaitToken> syncs_;
  WaitToken next_ = 1;
  int made_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static_cast<void>(SubscriptionTopics(std::string(reinterpret_cast<const char*>(data), size)));
  Run(Bytes(data, size)).Drive();
  return 0;
}
