// SPDX-License-Identifier: Apache-2.0
// Waiting for the node's memory.
#include "kafka/server/memory_gate.h"

#include <map>
#include <optional>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "base/matchers.h"
#include "kafka/server/byte_budget.h"

namespace floe::kafka {
namespace {

class MemoryGateTest : public testing::Test {
 protected:
  void Ask(std::uint64_t bytes, std::optional<Result<MemoryGate::Hold>>& answer) {
    boost::asio::co_spawn(
        io_, [this, bytes, &answer]() -> Task<void> { answer.emplace(co_await gate_.Acquire(bytes)); },
        boost::asio::detached);
  }

  std::optional<Result<ByteBudget::Lease>> Acquire(ByteBudget& budget, std::uint64_t bytes) {
    std::optional<Result<ByteBudget::Lease>> lease;
    boost::asio::co_spawn(
        io_, [&]() -> Task<void> { lease.emplace(co_await budget.Acquire(bytes)); }, boost::asio::detached);
    io_.run();
    return lease;
  }

  boost::asio::io_context io_;
  ComputePool compute_{1};
  MemoryBudget budget_{1'000};
  MemoryGate gate_{&budget_, "gate", 100, compute_};
};

TEST_F(MemoryGateTest, GrantsWhatIsThereAndGivesItBack) {
  std::optional<Result<MemoryGate::Hold>> answer;
  Ask(800, answer);
  io_.run();
  ASSERT_TRUE(answer.has_value());
  EXPECT_OK(*answer);
  EXPECT_EQ(budget_.used(), 800U);
  EXPECT_EQ(budget_.Usages()[0].component, "gate");
  answer.reset();
  EXPECT_EQ(budget_.used(), 0U);
}

TEST_F(MemoryGateTest, WaitsUntilThereIsRoom) {
  auto held = budget_.Reserve(budget_.Register("others"), 900);
  ASSERT_OK(held);
  std::optional<Result<MemoryGate::Hold>> answer;
  Ask(300, answer);
  io_.poll();
  EXPECT_FALSE(answer.has_value());
  EXPECT_EQ(gate_.waiting(), 1U);
  {
    auto given_back = std::move(*held);
  }
  io_.run();
  ASSERT_TRUE(answer.has_value());
  EXPECT_OK(*answer);
  EXPECT_EQ(gate_.waiting(), 0U);
  EXPECT_EQ(budget_.used(), 300U);
}

TEST_F(MemoryGateTest, OthersAreAskedToSpillBeforeAnybodyWaits) {
  std::optional<MemoryReservation> held;
  const int others = budget_.Register("others", [&held](std::uint64_t) -> std::uint64_t {
    held.reset();
    return 900;
  });
  auto reserved = budget_.Reserve(others, 900);
  ASSERT_OK(reserved);
  held.emplace(std::move(*reserved));
  std::optional<Result<MemoryGate::Hold>> answer;
  Ask(300, answer);
  io_.run();
  ASSERT_TRUE(answer.has_value());
  EXPECT_OK(*answer);
}

TEST_F(MemoryGateTest, TheFloorIsOpenToSmallOnes) {
  auto held = budget_.Reserve(budget_.Register("others"), 1'000);
  ASSERT_OK(held);
  std::optional<Result<MemoryGate::Hold>> first;
  std::optional<Result<MemoryGate::Hold>> second;
  Ask(60, first);
  io_.run();
  ASSERT_TRUE(first.has_value());
  io_.restart();
  Ask(60, second);
  io_.poll();
  EXPECT_FALSE(second.has_value()) << "the floor holds one of them";
  first.reset();
  io_.run();
  ASSERT_TRUE(second.has_value());
  EXPECT_OK(*second);
}

TEST_F(MemoryGateTest, MoreThanEverythingIsRefused) {
  std::optional<Result<MemoryGate::Hold>> answer;
  Ask(1'001, answer);
  io_.run();
  ASSERT_TRUE(answer.has_value());
  EXPECT_THAT(*answer, IsError(ErrorKind::kTooLarge));
}

TEST(ByteBudgetTest, FirstComeFirstServed) {
  boost::asio::io_context io;
  ByteBudget budget(100);
  std::vector<int> order;
  std::map<int, ByteBudget::Lease> leases;
  const auto ask = [&](int who, std::uint64_t bytes) {
    boost::asio::co_spawn(
        io,
        [&, who, bytes]() -> Task<void> {
          auto lease = co_await budget.Acquire(bytes);
          if (!lease) co_return;
          order.push_back(who);
          leases[who] = std::move(*lease);
        },
        boost::asio::detached);
  };
  ask(1, 80);
  ask(2, 50);
  ask(3, 10);  // there would be room, but number 2 was first
  io.poll();
  EXPECT_EQ(order, std::vector<int>{1});
  EXPECT_EQ(budget.used(), 80U);
  leases.erase(1);
  io.poll();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  leases.clear();
  EXPECT_EQ(budget.used(), 0U);
  io.restart();
  ask(4, 1'000'000);  // more than the whole gets the whole
  io.poll();
  EXPECT_EQ(order.back(), 4);
  EXPECT_EQ(budget.used(), 100U);
}

TEST_F(MemoryGateTest, ABudgetWithAGateTakesFromBoth) {
  ByteBudget budget(500, &gate_);
  auto lease = Acquire(budget, 400);
  ASSERT_TRUE(lease.has_value());
  ASSERT_OK(*lease);
  EXPECT_EQ(budget.used(), 400U);
  EXPECT_EQ(budget_.used(), 400U);
  (*lease)->Release();
  EXPECT_EQ(budget.used(), 0U);
  EXPECT_EQ(budget_.used(), 0U);
}

TEST_F(MemoryGateTest, ShrinkingGivesBackTheDifference) {
  ByteBudget budget(500, &gate_);
  auto lease = Acquire(budget, 400);
  ASSERT_OK(*lease);
  (*lease)->ShrinkTo(150);
  EXPECT_EQ(budget.used(), 150U);
  EXPECT_EQ(budget_.used(), 150U);
  (*lease)->ShrinkTo(300);
  EXPECT_EQ(budget.used(), 150U) << "it never grows";
  (*lease)->ShrinkTo(0);
  EXPECT_EQ(budget.used(), 0U);
  (*lease)->Release();
  EXPECT_EQ(budget.used(), 0U);
  EXPECT_EQ(budget_.used(), 0U);
}

TEST_F(MemoryGateTest, ShrinkingGivesBackTheFloor) {
  auto others = budget_.Reserve(budget_.Register("others"), 1'000);
  ASSERT_OK(others);
  auto first = gate_.TryAcquire(90);
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(gate_.TryAcquire(90).has_value());
  first->ShrinkTo(10);
  EXPECT_TRUE(gate_.TryAcquire(90).has_value());
  EXPECT_FALSE(gate_.TryAcquire(91).has_value());
}

}  // namespace
}  // namespace floe::kafka
