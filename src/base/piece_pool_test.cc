// SPDX-License-Identifier: Apache-2.0
#include "base/piece_pool.h"

#include <optional>

#include <gtest/gtest.h>

namespace floe {
namespace {

TEST(PiecePool, GivesWhatWasUsedLastAndLetsGoOfTheRest) {
  PiecePool pool(PiecePool::kHugePage);
  const std::byte* last = nullptr;
  {
    auto one = pool.Take();
    auto two = pool.Take();
    EXPECT_NE(one.bytes().data(), two.bytes().data());
    EXPECT_EQ(two.bytes().size(), PiecePool::kHugePage);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(two.bytes().data()) % PiecePool::kHugePage, 0u);
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

TEST(PiecePool, SmallPiecesAreAlignedToPages) {
  PiecePool pool(3 * PiecePool::kPage);
  auto piece = pool.Take();
  EXPECT_EQ(piece.bytes().size(), 3 * PiecePool::kPage);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(piece.bytes().data()) % PiecePool::kPage, 0u);
}

TEST(PiecePool, APieceThatWasMovedGoesBackOnce) {
  PiecePool pool(PiecePool::kHugePage);
  {
    auto piece = pool.Take();
    auto moved = std::move(piece);
    EXPECT_EQ(moved.bytes().size(), PiecePool::kHugePage);
  }
  EXPECT_EQ(pool.kept(), 1u);
}

}  // namespace
}  // namespace floe
