// SPDX-License-Identifier: Apache-2.0
#include "log/check.h"

#include <gtest/gtest.h>

#include "log/harness_testing.h"

namespace floe::log {
namespace {

TEST(CheckTest, CountsAndFindsTheFirstBadByte) {
  Harness h(1000);
  auto partition = h.Topic("t");
  std::string batch = MakeBatch({{1, std::string(50, 'x')}, {2, "b"}});
  for (int i = 0; i < 20; ++i) ASSERT_OK(Append(*partition, batch));
  ASSERT_OK(WaitDurable(*partition, Offset(40)));
  auto reports = CheckDirectory(h.memory_, "/log");
  ASSERT_OK(reports);
  ASSERT_EQ(reports->size(), 1u);
  const PartitionReport& good = (*reports)[0];
  EXPECT_EQ(good.batches, 20);
  EXPECT_EQ(good.records, 40);
  EXPECT_EQ(good.bytes, batch.size() * 20);
  EXPECT_EQ(good.log_end, Offset(40));
  EXPECT_GT(good.segments, 2);
  EXPECT_FALSE(good.bad);
  std::string path = h.Directory("t") + "/00000000000000000000.log";
  ASSERT_OK(h.memory_.FlipBit(path, batch.size() * 2 + 70));
  reports = CheckDirectory(h.memory_, "/log");
  ASSERT_OK(reports);
  ASSERT_TRUE((*reports)[0].bad);
  EXPECT_EQ((*reports)[0].bad->file, path);
  EXPECT_EQ((*reports)[0].bad->position, batch.size() * 2);
  EXPECT_EQ((*reports)[0].bad->expected_offset, Offset(4));
  EXPECT_FALSE((*reports)[0].bad->torn_tail);
}

}  // namespace
}  // namespace floe::log
