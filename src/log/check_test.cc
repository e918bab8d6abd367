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

TEST(CheckTest, AcceptsIndexesThatWereContinuedAfterAStop) {
  Harness h(20000);
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 7; ++i)
      ASSERT_OK(Append(*h.Topic("t"), MakeBatch({{1000 + i, std::string(900, 'x')}, {2000 - i, "b"}, {3, "c"}})));
    ASSERT_OK(WaitDurable(*h.Topic("t"), h.Topic("t")->log_end_offset()));
    round % 2 == 0 ? h.Restart() : h.Kill();
  }
  ASSERT_OK(h.log().Close());
  auto reports = CheckDirectory(h.memory_, "/log");
  ASSERT_OK(reports);
  EXPECT_EQ((*reports)[0].batches, 35);
  for (const BadSideFile& bad : (*reports)[0].bad_side_files) ADD_FAILURE() << bad.file << ": " << bad.reason;
}

TEST(CheckTest, ZerosBehindTheLastBatchOfAKilledLogAreFine) {
  Harness h(1U << 20);
  auto partition = h.Topic("t");
  for (int i = 0; i < 10; ++i) {
    ASSERT_OK(Append(*partition, MakeBatch({{i, std::string(5000, 'x')}})));
    ASSERT_OK(WaitDurable(*partition, Offset(i + 1)));
  }
  auto file = h.memory_.OpenReadable(h.Directory("t") + "/00000000000000000000.log");
  ASSERT_OK(file);
  ASSERT_GT(*(*file)->Size(), partition->size_bytes());
  auto reports = CheckDirectory(h.memory_, "/log");
  ASSERT_OK(reports);
  EXPECT_FALSE((*reports)[0].bad);
  EXPECT_EQ((*reports)[0].log_end, Offset(10));
}

TEST(CheckTest, FindsEveryFlippedBitOfIndexesAndSnapshots) {
  Harness h(20000);
  auto partition = h.Topic("t");
  for (int i = 0; i < 40; ++i) {
    ASSERT_OK(
        Append(*partition,
               MakeBatch({{1000 + i, std::string(1500, 'x')}, {900, "b"}},
                         {.producer_id = ProducerId(7), .producer_epoch = ProducerEpoch(0), .base_sequence = i * 2})));
  }
  ASSERT_OK(WaitDurable(*partition, Offset(80)));
  partition.reset();
  ASSERT_OK(h.log().Close());
  auto before = CheckDirectory(h.memory_, "/log");
  ASSERT_OK(before);
  ASSERT_TRUE((*before)[0].bad_side_files.empty()) << (*before)[0].bad_side_files[0].reason;
  ASSERT_GT((*before)[0].segments, 2);
  const std::string directory = h.Directory("t");
  auto listed = h.memory_.List(directory);
  ASSERT_OK(listed);
  int flips = 0;
  int harmless = 0;
  for (const io::FileInfo& file : *listed) {
    if (file.name.ends_with(".log") || file.name == "acknowledged") continue;
    for (std::uint64_t byte = 0; byte < file.size; ++byte) {
      ASSERT_OK(h.memory_.FlipBit(directory + "/" + file.name, byte));
      auto reports = CheckDirectory(h.memory_, "/log");
      ASSERT_OK(reports);
      if (auto& bad = (*reports)[0].bad_side_files; bad.empty()) {
        // Naming another batch with the same largest timestamp before it is as true as what was written.
        EXPECT_TRUE(file.name.ends_with(".timeindex") && byte % 12 >= 8) << file.name << " byte " << byte;
        ++harmless;
      } else {
        EXPECT_EQ(bad[0].file, directory + "/" + file.name);
      }
      ASSERT_OK(h.memory_.FlipBit(directory + "/" + file.name, byte));
      ++flips;
    }
  }
  EXPECT_GT(flips, 300);
  EXPECT_LT(harmless, flips / 10);
}

}  // namespace
}  // namespace floe::log
