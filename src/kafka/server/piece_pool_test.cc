// SPDX-License-Identifier: Apache-2.0
#include "kafka/server/piece_pool.h"

#include <optional>

#include <gtest/gtest.h>

namespace floe::kafka {
namespace {

TEST(PiecePool, GivesWhatWasUsedLastAndLetsGoOfTheRest) {
  PiecePool pool;
  const std::byte* last = nullptr;
  {
    auto one = pool.Take();
    auto two = pool.Take();
    EXPECT_NE(one.bytes().data(), two.bytes().data());
    EXPECT_EQ(two.bytes().size(), PiecePool::kBytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(two.bytes().data()) % PiecePool::kBytes, 0u);
    two.bytes().back() = std::byte{1};
    last = one.bytes().data();
  }
  pool.Trim();
  EXPECT_EQ(pool.kept(), 2u) << "used since the last look";
  {
    auto again = pool.Take();
    EXPECT_EQ(again.bytes().data(), last);
  }
  pool.Trim();
  EXPECT_EQ(pool.kept(), 1u) << "one was enough";
  pool.Trim();
  EXPECT_EQ(pool.kept(), 0u);
}

TEST(PiecePool, APieceThatWasMovedGoesBackOnce) {
  PiecePool pool;
  {
    auto piece = pool.Take();
    auto moved = std::move(piece);
    EXPECT_EQ(moved.bytes().size(), PiecePool::kBytes);
  }
  EXPECT_EQ(pool.kept(), 1u);
}

}  // namespace
}  // namespace floe::kafka
