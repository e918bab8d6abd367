// SPDX-License-Identifier: Apache-2.0
#include "log/segment.h"

#include <gtest/gtest.h>

#include "base/matchers.h"
#include "io/memory_file_system.h"
#include "kafka/protocol/record_batch_builder.h"

namespace floe::log {
namespace {

constexpr Offset kNothingAcknowledged{0};

class SegmentTest : public testing::Test {
 protected:
  SegmentTest() { EXPECT_OK(files_.CreateDirectories("/p")); }

  /// One record per batch.
  void Append(Segment& segment, std::size_t value_bytes) {
    kafka::BatchBuilder builder;
    builder.Append(TimestampMs(1), {}, std::string(value_bytes, 'v'));
    auto bytes = builder.Finish();
    ASSERT_OK(bytes);
    kafka::PatchBatch(*bytes, segment.end(), LeaderEpoch(0));
    auto header = kafka::ParseBatchHeader(*bytes);
    ASSERT_OK(header);
    const auto outcome = segment.Write(*bytes, {&*header, 1});
    ASSERT_OK(outcome.written);
    ASSERT_OK(segment.Sync());
  }
  std::uint64_t FileSize() { return *(*files_.OpenReadable("/p/00000000000000000000.log"))->Size(); }
  void Overwrite(std::uint64_t position, std::string_view bytes) {
    auto file = files_.OpenWritable("/p/00000000000000000000.log", false);
    ASSERT_OK(file);
    ASSERT_OK((*file)->WriteAt(position, std::as_bytes(std::span(bytes))));
  }

  io::MemoryFileSystem files_;
};

TEST_F(SegmentTest, SmallAppendsFindZerosAndCutReserveTakesThemAway) {
  auto segment = *Segment::Create(files_, "/p", Offset(0));
  bool overwrote = false;
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t before = FileSize();
    Append(*segment, 5'000);
    overwrote |= FileSize() == before;
    ASSERT_GE(FileSize(), segment->size());
    ASSERT_LE(FileSize(), 2 * segment->size()) << "a trickle must stay small";
  }
  EXPECT_TRUE(overwrote);
  ASSERT_GT(FileSize(), segment->size());
  EXPECT_TRUE(*segment->CutReserve());
  EXPECT_EQ(FileSize(), segment->size());
  EXPECT_FALSE(*segment->CutReserve());
}

TEST_F(SegmentTest, LargeAppendsAreWrittenOnce) {
  auto segment = *Segment::Create(files_, "/p", Offset(0));
  for (int i = 0; i < 5; ++i) Append(*segment, 100'000);
  EXPECT_EQ(FileSize(), segment->size());
  EXPECT_FALSE(*segment->CutReserve());
}

TEST_F(SegmentTest, ZerosBehindTheLastBatchAreNoTornTail) {
  std::uint64_t size = 0;
  {
    auto segment = *Segment::Create(files_, "/p", Offset(0));
    for (int i = 0; i < 10; ++i) Append(*segment, 5'000);
    size = segment->size();
  }
  ASSERT_GT(FileSize(), size);
  auto recovered = Segment::Recover(files_, "/p", Offset(0), Offset(10));
  ASSERT_OK(recovered);
  EXPECT_EQ(recovered->cut_bytes, 0u);
  EXPECT_EQ(recovered->segment->end(), Offset(10));
  EXPECT_EQ(recovered->segment->size(), size);
  EXPECT_EQ(FileSize(), size);
}

TEST_F(SegmentTest, MoreZerosThanAreEverReservedAreToldOf) {
  {
    auto segment = *Segment::Create(files_, "/p", Offset(0));
    for (int i = 0; i < 10; ++i) Append(*segment, 5'000);
  }
  Overwrite(FileSize(), std::string(1U << 20, '\0'));
  auto recovered = Segment::Recover(files_, "/p", Offset(0), Offset(10));
  ASSERT_OK(recovered);
  EXPECT_GT(recovered->cut_bytes, 1U << 20);
  EXPECT_EQ(recovered->segment->end(), Offset(10));
}

TEST_F(SegmentTest, ATornBatchInTheZerosIsCut) {
  std::uint64_t size = 0;
  {
    auto segment = *Segment::Create(files_, "/p", Offset(0));
    for (int i = 0; i < 10; ++i) Append(*segment, 5'000);
    size = segment->size();
  }
  const std::uint64_t whole = FileSize();
  ASSERT_GT(whole, size + 100);
  Overwrite(size + 50, "torn");
  auto recovered = Segment::Recover(files_, "/p", Offset(0), kNothingAcknowledged);
  ASSERT_OK(recovered);
  EXPECT_EQ(recovered->cut_bytes, whole - size);
  EXPECT_EQ(recovered->segment->size(), size);
}

TEST_F(SegmentTest, ZerosInTheMiddleOfAcknowledgedRecordsAreDamage) {
  {
    auto segment = *Segment::Create(files_, "/p", Offset(0));
    for (int i = 0; i < 10; ++i) Append(*segment, 5'000);
  }
  Overwrite(5'000, std::string(10'000, '\0'));
  auto recovered = Segment::Recover(files_, "/p", Offset(0), Offset(10));
  ASSERT_OK(recovered);
  EXPECT_EQ(recovered->damages.size(), 1u);
  EXPECT_EQ(recovered->segment->end(), Offset(10));
}

}  // namespace
}  // namespace floe::log
