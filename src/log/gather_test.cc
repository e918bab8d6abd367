// SPDX-License-Identifier: Apache-2.0
// When a round waits, and for how many.
#include "log/gather.h"

#include <gtest/gtest.h>

namespace floe::log {
namespace {

using namespace std::chrono_literals;

TEST(GatherTest, OneRequestInFlightIsLeftAlone) {
  Gather gather;
  int waits = 0;
  for (int round = 0; round < 10'000; ++round) {
    gather.Took(200us);
    const auto wait = gather.Next(0);
    if (wait.appends == 0) continue;
    ++waits;
    EXPECT_LE(wait.limit, 400us);
    gather.Waited(wait, 0, 1);
  }
  EXPECT_GT(waits, 8) << "it goes on trying";
  EXPECT_LT(waits, 60);
}

TEST(GatherTest, WaitsForAsManyAsComeAndFindsWhenMoreWould) {
  Gather gather;
  std::size_t in_flight = 5;
  std::size_t synced = 0;
  int rounds = 0;
  auto run = [&](int count) {
    synced = 0;
    for (rounds = 0; rounds < count; ++rounds) {
      gather.Took(300us);
      const auto wait = gather.Next(1);
      const std::size_t got = wait.appends == 0 ? 1 : std::min(wait.appends, in_flight);
      if (wait.appends > 0) gather.Waited(wait, 1, got);
      synced += got;
    }
    return static_cast<double>(synced) / rounds;
  };
  EXPECT_GT(run(100), 4.5);
  in_flight = 12;
  run(300);
  EXPECT_GT(run(100), 11);
  in_flight = 1;
  run(100);
  EXPECT_LT(run(1000), 1.1);
}

TEST(GatherTest, NeverWaitsLongerThanAMillisecond) {
  Gather gather;
  EXPECT_EQ(gather.Next(3).limit, 0ns) << "how long a round takes is not known yet";
  for (int i = 0; i < 100; ++i) gather.Took(50ms);
  EXPECT_EQ(gather.Next(3).limit, 1ms);
}

TEST(GatherTest, DoesNotWaitForWhatIsThere) {
  Gather gather;
  gather.Took(1ms);
  const auto wait = gather.Next(0);
  gather.Waited(wait, 0, 4);
  EXPECT_EQ(gather.Next(4).appends, 0U);
  EXPECT_EQ(gather.Next(3).appends, 4U);
}

}  // namespace
}  // namespace floe::log
