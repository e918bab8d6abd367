// SPDX-License-Identifier: Apache-2.0
// Committed offsets: what survives a reopening, and when those of groups that nobody uses are forgotten.
#include "kafka/server/offset_store.h"

#include <condition_variable>
#include <filesystem>
#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <unistd.h>

#include "base/matchers.h"
#include "kafka/server/group_coordinator.h"
#include "kafka/server/offset_expiry.h"

namespace floe::kafka {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::chrono::milliseconds kRetention = hours(7 * 24);

class OffsetStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "/floe-offsets-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    Open();
  }
  void TearDown() override {
    Close();
    std::filesystem::remove_all(directory_);
  }
  void Open() {
    auto store = meta::Store::Open(directory_ + "/meta.db");
    ASSERT_OK(store);
    store_ = std::move(*store);
    auto offsets = OffsetStore::Open(*store_, pool_);
    ASSERT_OK(offsets);
    offsets_ = std::move(*offsets);
    groups_ = std::make_unique<GroupCoordinator>(GroupOptions{}, *offsets_, clock_, SystemRandom());
    expiry_ = std::make_unique<OffsetExpiry>(*groups_, *offsets_, clock_, kRetention);
  }
  void Close() {
    expiry_.reset();
    groups_.reset();
    offsets_.reset();
    store_.reset();
  }
  void Reopen() {
    Close();
    Open();
  }

  void Commit(const std::string& group, const std::string& type, std::int32_t partition, std::int64_t offset) {
    auto done = std::make_shared<std::promise<Status>>();
    GroupOffsets offsets;
    offsets[{"t", PartitionId(partition)}] = {Offset(offset), LeaderEpoch(0), "", clock_.WallNowMs()};
    offsets_->Commit(group, type, std::move(offsets), [done](Status status) { done->set_value(std::move(status)); });
    ASSERT_OK(done->get_future().get());
  }
  /// Returns when everything the sweep asked for is done.
  void Sweep() {
    struct Shared {
      std::mutex mu;
      std::condition_variable changed;
      std::size_t done = 0;
    };
    auto shared = std::make_shared<Shared>();
    const auto changes = expiry_->Sweep([shared](Status status) {
      EXPECT_OK(status);
      std::lock_guard lock(shared->mu);
      ++shared->done;
      shared->changed.notify_all();
    });
    std::unique_lock lock(shared->mu);
    shared->changed.wait(lock, [&] { return shared->done == changes; });
  }
  std::vector<std::int32_t> Partitions(const std::string& group) {
    std::vector<std::int32_t> partitions;
    if (const auto offsets = offsets_->Find(group)) {
      for (const auto& [at, offset] : *offsets) partitions.push_back(at.partition.value());
    }
    return partitions;
  }
  bool Known(const std::string& group) { return offsets_->Groups().contains(group); }

  /// A group with one member that stays as long as its heartbeats come.
  std::string JoinAsMember(const std::string& group) {
    JoinEvent event;
    event.protocol_type = "consumer";
    event.protocols = {{"range", ""}};
    event.session_timeout = minutes(10);
    event.rebalance_timeout = minutes(10);
    boost::asio::io_context io;
    std::string member;
    boost::asio::co_spawn(
        io,
        [&]() -> Task<void> {
          const auto answer = co_await groups_->Join(group, event);
          if (answer) member = answer->member_id;
        },
        boost::asio::detached);
    io.run();
    EXPECT_FALSE(member.empty());
    return member;
  }

  std::string directory_;
  ManualClock clock_{TimestampUs(1'700'000'000'000'000)};
  ComputePool pool_{1};
  std::unique_ptr<meta::Store> store_;
  std::unique_ptr<OffsetStore> offsets_;
  std::unique_ptr<GroupCoordinator> groups_;
  std::unique_ptr<OffsetExpiry> expiry_;
};

TEST_F(OffsetStoreTest, OffsetsOfAnEmptyGroupAreForgottenAfterTheRetention) {
  Commit("g", "consumer", 0, 1);
  Sweep();  // notes that the group is empty
  clock_.Advance(hours(24));
  Commit("g", "consumer", 1, 5);
  clock_.Advance(hours(6 * 24) - minutes(1));
  Sweep();
  EXPECT_THAT(Partitions("g"), testing::ElementsAre(0, 1));
  clock_.Advance(minutes(1));
  Sweep();
  EXPECT_THAT(Partitions("g"), testing::ElementsAre(1)) << "the younger commit stays";
  Reopen();
  EXPECT_THAT(Partitions("g"), testing::ElementsAre(1));
  clock_.Advance(hours(24));
  Sweep();
  EXPECT_FALSE(Known("g")) << "nothing is left of a group without offsets";
  Reopen();
  EXPECT_FALSE(Known("g"));
}

TEST_F(OffsetStoreTest, RestartsDoNotBeginTheTimeAnew) {
  Commit("g", "consumer", 0, 1);
  Sweep();
  for (int day = 0; day < 7; ++day) {
    EXPECT_TRUE(Known("g")) << day;
    clock_.Advance(hours(24));
    Reopen();
    Sweep();
  }
  EXPECT_FALSE(Known("g"));
}

TEST_F(OffsetStoreTest, AGroupWithMembersKeepsItsOffsets) {
  Commit("g", "consumer", 0, 1);
  Sweep();
  clock_.Advance(hours(6 * 24));
  const auto member = JoinAsMember("g");
  Sweep();
  clock_.Advance(hours(30 * 24));
  Sweep();
  EXPECT_TRUE(Known("g")) << "it has a member";
  EXPECT_EQ(groups_->Leave("g", member, std::nullopt), ErrorCode::kNone);
  Sweep();
  clock_.Advance(hours(7 * 24) - minutes(1));
  Sweep();
  EXPECT_TRUE(Known("g")) << "seven days count from when the last member left";
  clock_.Advance(minutes(1));
  Sweep();
  EXPECT_FALSE(Known("g"));
}

TEST_F(OffsetStoreTest, AShortMembershipBetweenTwoLooksCounts) {
  Commit("g", "consumer", 0, 1);
  Sweep();
  clock_.Advance(hours(6 * 24));
  EXPECT_EQ(groups_->Leave("g", JoinAsMember("g"), std::nullopt), ErrorCode::kNone);
  Sweep();
  clock_.Advance(hours(2 * 24));
  Sweep();
  EXPECT_TRUE(Known("g"));
}

TEST_F(OffsetStoreTest, WithoutMembershipTheCommitCounts) {
  Commit("simple", "", 0, 1);
  clock_.Advance(hours(7 * 24) - minutes(1));
  Commit("simple", "", 1, 1);
  clock_.Advance(minutes(1));
  Sweep();
  EXPECT_THAT(Partitions("simple"), testing::ElementsAre(1));
}

TEST_F(OffsetStoreTest, ACommitMeanwhileIsNotLost) {
  Commit("g", "", 0, 1);
  const auto old = clock_.WallNowMs();
  clock_.Advance(hours(8 * 24));
  Commit("g", "", 0, 2);
  auto done = std::make_shared<std::promise<Status>>();
  std::map<TopicPartition, TimestampMs> expired;
  expired[{"t", PartitionId(0)}] = old;
  offsets_->RemoveExpired("g", std::move(expired), [done](Status status) { done->set_value(std::move(status)); });
  ASSERT_OK(done->get_future().get());
  EXPECT_THAT(Partitions("g"), testing::ElementsAre(0));
  Reopen();
  EXPECT_THAT(Partitions("g"), testing::ElementsAre(0));
}

TEST_F(OffsetStoreTest, ANegativeRetentionKeepsAll) {
  expiry_ = std::make_unique<OffsetExpiry>(*groups_, *offsets_, clock_, minutes(-1));
  Commit("g", "consumer", 0, 1);
  Sweep();
  clock_.Advance(hours(24 * 3650));
  Sweep();
  EXPECT_TRUE(Known("g"));
}

}  // namespace
}  // namespace floe::kafka
