// SPDX-License-Identifier: Apache-2.0
#include "duck/instance.h"

#include <duckdb.hpp>
#include <gtest/gtest.h>

#include "base/matchers.h"
#include "duck/guard.h"

namespace floe::duck {
namespace {

TEST(Instance, LibraryIsTheVersionOfTheHeaders) {
  EXPECT_OK(CheckLibraryVersion());
}

TEST(Instance, OpensAtFirstUseAndTakesSettingsBeforeAndAfter) {
  Instance instance({.threads = 1});
  EXPECT_FALSE(instance.IsOpen());
  ASSERT_OK(instance.SetMemoryLimit(64ULL << 20));
  auto connection = instance.Connect();
  ASSERT_OK(connection);
  EXPECT_TRUE(instance.IsOpen());
  auto limit = (*connection)->Query("SELECT current_setting('memory_limit'), current_setting('threads')");
  ASSERT_FALSE(limit->HasError()) << limit->GetError();
  EXPECT_EQ(limit->GetValue(0, 0).ToString(), "64.0 MiB");
  EXPECT_EQ(limit->GetValue(1, 0).ToString(), "1");
  ASSERT_OK(instance.SetMemoryLimit(32ULL << 20));
  EXPECT_EQ((*connection)->Query("SELECT current_setting('memory_limit')")->GetValue(0, 0).ToString(), "32.0 MiB");
}

TEST(Guard, TurnsExceptionsIntoErrorsByKind) {
  EXPECT_THAT(Guard([]() -> int { throw duckdb::InvalidInputException("bad '12x'"); }),
              IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(Guard([] { throw duckdb::CatalogException("no such table"); }), IsError(ErrorKind::kNotFound));
  EXPECT_THAT(Guard([] { throw duckdb::NotImplementedException("x"); }), IsError(ErrorKind::kNotSupported));
  EXPECT_THAT(Guard([] { throw std::bad_alloc(); }), IsError(ErrorKind::kResourceExhausted));
  EXPECT_THAT(Guard([] { throw 7; }), IsError(ErrorKind::kInternal));
  EXPECT_THAT(Guard([]() -> int { throw duckdb::InvalidInputException("bad '12x'"); }), HasErrorMessage("bad '12x'"));
}

TEST(Guard, PassesValuesAndResultsThrough) {
  EXPECT_EQ(Guard([] { return 5; }).value(), 5);
  EXPECT_EQ(Guard([]() -> Result<int> { return 6; }).value(), 6);
  EXPECT_THAT(Guard([]() -> Status { return Fail(ErrorKind::kConflict, "busy"); }), IsError(ErrorKind::kConflict));
}

TEST(Guard, RaiseKeepsTheKindThroughDuckDB) {
  Error error(ErrorKind::kCorruption, "segment 7 is torn");
  auto result = Guard([&] { Raise(error); });
  EXPECT_THAT(result, IsError(ErrorKind::kCorruption));
  EXPECT_THAT(result, HasErrorMessage("segment 7 is torn"));
}

}  // namespace
}  // namespace floe::duck
