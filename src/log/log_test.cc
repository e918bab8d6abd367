// SPDX-License-Identifier: Apache-2.0
#include "log/log.h"

#include <limits>
#include <thread>

#include <gtest/gtest.h>

#include "base/random_testing.h"
#include "log/check.h"
#include "log/harness_testing.h"
#include "log/log_start.h"
#include "log/partition.h"
#include "log/segment.h"

namespace floe::log {
namespace {

using kafka::BatchOptions;

BatchOptions Producer(std::int64_t id, int epoch, int sequence) {
  return {.producer_id = ProducerId(id),
          .producer_epoch = ProducerEpoch(static_cast<std::int16_t>(epoch)),
          .base_sequence = sequence};
}

PartitionLog& Inner(Partition& partition) {
  return static_cast<PartitionLog&>(partition);
}

TEST(LogTest, WhatIsDurableIsReadableAfterEveryKindOfStop) {
  Harness h;
  for (int i = 0; i < 3; ++i) {
    auto partition = h.Topic("t");
    auto appended =
        Append(*partition, MakeBatch({{10 * i, "a" + std::to_string(i)}, {10 * i + 1, "b" + std::to_string(i)}}));
    ASSERT_OK(appended);
    EXPECT_EQ(appended->base_offset, Offset(2 * i));
    EXPECT_EQ(appended->last_offset, Offset(2 * i + 1));
    ASSERT_OK(WaitDurable(*partition, appended->last_offset + 1));
    EXPECT_EQ(partition->high_watermark(), Offset(2 * i + 2));
    SeededRandom random(static_cast<std::uint64_t>(i));
    if (i == 0) h.Restart();
    if (i == 1) h.Kill();
    if (i == 2) h.Crash(random);
  }
  auto records = ReadAll(*h.Topic("t"), Offset(0));
  ASSERT_EQ(records.size(), 6u);
  EXPECT_EQ(records[3], (TestRecord{Offset(3), TimestampMs(11), "b1"}));
  EXPECT_EQ(h.Topic("t")->MaxTimestamp().timestamp, TimestampMs(21));
  EXPECT_EQ(h.Topic("t")->MaxTimestamp().offset, Offset(5));
}

TEST(LogTest, PiecesFarBehindTheEndAreWhatReadGives) {
  Harness h(1U << 20);
  auto partition = h.Topic("t");
  SeededRandom random(5);
  constexpr int kBatches = 340;  // of 100 KiB and more: 32 MiB are kept in the page cache
  for (int i = 0; i < kBatches; ++i)
    ASSERT_OK(Append(*partition, MakeBatch({{i, RandomBytes(random, 100'000 + random.Next() % 4096)}})));
  ASSERT_OK(WaitDurable(*partition, Offset(kBatches)));
  EXPECT_FALSE(partition->Locate(Offset(kBatches - 11), 1)->far_behind);
  struct alignas(FileRange::kBlock) Block {
    std::array<std::byte, FileRange::kBlock> bytes;
  };
  std::vector<Block> blocks(16);
  for (const int offset : {0, 7, 8, 320}) {
    auto range = partition->Locate(Offset(offset), 400'000);
    ASSERT_OK(range);
    EXPECT_EQ(range->far_behind, offset < 10);
    std::string whole(range->length, '\0');
    ASSERT_OK(range->Read(0, std::as_writable_bytes(std::span(whole))));
    std::string pieces;
    while (pieces.size() < whole.size()) {
      const auto buffer = std::as_writable_bytes(std::span(blocks).first(2 + random.Next() % 15));
      auto piece = range->ReadPiece(pieces.size(), buffer);
      ASSERT_OK(piece);
      ASSERT_GE(piece->size(), std::min(buffer.size() - FileRange::kBlock, whole.size() - pieces.size()));
      pieces.append(reinterpret_cast<const char*>(piece->data()), piece->size());
    }
    EXPECT_TRUE(pieces == whole) << offset;
  }
}

TEST(LogTest, AFileThatIsAppendedToIsNotReadPastTheCache) {
  Harness h;
  auto partition = h.Topic("t");
  for (int i = 0; i < 2; ++i) {
    ASSERT_OK(Append(*partition, MakeBatch({{i, "a"}})));
    ASSERT_OK(WaitDurable(*partition, Offset(i + 1)));
    EXPECT_FALSE(partition->Locate(Offset(0), 1)->quiet);
    h.clock_.Advance(std::chrono::milliseconds(1001));
    EXPECT_TRUE(partition->Locate(Offset(0), 1)->quiet);
  }
}

TEST(LogTest, ReadsGiveWholeBatchesAndAtLeastOne) {
  Harness h;
  auto partition = h.Topic("t");
  std::string one = MakeBatch({{1, std::string(100, 'x')}});
  for (int i = 0; i < 10; ++i) ASSERT_OK(Append(*partition, one));
  ASSERT_OK(WaitDurable(*partition, Offset(10)));
  EXPECT_EQ(partition->Read(Offset(3), 1)->batches.size(), one.size());
  EXPECT_EQ(partition->Read(Offset(3), one.size() * 2 + 10)->batches.size(), one.size() * 2);
  EXPECT_EQ(partition->Read(Offset(3), 1 << 20)->batches.size(), one.size() * 7);
  EXPECT_TRUE(partition->Read(Offset(10), 1 << 20)->batches.empty());
  EXPECT_THAT(partition->Read(Offset(11), 1), IsError(ErrorKind::kOutOfRange));
  EXPECT_THAT(partition->Read(Offset(-1), 1), IsError(ErrorKind::kOutOfRange));
  auto range = partition->Locate(Offset(4), one.size() * 3);
  ASSERT_OK(range);
  EXPECT_EQ(range->position, one.size() * 4);
  EXPECT_EQ(range->length, one.size() * 3);
}

TEST(LogTest, BadBatchesAreRefusedAndLeaveNothing) {
  Harness h;
  auto partition = h.Topic("t", {{{"max.message.bytes", "500"}}});
  std::string good = MakeBatch({{1, "a"}, {2, "b"}});
  std::string bad = good;
  bad[bad.size() - 1] ^= 1;
  EXPECT_THAT(Append(*partition, bad), IsError(ErrorKind::kCorruption));
  EXPECT_THAT(Append(*partition, good.substr(0, good.size() - 1)), IsError(ErrorKind::kCorruption));
  EXPECT_THAT(Append(*partition, good + good.substr(0, 30)), IsError(ErrorKind::kCorruption));
  EXPECT_THAT(Append(*partition, ""), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(Append(*partition, MakeBatch({{1, std::string(1000, 'x')}})), IsError(ErrorKind::kTooLarge));
  EXPECT_THAT(Append(*partition, MakeBatch({{1, "a"}}, {.control = true})), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(Append(*partition, MakeBatch({{1, "a"}}, {.transactional = true})), IsError(ErrorKind::kNotSupported));
  EXPECT_EQ(partition->log_end_offset(), Offset(0));
  auto two = Append(*partition, good + good);
  ASSERT_OK(two);
  EXPECT_EQ(two->last_offset, Offset(3));
  ASSERT_OK(WaitDurable(*partition, Offset(4)));
  EXPECT_EQ(ReadAll(*partition, Offset(0)).size(), 4u);
}

TEST(LogTest, IdempotentProducers) {
  Harness h;
  for (int stop = 0; stop < 3; ++stop) {
    std::string name = "t" + std::to_string(stop);
    auto batch = [&](int epoch, int sequence, int count = 2) {
      std::vector<std::pair<std::int64_t, std::string>> records(static_cast<std::size_t>(count), {1, "x"});
      return Append(*h.Topic(name), MakeBatch(records, Producer(7, epoch, sequence)));
    };
    ASSERT_OK(batch(0, 40));  // not known: any sequence
    for (int i = 1; i < 6; ++i) ASSERT_OK(batch(0, 40 + 2 * i));
    ASSERT_OK(WaitDurable(*h.Topic(name), Offset(12)));
    if (stop == 1) h.Restart();
    if (stop == 2) h.Kill();
    auto again = batch(0, 42);
    ASSERT_OK(again);
    EXPECT_TRUE(again->duplicate);
    EXPECT_EQ(again->base_offset, Offset(2));
    EXPECT_EQ(again->last_offset, Offset(3));
    EXPECT_THAT(batch(0, 40), IsError(ErrorKind::kConflict));  // six batches ago: forgotten
    EXPECT_THAT(batch(0, 54), IsError(ErrorKind::kConflict));  // a gap
    EXPECT_THAT(batch(1, 5), IsError(ErrorKind::kConflict));   // an epoch begins at 0
    ASSERT_OK(batch(1, 0));
    EXPECT_THAT(batch(0, 52), IsError(ErrorKind::kFailedPrecondition));
    EXPECT_EQ(h.Topic(name)->log_end_offset(), Offset(14));
  }
  auto wrap = [&](int sequence) {
    return Append(*h.Topic("w"), MakeBatch({{1, "a"}, {1, "b"}}, Producer(9, 0, sequence)));
  };
  ASSERT_OK(wrap(0x7fffffff));  // the second record has sequence 0
  ASSERT_OK(wrap(1));
  EXPECT_TRUE(wrap(0x7fffffff)->duplicate);
}

TEST(LogTest, TimestampsAreFound) {
  for (bool compressed : {false, true}) {
    Harness h(1024);
    auto partition = h.Topic("t");
    // Out of order inside and across batches.
    for (int i = 0; i < 100; ++i) {
      std::int64_t t = 1000 + 10 * i - (i % 3 == 0 ? 35 : 0);
      ASSERT_OK(Append(*partition,
                       MakeBatch({{t, "a"}, {t + 4, "b"}},
                                 {.compression = compressed ? kafka::Compression::kLz4 : kafka::Compression::kNone})));
    }
    ASSERT_OK(WaitDurable(*partition, Offset(200)));
    auto all = ReadAll(*partition, Offset(0));
    ASSERT_EQ(all.size(), 200u);
    for (int stop = 0; stop < 3; ++stop) {
      partition = h.Topic("t");
      for (std::int64_t t = 900; t < 2100; t += 3) {
        auto expected =
            std::find_if(all.begin(), all.end(), [&](const TestRecord& r) { return r.timestamp.value() >= t; });
        auto found = partition->OffsetForTimestamp(TimestampMs(t));
        ASSERT_OK(found);
        EXPECT_EQ(found->offset, expected == all.end() ? Offset(-1) : expected->offset) << t;
      }
      if (stop == 0) h.Restart();
      if (stop == 1) h.Kill();
    }
  }
}

TEST(LogTest, FullDiskRefusesCleanlyAndRecovers) {
  Harness h;
  auto partition = h.Topic("t");
  ASSERT_OK(Append(*partition, MakeBatch({{1, "before"}})));
  ASSERT_OK(WaitDurable(*partition, Offset(1)));
  h.faults_.SetSpaceLeft(40);
  EXPECT_THAT(Append(*partition, MakeBatch({{1, "lost"}})), IsError(ErrorKind::kDiskFull));
  EXPECT_EQ(partition->log_end_offset(), Offset(1));
  EXPECT_EQ(ReadAll(*partition, Offset(0)).size(), 1u);
  EXPECT_EQ(*(*h.memory_.OpenReadable(h.Directory("t") + "/00000000000000000000.log"))->Size(),
            partition->size_bytes());
  h.faults_.GiveSpace();
  ASSERT_OK(Append(*partition, MakeBatch({{1, "after"}})));
  ASSERT_OK(WaitDurable(*partition, Offset(2)));
  h.Kill();
  auto records = ReadAll(*h.Topic("t"), Offset(0));
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].value, "after");
}

TEST(LogTest, ATopicThatDoesNotFitLeavesNothingBehind) {
  Harness h;
  // The row that names it does not fit: the store's file may grow by nothing.
  ASSERT_OK(h.store_->Write([](meta::Transaction& t) -> Status {
    FLOE_TRY_VOID(t.Query("PRAGMA max_page_count = 1", {}, [](const meta::Row&) -> Status { return {}; }));
    return {};
  }));
  Status failed;
  for (int i = 0; failed && i < 1000; ++i) {
    auto made = h.log().CreateTopic("topic" + std::to_string(i), 1, {.overrides = {}});
    if (!made) failed = Fail(made.error());
  }
  ASSERT_THAT(failed, IsError(ErrorKind::kDiskFull));
  EXPECT_NE(failed.error().message().find("was not created: the disk is full"), std::string::npos)
      << failed.error().ToString();
  auto listed = h.memory_.List("/log");
  ASSERT_OK(listed);
  EXPECT_EQ(listed->size(), h.log().Topics().size());
}

TEST(LogTest, TornBytesStayCutWhenARollAndAPowerFailureFollow) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SeededRandom random(seed);
    Harness h(300);
    auto partition = h.Topic("t");
    ASSERT_OK(Append(*partition, MakeBatch({{1, "first"}})));
    ASSERT_OK(WaitDurable(*partition, Offset(1)));
    h.faults_.SetSpaceLeft(40);
    EXPECT_THAT(Append(*partition, MakeBatch({{1, "torn"}})), IsError(ErrorKind::kDiskFull));
    h.faults_.GiveSpace();
    ASSERT_OK(Append(*partition, MakeBatch({{1, std::string(250, 'r')}})));  // rolls
    ASSERT_OK(WaitDurable(*partition, Offset(2)));
    partition.reset();
    h.Crash(random);
    EXPECT_EQ(ReadAll(*h.Topic("t"), Offset(0)).size(), 2u) << "seed " << seed;
  }
}

TEST(LogTest, ASealedSegmentHasNoReservedZerosAfterAPowerFailure) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SeededRandom random(seed);
    Harness h(20'000);
    auto partition = h.Topic("t");
    constexpr int kBatches = 30;
    for (int i = 0; i < kBatches; ++i) {
      ASSERT_OK(Append(*partition, MakeBatch({{i, std::string(1500, 'x')}})));
      ASSERT_OK(WaitDurable(*partition, Offset(i + 1)));
    }
    ASSERT_EQ((*CheckDirectory(h.memory_, "/log"))[0].segments, 3);
    partition.reset();
    h.Crash(random);
    EXPECT_EQ(ReadAll(*h.Topic("t"), Offset(0)).size(), kBatches) << "seed " << seed;
    EXPECT_FALSE((*CheckDirectory(h.memory_, "/log"))[0].bad) << "seed " << seed;
  }
}

class DamageTest : public ::testing::Test {
 protected:
  DamageTest() {
    for (int i = 0; i < 20; ++i) {
      positions_.push_back(partition_->size_bytes());
      EXPECT_OK(Append(*partition_, MakeBatch({{i, std::string(100 + static_cast<std::size_t>(i), 'v')}})));
    }
    EXPECT_OK(WaitDurable(*partition_, Offset(20)));
    h_.clock_.Advance(std::chrono::seconds(2));
    positions_.push_back(partition_->size_bytes());
    EXPECT_OK(Append(*partition_, MakeBatch({{20, "last"}})));
    EXPECT_OK(WaitDurable(*partition_, Offset(21)));
  }
  std::string Path() { return h_.Directory("t") + "/00000000000000000000.log"; }

  Harness h_{1 << 20};
  std::shared_ptr<Partition> partition_ = h_.Topic("t");
  std::vector<std::uint64_t> positions_;
};

TEST_F(DamageTest, GoodBatchesBehindDamageAreKept) {
  // A record's byte, then in another batch the length field, so that no header leads on.
  ASSERT_OK(h_.memory_.FlipBit(Path(), positions_[3] + 80));
  ASSERT_OK(h_.memory_.FlipBit(Path(), positions_[9] + 10));
  partition_.reset();
  h_.Kill();
  partition_ = h_.Topic("t");
  EXPECT_EQ(partition_->log_end_offset(), Offset(21));
  EXPECT_EQ(ReadAll(*partition_, Offset(10), 300).size(), 11u);
  auto before = partition_->Read(Offset(4), positions_[8] - positions_[4]);
  ASSERT_OK(before);
  EXPECT_EQ(before->batches.size(), positions_[8] - positions_[4]);
  auto damaged = partition_->Read(Offset(9), 100);
  ASSERT_OK(damaged);
  EXPECT_THAT(kafka::CheckBatch(std::as_bytes(std::span(damaged->batches))), IsError(ErrorKind::kCorruption));
  EXPECT_EQ(Append(*partition_, MakeBatch({{21, "more"}}))->base_offset, Offset(21));
}

TEST_F(DamageTest, DamageUpToTheEndIsNotCutAway) {
  ASSERT_OK(h_.memory_.FlipBit(Path(), positions_[20] + 65));
  const std::string directory = h_.Directory("t");
  EXPECT_THAT(Segment::Recover(h_.memory_, directory, Offset(0), Offset(21)), IsError(ErrorKind::kCorruption));
  // Without a mark it looks like a torn tail.
  auto recovered = Segment::Recover(h_.memory_, directory, Offset(0), Offset(0));
  ASSERT_OK(recovered);
  EXPECT_EQ(recovered->segment->end(), Offset(20));
}

TEST_F(DamageTest, CheckTellsDamageFromATornTail) {
  ASSERT_OK(h_.memory_.FlipBit(Path(), positions_[3] + 80));
  auto reports = CheckDirectory(h_.memory_, "/log");
  ASSERT_OK(reports);
  ASSERT_TRUE((*reports)[0].bad);
  EXPECT_FALSE((*reports)[0].bad->torn_tail);
  ASSERT_OK(h_.memory_.Remove(h_.Directory("t") + "/acknowledged"));
  EXPECT_TRUE((*CheckDirectory(h_.memory_, "/log"))[0].bad->torn_tail);
}

TEST(LogTest, FullDiskDuringARollIsOnlyAFullDisk) {
  Harness h(300);
  auto partition = h.Topic("t");
  std::string batch = MakeBatch({{1, std::string(100, 'x')}});
  ASSERT_OK(Append(*partition, batch));
  h.faults_.SetSpaceLeft(5);
  EXPECT_THAT(Append(*partition, MakeBatch({{1, std::string(150, 'y')}})), IsError(ErrorKind::kDiskFull));
  h.faults_.GiveSpace();
  for (int i = 0; i < 5; ++i) ASSERT_OK(Append(*partition, batch));
  ASSERT_OK(WaitDurable(*partition, Offset(6)));
  EXPECT_EQ(ReadAll(*partition, Offset(0)).size(), 6u);
  h.Restart();
  EXPECT_EQ(ReadAll(*h.Topic("t"), Offset(0)).size(), 6u);
}

TEST(LogTest, FailedWriteLeavesNoTornBytes) {
  Harness h;
  auto partition = h.Topic("t");
  ASSERT_OK(Append(*partition, MakeBatch({{1, "a"}})));
  ASSERT_OK(WaitDurable(*partition, Offset(1)));  // and all that a sync writes
  h.faults_.FailWrites(1);
  EXPECT_THAT(Append(*partition, MakeBatch({{1, "b"}})), IsError(ErrorKind::kIo));
  ASSERT_OK(Append(*partition, MakeBatch({{1, "c"}})));
  ASSERT_OK(WaitDurable(*partition, Offset(2)));
  EXPECT_EQ(ReadAll(*partition, Offset(0))[1].value, "c");
}

TEST(LogTest, FailedSyncPoisonsThePartitionAndIsNeverRetried) {
  Harness h;
  auto partition = h.Topic("t");
  auto other = h.Topic("other");
  ASSERT_OK(Append(*partition, MakeBatch({{1, "safe"}})));
  ASSERT_OK(WaitDurable(*partition, Offset(1)));
  h.faults_.FailSyncs(1, "/t-");
  ASSERT_OK(Append(*partition, MakeBatch({{1, "lost"}})));
  auto status = WaitDurable(*partition, Offset(2));
  EXPECT_THAT(status, IsError(ErrorKind::kIo));
  EXPECT_THAT(status, HasErrorMessage("read-only"));
  EXPECT_EQ(status.error().retry(), Retry::kNever);
  EXPECT_THAT(Append(*partition, MakeBatch({{1, "no"}})), IsError(ErrorKind::kIo));
  EXPECT_THAT(WaitDurable(*partition, Offset(2)), IsError(ErrorKind::kIo));
  EXPECT_EQ(partition->high_watermark(), Offset(1));
  EXPECT_EQ(ReadAll(*partition, Offset(0)).size(), 1u);
  ASSERT_OK(Append(*other, MakeBatch({{1, "x"}})));
  EXPECT_OK(WaitDurable(*other, Offset(1)));
  EXPECT_FALSE(h.log().Close());  // no clean-stop marker
  SeededRandom random(3);
  partition.reset();
  other.reset();
  h.Crash(random);
  EXPECT_EQ(ReadAll(*h.Topic("t"), Offset(0))[0].value, "safe");
  EXPECT_OK(Append(*h.Topic("t"), MakeBatch({{1, "again"}})));
}

TEST(LogTest, LostIndexIsRebuilt) {
  Harness h(1024);
  auto partition = h.Topic("t");
  for (int i = 0; i < 100; ++i) ASSERT_OK(Append(*partition, MakeBatch({{i, "v" + std::to_string(i)}})));
  ASSERT_OK(WaitDurable(*partition, Offset(100)));
  std::string directory = h.Directory("t");
  auto damage = [&](const char* extension, std::string_view content) {
    auto list = h.memory_.List(directory);
    ASSERT_OK(list);
    int n = 0;
    for (const auto& file : *list) {
      if (!file.name.ends_with(extension)) continue;
      ++n;
      if (content.empty()) {
        ASSERT_OK(h.memory_.Remove(directory + "/" + file.name));
      } else {
        ASSERT_OK(io::WriteFileDurably(h.memory_, directory + "/" + file.name, content));
      }
    }
    EXPECT_GT(n, 3);
  };
  for (const char* extension : {".index", ".timeindex"}) {
    for (std::string_view content : {"", "rubbish!rubbish!rubbish!", "odd"}) {
      ASSERT_OK(h.log().Close());
      damage(extension, content);
      h.Kill();
      partition = h.Topic("t");
      EXPECT_EQ(ReadAll(*partition, Offset(0), 200).size(), 100u) << extension << content;
      for (int i : {0, 17, 55, 99}) EXPECT_EQ(ReadAll(*partition, Offset(i), 100)[0].offset, Offset(i));
      EXPECT_EQ(partition->log_end_offset(), Offset(100));
    }
  }
}

TEST(LogTest, RetentionRemovesWholeOldSegments) {
  Harness h(300);
  std::int64_t now = h.clock_.WallNowMs().value();
  auto by_time = h.Topic("time", {{{"retention.ms", "60000"}}});
  auto by_size = h.Topic("size", {{{"retention.bytes", "1000"}}});
  for (int i = 0; i < 20; ++i) {
    ASSERT_OK(Append(*by_time, MakeBatch({{now + 10'000 * i, std::string(100, 'x')}})));
    ASSERT_OK(Append(*by_size, MakeBatch({{now, std::string(100, 'x')}})));
  }
  auto held = by_time->Locate(Offset(0), 100);
  ASSERT_OK(held);
  h.clock_.Advance(std::chrono::seconds(200));
  ASSERT_OK(Inner(*by_time).ApplyRetention());
  ASSERT_OK(Inner(*by_size).ApplyRetention());
  // Records 0 to 13 are older than a minute; segments hold one or two.
  EXPECT_GE(by_time->log_start_offset(), Offset(13));
  EXPECT_LE(by_time->log_start_offset(), Offset(14));
  EXPECT_THAT(by_time->Read(Offset(0), 100), IsError(ErrorKind::kOutOfRange));
  EXPECT_GE(by_size->size_bytes(), 1000u);
  EXPECT_LT(by_size->size_bytes(), 1400u);
  std::string bytes(held->length, '\0');
  EXPECT_EQ(*held->file->ReadAt(held->position, std::as_writable_bytes(std::span(bytes))), held->length);
  EXPECT_OK(kafka::CheckBatch(std::as_bytes(std::span(bytes))));
  // Everything is too old: the log is empty and goes on where it was.
  h.clock_.Advance(std::chrono::hours(1));
  ASSERT_OK(Inner(*by_time).ApplyRetention());
  EXPECT_EQ(by_time->log_start_offset(), Offset(20));
  EXPECT_EQ(by_time->MaxTimestamp().offset, Offset(-1));
  h.Kill();
  by_time = h.Topic("time");
  EXPECT_EQ(by_time->log_start_offset(), Offset(20));
  EXPECT_EQ(Append(*by_time, MakeBatch({{now, "x"}}))->base_offset, Offset(20));
}

TEST(LogTest, DeletedRecordsStayDeletedAfterEveryKindOfStop) {
  Harness harness(600);
  auto partition = harness.Topic("t");
  for (int i = 0; i < 40; ++i) {
    auto appended = Append(*partition, MakeBatch({{1000 + 2 * i, "a"}, {1001 + 2 * i, "b"}}));
    ASSERT_OK(appended);
    ASSERT_OK(WaitDurable(*partition, appended->last_offset + 1));
  }
  const auto before = partition->size_bytes();
  EXPECT_THAT(partition->DeleteRecords(Offset(81)), IsError(ErrorKind::kOutOfRange));
  auto start = partition->DeleteRecords(Offset(41));  // inside a batch, inside a segment
  ASSERT_OK(start);
  EXPECT_EQ(*start, Offset(41));
  EXPECT_EQ(*partition->DeleteRecords(Offset(7)), Offset(41)) << "it never goes back";
  EXPECT_LT(partition->size_bytes(), before) << "segments below it are gone";
  const auto expect = [&](const char* when, Offset first) {
    auto now = harness.Topic("t");
    EXPECT_EQ(now->log_start_offset(), first) << when;
    EXPECT_EQ(now->high_watermark(), Offset(80)) << when;
    EXPECT_THAT(now->Read(first + -1, 1000), IsError(ErrorKind::kOutOfRange)) << when;
    auto records = ReadAll(*now, first);
    EXPECT_EQ(records.size(), static_cast<std::size_t>(80 - first.value())) << when;
    if (!records.empty()) {
      EXPECT_EQ(records.front().offset, first) << when;
      auto found = now->OffsetForTimestamp(TimestampMs(0));
      ASSERT_OK(found);
      EXPECT_EQ(found->offset, first) << "no time leads to a deleted record, " << when;
      EXPECT_EQ(now->MaxTimestamp().offset, Offset(79)) << when;
    }
  };
  expect("at once", Offset(41));
  partition.reset();
  harness.Kill();
  expect("after a kill", Offset(41));
  harness.Restart();
  expect("after a stop", Offset(41));
  SeededRandom random(7);
  harness.Crash(random);
  expect("after a power failure", Offset(41));
  ASSERT_OK(harness.Topic("t")->DeleteRecords(Offset(80)));
  EXPECT_EQ(harness.Topic("t")->size_bytes(), 0U) << "all of it";
  expect("when all is deleted", Offset(80));
  harness.Kill();
  expect("when all is deleted, after a kill", Offset(80));
  auto appended = Append(*harness.Topic("t"), MakeBatch({{5, "next"}}));
  ASSERT_OK(appended);
  EXPECT_EQ(appended->base_offset, Offset(80));
}

TEST(LogTest, ACrashBetweenTheLogStartAndTheRemovalOfSegmentsIsFinishedByRetention) {
  Harness harness(600);
  auto partition = harness.Topic("t", {{{"retention.ms", "-1"}}});
  for (int i = 0; i < 40; ++i) ASSERT_OK(Append(*partition, MakeBatch({{1000 + i, "some value or other"}})));
  ASSERT_OK(WaitDurable(*partition, Offset(40)));
  ASSERT_OK(WriteLogStart(harness.files_, harness.Directory("t"), Offset(30)));
  const auto before = partition->size_bytes();
  partition.reset();
  harness.Kill();
  partition = harness.Topic("t");
  EXPECT_EQ(partition->log_start_offset(), Offset(30));
  EXPECT_EQ(partition->size_bytes(), before);
  ASSERT_OK(Inner(*partition).ApplyRetention());
  EXPECT_LT(partition->size_bytes(), before);
  EXPECT_EQ(partition->log_start_offset(), Offset(30));
  EXPECT_EQ(ReadAll(*partition, Offset(30)).size(), 10U);
}

TEST(LogTest, TheLogStartFileIsRefusedWhenDamaged) {
  for (std::int64_t offset : {std::int64_t{0}, std::int64_t{42}, std::numeric_limits<std::int64_t>::max()}) {
    auto parsed = ParseLogStart(EncodeLogStart(Offset(offset)));
    ASSERT_OK(parsed);
    EXPECT_EQ(*parsed, Offset(offset));
  }
  const std::string good = EncodeLogStart(Offset(1234));
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] ^= 1;
    EXPECT_THAT(ParseLogStart(bad), IsError(ErrorKind::kCorruption)) << bad;
    EXPECT_THAT(ParseLogStart(good.substr(0, i)), IsError(ErrorKind::kCorruption));
  }
}

TEST(LogTest, LogAppendTimeAndRecompression) {
  Harness h;
  auto partition = h.Topic("t", {{{"message.timestamp.type", "LogAppendTime"}, {"compression.type", "zstd"}}});
  auto appended = Append(*partition, MakeBatch({{1, "a"}, {2, "b"}}, {.compression = kafka::Compression::kGzip}));
  ASSERT_OK(appended);
  EXPECT_EQ(appended->log_append_time, h.clock_.WallNowMs());
  ASSERT_OK(WaitDurable(*partition, Offset(2)));
  auto read = partition->Read(Offset(0), 1000);
  auto header = kafka::CheckBatch(std::as_bytes(std::span(read->batches)));
  ASSERT_OK(header);
  EXPECT_EQ(header->compression(), kafka::Compression::kZstd);
  auto records = ReadAll(*partition, Offset(0));
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[1].value, "b");
  EXPECT_EQ(records[0].timestamp, h.clock_.WallNowMs());
}

TEST(LogTest, TopicsAreManaged) {
  Harness h;
  Log& log = h.log();
  for (const char* name : {"", ".", "..", "a b", "a/b", "ü"})
    EXPECT_THAT(log.CreateTopic(name, 1, {}), IsError(ErrorKind::kInvalidInput)) << name;
  EXPECT_THAT(log.CreateTopic(std::string(250, 'a'), 1, {}), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(log.CreateTopic("t", 0, {}), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(log.CreateTopic("t", 1, {{{"retention.msec", "1"}}}), HasErrorMessage("retention.ms"));
  EXPECT_THAT(log.CreateTopic("t", 1, {{{"retention.ms", "soon"}}}), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(log.CreateTopic("t", 1, {{{"cleanup.policy", "compact"}}}), IsError(ErrorKind::kNotSupported));
  ASSERT_OK(log.CreateTopic("a.b", 2, {{{"retention.ms", "5"}}}));
  EXPECT_THAT(log.CreateTopic("a.b", 1, {}), IsError(ErrorKind::kAlreadyExists));
  EXPECT_THAT(log.CreateTopic("a_b", 1, {}), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(log.AddPartitions("a.b", 2), IsError(ErrorKind::kInvalidInput));
  ASSERT_OK(log.AddPartitions("a.b", 3));
  ASSERT_OK(log.AlterConfig("a.b", {{{"retention.bytes", "7"}}}));
  EXPECT_THAT(log.AlterConfig("no", {}), IsError(ErrorKind::kNotFound));
  auto id = log.AllocateProducerId();
  ASSERT_OK(id);
  h.Kill();
  auto topic = h.log().FindTopic("a.b");
  ASSERT_TRUE(topic);
  EXPECT_EQ(topic->partitions.size(), 3u);
  EXPECT_EQ(topic->config.overrides, (std::map<std::string, std::string>{{"retention.bytes", "7"}}));
  EXPECT_GT(*h.log().AllocateProducerId(), *id);
}

TEST(LogTest, DeletedTopicWakesAllAndComesBackEmpty) {
  Harness h;
  auto partition = h.Topic("t");
  ASSERT_OK(Append(*partition, MakeBatch({{1, "old"}})));
  ASSERT_OK(WaitDurable(*partition, Offset(1)));
  auto range = partition->Locate(Offset(0), 1000);
  auto woken = std::make_shared<std::promise<void>>();
  partition->WhenReadable(Offset(1), [woken] { woken->set_value(); });
  auto durable = std::make_shared<std::promise<Status>>();
  partition->WhenDurable(Offset(100), [durable](Status s) { durable->set_value(std::move(s)); });
  ASSERT_OK(h.log().DeleteTopic("t"));
  woken->get_future().get();
  EXPECT_THAT(durable->get_future().get(), IsError(ErrorKind::kNotFound));
  EXPECT_THAT(partition->Read(Offset(0), 10), IsError(ErrorKind::kNotFound));
  EXPECT_THAT(Append(*partition, MakeBatch({{1, "x"}})), IsError(ErrorKind::kNotFound));
  std::string bytes(range->length, '\0');
  EXPECT_EQ(*range->file->ReadAt(0, std::as_writable_bytes(std::span(bytes))), range->length);
  EXPECT_EQ(h.Topic("t")->log_end_offset(), Offset(0));
  h.Kill();
  EXPECT_EQ(h.Topic("t")->log_end_offset(), Offset(0));
}

TEST(LogTest, QueuedAppendsAreAnsweredWhateverHappens) {
  Harness h;
  auto partition = h.Topic("t");
  const std::string batch =
      MakeBatch({{1, "a"}}, {.producer_id = ProducerId(7), .producer_epoch = ProducerEpoch(0), .base_sequence = 0});
  auto first = AppendDurably(*partition, batch);
  auto again = AppendDurably(*partition, batch);
  EXPECT_EQ(first.get()->base_offset, Offset(0));
  auto duplicate = again.get();
  ASSERT_OK(duplicate);
  EXPECT_TRUE(duplicate->duplicate);
  EXPECT_EQ(duplicate->base_offset, Offset(0));
  EXPECT_THAT(AppendDurably(*partition, "").get(), IsError(ErrorKind::kInvalidInput));

  h.faults_.FailSyncs(1, ".log");
  EXPECT_THAT(AppendDurably(*partition, MakeBatch({{1, "b"}})).get(), IsError(ErrorKind::kIo));
  EXPECT_THAT(AppendDurably(*partition, MakeBatch({{1, "c"}})).get(), IsError(ErrorKind::kIo)) << "poisoned";

  auto deleted = h.Topic("deleted");
  ASSERT_OK(h.log().DeleteTopic("deleted"));
  EXPECT_THAT(AppendDurably(*deleted, MakeBatch({{1, "x"}})).get(), IsError(ErrorKind::kNotFound));

  auto open = h.Topic("open");
  std::vector<std::future<Result<AppendResult>>> answers;
  std::atomic<bool> stop = false;
  std::jthread writer([&] {
    while (!stop) answers.push_back(AppendDurably(*open, MakeBatch({{1, "z"}})));
  });
  (void)h.log().Close();
  stop = true;
  writer.join();
  EXPECT_THAT(AppendDurably(*open, MakeBatch({{1, "late"}})).get(), IsError(ErrorKind::kCancelled));
  std::int64_t kept = 0;
  for (auto& answer : answers) kept += answer.get() ? 1 : 0;  // each has an answer
  h.Kill();
  EXPECT_EQ(h.Topic("open")->high_watermark(), Offset(kept)) << "acknowledged, and only that";
}

TEST(LogTest, AGroupThatDoesNotFitIsForgottenByItsProducers) {
  Harness h;
  auto partition = h.Topic("t");
  const auto batch = [](int sequence) { return MakeBatch({{1, "value"}}, Producer(7, 0, sequence)); };
  std::vector<std::future<Result<AppendResult>>> group;
  // Queued while the syncer writes, so that one write takes all three.
  h.faults_.AfterNextWrite(
      [&] {
        h.faults_.SetSpaceLeft(2 * batch(0).size());
        for (const int sequence : {1, 2, 3}) group.push_back(AppendDurably(*partition, batch(sequence)));
      },
      ".log");
  ASSERT_OK(AppendDurably(*partition, batch(0)).get());
  for (auto& answer : group) EXPECT_THAT(answer.get(), IsError(ErrorKind::kDiskFull));
  h.faults_.GiveSpace();
  EXPECT_EQ(partition->log_end_offset(), Offset(1));
  EXPECT_THAT(AppendDurably(*partition, batch(2)).get(), IsError(ErrorKind::kConflict)) << "1 is not stored";
  for (const int sequence : {1, 2, 3}) {
    auto again = AppendDurably(*partition, batch(sequence)).get();
    ASSERT_OK(again);
    EXPECT_FALSE(again->duplicate);
    EXPECT_EQ(again->base_offset, Offset(sequence));
  }
  h.Kill();
  EXPECT_TRUE(Append(*h.Topic("t"), batch(3))->duplicate);
  EXPECT_EQ(h.Topic("t")->log_end_offset(), Offset(4));
}

TEST(LogTest, ARollBetweenQueuedAppendsKnowsWhatWasWrittenOnly) {
  Harness h(300);
  auto partition = h.Topic("t");
  const auto batch = [](int sequence) { return MakeBatch({{1, std::string(100, 'v')}}, Producer(7, 0, sequence)); };
  std::vector<std::future<Result<AppendResult>>> group;
  h.faults_.AfterNextWrite(
      [&] {
        for (const int sequence : {1, 2, 3, 4}) group.push_back(AppendDurably(*partition, batch(sequence)));
      },
      ".log");
  ASSERT_OK(AppendDurably(*partition, batch(0)).get());
  for (int sequence = 1; auto& answer : group) EXPECT_EQ(answer.get()->base_offset, Offset(sequence++));
  // The roll for this one is done, its write is not.
  h.faults_.AfterNextWrite([&] { h.faults_.FailWrites(1); }, ".snapshot");
  EXPECT_THAT(AppendDurably(*partition, batch(5)).get(), IsError(ErrorKind::kIo));
  h.Kill();
  auto again = Append(*h.Topic("t"), batch(5));
  ASSERT_OK(again);
  EXPECT_FALSE(again->duplicate);
  EXPECT_EQ(again->base_offset, Offset(5));
}

TEST(LogTest, ReadersAreWokenOnceAndCanBeForgotten) {
  Harness h;
  auto partition = h.Topic("t");
  auto first = std::make_shared<std::promise<void>>();
  std::atomic<int> forgotten = 0;
  partition->WhenReadable(Offset(0), [first] { first->set_value(); });
  auto token = partition->WhenReadable(Offset(0), [&] { ++forgotten; });
  partition->Forget(token);
  std::atomic<int> later = 0;
  auto later_token = partition->WhenReadable(Offset(1), [&] { ++later; });
  ASSERT_OK(Append(*partition, MakeBatch({{1, "a"}})));
  first->get_future().get();
  ASSERT_OK(WaitDurable(*partition, Offset(1)));
  EXPECT_EQ(forgotten, 0);
  EXPECT_EQ(later, 0);
  partition->Forget(later_token);
  auto at_once = std::make_shared<std::promise<std::thread::id>>();
  partition->WhenReadable(Offset(0), [at_once] { at_once->set_value(std::this_thread::get_id()); });
  EXPECT_NE(at_once->get_future().get(), std::this_thread::get_id());
}

TEST(LogTest, ManyWritersShareSyncsAndReadersFollow) {
  Harness h(8192);
  auto partition = h.Topic("t");
  constexpr int kWriters = 4, kEach = 200;
  std::vector<TestRecord> seen;
  std::jthread reader([&] {
    while (seen.size() < kWriters * kEach) {
      Offset next(static_cast<std::int64_t>(seen.size()));
      std::promise<void> ready;
      auto token = partition->WhenReadable(next, [&] { ready.set_value(); });
      ready.get_future().get();
      partition->Forget(token);
      for (auto& record : ReadAll(*partition, next)) seen.push_back(std::move(record));
    }
  });
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < kWriters; ++w) {
      writers.emplace_back([&, w] {
        for (int i = 0; i < kEach; ++i) {
          const std::string batch = MakeBatch({{i, std::to_string(w) + ":" + std::to_string(i)}});
          auto appended = i % 3 == w % 3 ? AppendDurably(*partition, batch).get() : Append(*partition, batch);
          ASSERT_OK(appended);
          if (i % 10 == 9) {
            EXPECT_OK(WaitDurable(*partition, appended->last_offset + 1));
          }
        }
      });
    }
  }
  reader.join();
  ASSERT_EQ(seen.size(), static_cast<std::size_t>(kWriters * kEach));
  std::map<char, int> next;
  for (std::size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].offset, Offset(static_cast<std::int64_t>(i)));
    EXPECT_EQ(seen[i].value.substr(2), std::to_string(next[seen[i].value[0]]++));
  }
}

}  // namespace
}  // namespace floe::log
