// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cerrno>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/matchers.h"
#include "base/result.h"

namespace floe {
namespace {

Result<int> Half(int n) {
  if (n % 2 != 0) return Fail(ErrorKind::kInvalidInput, "odd");
  return n / 2;
}

Result<int> Quarter(int n) {
  FLOE_TRY(int half, Half(n));
  FLOE_TRY(int quarter, Half(half));
  return quarter;
}

TEST(ErrorTest, TryReturnsValueOrError) {
  auto two = Quarter(8);
  ASSERT_OK(two);
  EXPECT_EQ(*two, 2);
  EXPECT_THAT(Quarter(6), IsError(ErrorKind::kInvalidInput));
}

TEST(ErrorTest, ContextIsPrintedInnermostFirst) {
  Error error =
      Error(ErrorKind::kIo, "no such device").WithContext("while reading 'a'").WithContext("while opening topic 't'");
  EXPECT_EQ(error.ToString(), "no such device (while reading 'a'; while opening topic 't')");
}

TEST(ErrorTest, FullDiskHasItsOwnKind) {
  EXPECT_EQ(ErrnoError(ENOSPC, "write").kind(), ErrorKind::kDiskFull);
  EXPECT_EQ(ErrnoError(ENOSPC, "write").retry(), Retry::kBackoff);
  EXPECT_EQ(ErrnoError(EBADF, "write").kind(), ErrorKind::kIo);
}

TEST(RandomTest, SameSeedSameUuid) {
  SeededRandom a(7), b(7);
  std::string uuid = a.Uuid();
  EXPECT_EQ(uuid, b.Uuid());
  EXPECT_EQ(uuid.size(), 36u);
  EXPECT_EQ(uuid[14], '4');
}

TEST(ErrorTest, KeepsItsTextWhenAssignedToItself) {
  Error error(ErrorKind::kIo, "no such device");
  error = std::move(error).WithContext("while reading 'a'");
  EXPECT_EQ(error.ToString(), "no such device (while reading 'a')");
}

}  // namespace
}  // namespace floe
