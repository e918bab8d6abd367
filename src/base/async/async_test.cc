// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <stdexcept>
#include <thread>

#include <boost/asio/this_coro.hpp>
#include <gtest/gtest.h>

#include "base/async/block_on.h"
#include "base/async/channel.h"
#include "base/async/compute_pool.h"
#include "base/async/io_threads.h"
#include "base/async/one_shot.h"
#include "base/async/task_scope.h"
#include "base/matchers.h"

namespace floe {
namespace {

using namespace std::chrono_literals;

Task<void> WaitForever(OneShot<bool> started, std::shared_ptr<std::atomic<int>> seen) {
  started.Set(true);
  OneShot<bool> never;
  auto result = co_await never.Wait();
  if (!result && result.error().kind() == ErrorKind::kCancelled) seen->fetch_add(1);
}

TEST(TaskScope, RunsAndCounts) {
  IoThreads io(2);
  TaskScope scope(io.Next(), "test");
  auto runs = std::make_shared<std::atomic<int>>(0);
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(scope.SpawnOn(io.Next(), [runs]() -> Task<void> {
      runs->fetch_add(1);
      co_return;
    }));
  }
  scope.Close();
  ASSERT_TRUE(scope.WaitIdle(10s));
  EXPECT_EQ(runs->load(), 100);
  EXPECT_EQ(scope.failures(), 0u);
}

TEST(TaskScope, StopCancelsWaitersAndRefusesNewTasks) {
  IoThreads io(2);
  TaskScope scope(io.Next(), "test");
  auto seen = std::make_shared<std::atomic<int>>(0);
  for (int i = 0; i < 8; ++i) {
    OneShot<bool> started;
    ASSERT_TRUE(scope.SpawnOn(io.Next(), [started, seen] { return WaitForever(started, seen); }));
    auto running = BlockOn(io.Next(), started.Wait());
    ASSERT_OK(running);
  }
  EXPECT_EQ(scope.running(), 8u);
  scope.StopAndWait();
  EXPECT_EQ(seen->load(), 8);
  EXPECT_EQ(scope.running(), 0u);
  EXPECT_FALSE(scope.Spawn([]() -> Task<void> { co_return; }));
}

TEST(TaskScope, CancelledBeforeTheFirstStepStillEnds) {
  for (int i = 0; i < 200; ++i) {
    IoThreads io(1);
    TaskScope scope(io.Next(), "test");
    OneShot<bool> started;
    auto seen = std::make_shared<std::atomic<int>>(0);
    scope.Spawn([started, seen] { return WaitForever(started, seen); });
    scope.StopAndWait();
    EXPECT_EQ(scope.failures(), 0u);
  }
}

TEST(TaskScope, ATaskThatIgnoresCancellationIsUnwound) {
  IoThreads io(1);
  TaskScope scope(io.Next(), "test");
  OneShot<bool> started;
  scope.Spawn([started]() -> Task<void> {
    started.Set(true);
    for (;;) {
      auto slept = co_await SleepFor(1h);
      static_cast<void>(slept);
    }
  });
  auto running = BlockOn(io.Next(), started.WaitFor(10s));
  ASSERT_OK(running);
  scope.StopAndWait();
  EXPECT_EQ(scope.failures(), 0u);
}

TEST(TaskScope, AnExceptionIsCountedAndHurtsNobodyElse) {
  IoThreads io(1);
  TaskScope scope(io.Next(), "test");
  auto runs = std::make_shared<std::atomic<int>>(0);
  scope.Spawn([]() -> Task<void> {
    throw std::runtime_error("boom");
    co_return;
  });
  scope.Spawn([runs]() -> Task<void> {
    runs->fetch_add(1);
    co_return;
  });
  scope.Close();
  ASSERT_TRUE(scope.WaitIdle(10s));
  EXPECT_EQ(scope.failures(), 1u);
  EXPECT_EQ(runs->load(), 1);
}

TEST(TaskScope, JoinAwaitsTheLastTask) {
  IoThreads io(2);
  TaskScope scope(io.At(0), "test");
  OneShot<bool> started;
  auto seen = std::make_shared<std::atomic<int>>(0);
  scope.Spawn([started, seen] { return WaitForever(started, seen); });
  auto running = BlockOn(io.At(1), started.Wait());
  ASSERT_OK(running);
  scope.Stop();
  BlockOn(io.At(1), scope.Join());
  EXPECT_EQ(seen->load(), 1);
}

TEST(OneShot, SetBeforeAndAfterTheWait) {
  IoThreads io(1);
  OneShot<int> before;
  EXPECT_TRUE(before.Set(1));
  EXPECT_FALSE(before.Set(2));
  auto first = BlockOn(io.Next(), before.Wait());
  ASSERT_OK(first);
  EXPECT_EQ(*first, 1);

  OneShot<int> after;
  std::thread setter([after] { after.Set(7); });
  auto second = BlockOn(io.Next(), after.WaitFor(10s));
  setter.join();
  ASSERT_OK(second);
  EXPECT_EQ(*second, 7);
}

TEST(OneShot, TimesOutAndIgnoresALateSet) {
  IoThreads io(1);
  OneShot<int> never;
  auto result = BlockOn(io.Next(), never.WaitFor(1ms));
  EXPECT_THAT(result, IsError(ErrorKind::kTimeout));
  EXPECT_FALSE(never.Set(1));
}

TEST(OneShot, RacesOfSetAndTimeoutCompleteOnce) {
  IoThreads io(2);
  int timeouts = 0;
  int values = 0;
  for (int i = 0; i < 300; ++i) {
    OneShot<int> shot;
    std::thread setter([shot] { shot.Set(7); });
    auto result = BlockOn(io.Next(), shot.WaitFor(30us));
    setter.join();
    (result ? values : timeouts)++;
    if (result) {
      EXPECT_EQ(*result, 7);
    } else {
      EXPECT_EQ(result.error().kind(), ErrorKind::kTimeout);
    }
  }
  EXPECT_EQ(values + timeouts, 300);
}

Task<std::pair<std::thread::id, std::thread::id>> Visit(ComputePool& pool, std::thread::id& worker) {
  auto before = std::this_thread::get_id();
  worker = co_await Offload(pool, [] { return std::this_thread::get_id(); });
  co_return std::pair(before, std::this_thread::get_id());
}

TEST(Offload, RunsOnThePoolAndComesBack) {
  IoThreads io(1);
  ComputePool pool(1);
  std::thread::id worker;
  auto [before, after] = BlockOn(io.Next(), Visit(pool, worker));
  EXPECT_EQ(before, after);
  EXPECT_NE(before, worker);
}

Task<std::string> CatchFromPool(ComputePool& pool) {
  auto home = std::this_thread::get_id();
  try {
    co_await Offload(pool, [] { throw std::runtime_error("from the pool"); });
  } catch (const std::runtime_error& e) {
    co_return home == std::this_thread::get_id() ? e.what() : "wrong thread";
  }
  co_return "no exception";
}

TEST(Offload, ExceptionContinuesInTheCoroutine) {
  IoThreads io(1);
  ComputePool pool(1);
  EXPECT_EQ(BlockOn(io.Next(), CatchFromPool(pool)), "from the pool");
}

TEST(Offload, CancellationWaitsForTheFunction) {
  IoThreads io(1);
  ComputePool pool(1);
  TaskScope scope(io.Next(), "test");
  std::atomic<bool> release{false};
  std::atomic<bool> finished{false};
  OneShot<bool> started;
  scope.Spawn([&]() -> Task<void> {
    co_await Offload(pool, [&] {
      started.Set(true);
      release.wait(false);
      finished = true;
    });
  });
  auto running = BlockOn(io.Next(), started.Wait());
  ASSERT_OK(running);
  scope.Stop();
  EXPECT_EQ(scope.running(), 1u);
  release = true;
  release.notify_all();
  scope.StopAndWait();
  EXPECT_TRUE(finished.load());
}

TEST(Channel, KeepsOrderBoundsWeightAndCloses) {
  IoThreads io(1);
  Channel<std::string> channel(10);
  EXPECT_TRUE(channel.TryPush("a", 6));
  EXPECT_FALSE(channel.TryPush("b", 6));
  EXPECT_TRUE(channel.TryPush("c", 4));
  auto first = BlockOn(io.Next(), channel.PopFor(10s));
  ASSERT_OK(first);
  EXPECT_EQ(*first, "a");
  channel.Close();
  EXPECT_FALSE(channel.TryPush("d", 1));
  auto second = BlockOn(io.Next(), channel.PopFor(10s));
  ASSERT_OK(second);
  EXPECT_EQ(*second, "c");
  auto third = BlockOn(io.Next(), channel.PopFor(10s));
  EXPECT_THAT(third, IsError(ErrorKind::kCancelled));
}

TEST(Channel, APushFromAnotherThreadWakesTheConsumer) {
  IoThreads io(1);
  Channel<int> channel(1000);
  std::thread producer([&] {
    for (int i = 0; i < 500; ++i) ASSERT_TRUE(channel.TryPush(i));
  });
  for (int i = 0; i < 500; ++i) {
    auto item = BlockOn(io.Next(), channel.PopFor(10s));
    ASSERT_OK(item);
    ASSERT_EQ(*item, i);
  }
  producer.join();
}

}  // namespace
}  // namespace floe
