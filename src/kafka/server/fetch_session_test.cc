// SPDX-License-Identifier: Apache-2.0
// Fetch sessions: what is fetched, and what is news.
#include "kafka/server/fetch_session.h"

#include <gmock/gmock.h>

namespace floe::kafka {
namespace {

FetchTarget Target(const std::string& topic, std::int32_t partition, std::int64_t offset = 0) {
  return {.key = {{topic, {}}, partition}, .offset = offset, .max_bytes = 100, .leader_epoch = -1};
}

FetchOutcome Outcome(const FetchTarget& target, std::int64_t high_watermark, bool records = false,
                     ErrorCode error = ErrorCode::kNone) {
  return {.key = target.key,
          .error = error,
          .high_watermark = high_watermark,
          .log_start_offset = 0,
          .has_records = records};
}

class FetchSessionsTest : public testing::Test {
 protected:
  SeededRandom random_{7};
  FetchSessions sessions_{2, random_};
};

TEST_F(FetchSessionsTest, NoSessionAnswersEverything) {
  const auto plan = sessions_.Begin(0, -1, {Target("t", 0), Target("t", 1)}, {});
  EXPECT_EQ(plan.session_id, 0);
  EXPECT_EQ(plan.targets.size(), 2U);
  EXPECT_THAT(sessions_.Finish(plan, {Outcome(plan.targets[0], 5), Outcome(plan.targets[1], 5)}),
              testing::ElementsAre(true, true));
  EXPECT_EQ(sessions_.size(), 0U);
}

TEST_F(FetchSessionsTest, OnlyNewsIsSentOnceTheSessionStands) {
  const auto first = sessions_.Begin(0, 0, {Target("t", 0), Target("t", 1)}, {});
  ASSERT_NE(first.session_id, 0);
  EXPECT_THAT(sessions_.Finish(first, {Outcome(first.targets[0], 5), Outcome(first.targets[1], 5)}),
              testing::Each(true));
  const auto second = sessions_.Begin(first.session_id, 1, {Target("t", 1, 9)}, {});
  ASSERT_EQ(second.targets.size(), 2U);
  EXPECT_EQ(second.targets[1].offset, 9);
  EXPECT_THAT(sessions_.Finish(second, {Outcome(second.targets[0], 5), Outcome(second.targets[1], 6)}),
              testing::ElementsAre(false, true));
  const auto third = sessions_.Begin(first.session_id, 2, {}, {Target("t", 0).key});
  ASSERT_EQ(third.targets.size(), 1U);
  EXPECT_THAT(sessions_.Finish(third, {Outcome(third.targets[0], 6, true)}), testing::ElementsAre(true));
}

TEST_F(FetchSessionsTest, RecoveryFromAnErrorIsNews) {
  const auto first = sessions_.Begin(0, 0, {Target("t", 0)}, {});
  sessions_.Finish(first, {Outcome(first.targets[0], 5)});
  const auto second = sessions_.Begin(first.session_id, 1, {}, {});
  EXPECT_THAT(sessions_.Finish(second, {Outcome(second.targets[0], -1, false, ErrorCode::kUnknownTopicOrPartition)}),
              testing::Each(true));
  const auto third = sessions_.Begin(first.session_id, 2, {}, {});
  EXPECT_THAT(sessions_.Finish(third, {Outcome(third.targets[0], 5)}), testing::Each(true));
}

TEST_F(FetchSessionsTest, WrongEpochsAndUnknownSessionsAreRefused) {
  const auto first = sessions_.Begin(0, 0, {Target("t", 0)}, {});
  EXPECT_EQ(sessions_.Begin(first.session_id, 2, {}, {}).error, ErrorCode::kInvalidFetchSessionEpoch);
  EXPECT_EQ(sessions_.Begin(first.session_id + 1, 1, {}, {}).error, ErrorCode::kFetchSessionIdNotFound);
  EXPECT_EQ(sessions_.Begin(first.session_id, 1, {}, {}).error, ErrorCode::kNone);
  EXPECT_EQ(sessions_.Begin(first.session_id, -1, {Target("t", 0)}, {}).session_id, 0);
  EXPECT_EQ(sessions_.size(), 0U);
}

TEST_F(FetchSessionsTest, PartitionsThatHadRecordsQueueAgain) {
  const auto first = sessions_.Begin(0, 0, {Target("t", 0), Target("t", 1)}, {});
  sessions_.Finish(first, {Outcome(first.targets[0], 5, true), Outcome(first.targets[1], 5)});
  const auto second = sessions_.Begin(first.session_id, 1, {}, {});
  EXPECT_EQ(second.targets[0].key.second, 1);
  EXPECT_EQ(second.targets[1].key.second, 0);
}

TEST_F(FetchSessionsTest, TheLongestIdleSessionMakesRoom) {
  const auto a = sessions_.Begin(0, 0, {Target("t", 0)}, {});
  const auto b = sessions_.Begin(0, 0, {Target("t", 0)}, {});
  sessions_.Begin(a.session_id, 1, {}, {});
  sessions_.Begin(0, 0, {Target("t", 0)}, {});
  EXPECT_EQ(sessions_.size(), 2U);
  EXPECT_EQ(sessions_.Begin(b.session_id, 1, {}, {}).error, ErrorCode::kFetchSessionIdNotFound);
  EXPECT_EQ(sessions_.Begin(a.session_id, 2, {}, {}).error, ErrorCode::kNone);
}

}  // namespace
}  // namespace floe::kafka
