// SPDX-License-Identifier: Apache-2.0
// Random legal operations against a model: what was acknowledged is there after any stop, and nothing else appears.
#include <algorithm>

#include <gtest/gtest.h>

#include "log/harness_testing.h"
#include "log/partition.h"

namespace floe::log {
namespace {

/// Half of the seeds have segments and records so large that small appends find zeros (Segment::CutReserve).
constexpr std::uint64_t kSmallSegments = 40;

class LogPropertyTest : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  using Records = std::vector<std::pair<std::int64_t, std::string>>;

  Records RandomRecords() {
    Records records;
    for (std::uint64_t n = 1 + random_.Next() % 5; n > 0; --n) {
      clock_ += static_cast<std::int64_t>(random_.Next() % 20) - 5;
      records.emplace_back(clock_,
                           std::string(random_.Next() % (200 * scale_), static_cast<char>('a' + random_.Next() % 26)));
    }
    return records;
  }

  std::string RandomBatch(const Records& records) {
    return MakeBatch(records, {.compression = static_cast<kafka::Compression>(random_.Next() % 5)});
  }

  void TakeAppend() {
    auto records = RandomRecords();
    auto appended = Append(*partition_, RandomBatch(records));
    ASSERT_OK(appended);
    ASSERT_EQ(appended->base_offset, Offset(static_cast<std::int64_t>(model_.size())));
    for (const auto& [timestamp, value] : records) Model(timestamp, value);
  }

  /// Some that the syncer writes, with wrong ones and direct appends between them.
  void TakeQueuedAppends() {
    std::vector<std::pair<Offset, std::future<Result<AppendResult>>>> acknowledged;
    std::vector<std::future<Result<AppendResult>>> refused;
    for (std::uint64_t n = 1 + random_.Next() % 6; n > 0; --n) {
      auto records = RandomRecords();
      std::string batch = RandomBatch(records);
      switch (random_.Next() % 4) {
        case 0: TakeAppend(); continue;
        case 1:
          batch.back() = static_cast<char>(batch.back() ^ 1);
          refused.push_back(AppendDurably(*partition_, batch));
          continue;
        default: break;
      }
      acknowledged.emplace_back(Offset(static_cast<std::int64_t>(model_.size())), AppendDurably(*partition_, batch));
      for (const auto& [timestamp, value] : records) Model(timestamp, value);
    }
    for (auto& [offset, answer] : acknowledged) {
      auto appended = answer.get();
      ASSERT_OK(appended);
      ASSERT_EQ(appended->base_offset, offset);
      ASSERT_GT(partition_->high_watermark(), appended->last_offset);
      durable_ = std::max(durable_, appended->last_offset + 1);
    }
    for (auto& answer : refused) ASSERT_THAT(answer.get(), IsError(ErrorKind::kCorruption));
  }

  void WaitForAll() {
    Offset end = partition_->log_end_offset();
    ASSERT_OK(WaitDurable(*partition_, end));
    durable_ = end;
  }

  void ReadSomewhere() {
    start_ = partition_->log_start_offset();
    Offset high = partition_->high_watermark();
    Offset from = start_ + static_cast<std::int64_t>(random_.Next() % static_cast<std::uint64_t>(high - start_ + 1));
    auto records = ReadAll(*partition_, from, 1 + random_.Next() % 3000);
    ASSERT_GE(static_cast<std::int64_t>(records.size()), high - from);
    for (std::size_t i = 0; i < records.size(); ++i)
      ASSERT_EQ(records[i], model_[static_cast<std::size_t>(from.value()) + i]);
  }

  void FindTime() {
    std::int64_t t = clock_ - static_cast<std::int64_t>(random_.Next() % 500);
    WaitForAll();
    auto found = partition_->OffsetForTimestamp(TimestampMs(t));
    ASSERT_OK(found);
    start_ = partition_->log_start_offset();
    auto first = model_.begin() + static_cast<std::ptrdiff_t>(start_.value());
    auto expected = std::find_if(first, model_.end(), [&](const TestRecord& r) { return r.timestamp.value() >= t; });
    ASSERT_EQ(found->offset, expected == model_.end() ? Offset(-1) : expected->offset);
  }

  /// The disk is full at a random byte of the record batch.
  void AppendToFullDisk() {
    std::string batch = MakeBatch({{clock_, "full"}});
    h_.faults_.SetSpaceLeft(random_.Next() % batch.size());
    if (random_.Next() % 2 == 0) {
      EXPECT_THAT(Append(*partition_, batch), IsError(ErrorKind::kDiskFull));
    } else {
      EXPECT_THAT(AppendDurably(*partition_, batch).get(), IsError(ErrorKind::kDiskFull));
    }
    h_.faults_.GiveSpace();
  }

  /// … or behind it, in what is reserved, or in the indexes of a roll.
  void AppendToNearlyFullDisk() {
    std::string batch = MakeBatch({{clock_, "nearly"}});
    h_.faults_.SetSpaceLeft(batch.size() + random_.Next() % 20'000);
    auto appended = Append(*partition_, batch);
    h_.faults_.GiveSpace();
    if (appended)
      Model(clock_, "nearly");
    else
      EXPECT_THAT(appended, IsError(ErrorKind::kDiskFull));
  }

  void NoteReserve() {
    std::uint64_t on_disk = 0;
    const auto files = h_.memory_.List(h_.Directory("t"));
    ASSERT_OK(files);
    for (const auto& file : *files)
      if (file.name.ends_with(".log")) on_disk += file.size;
    stopped_with_reserve_ += on_disk > partition_->size_bytes() ? 1 : 0;
  }
  static void TearDownTestSuite() { EXPECT_GT(stopped_with_reserve_, 20) << "zeros were hardly tested"; }

  void CrashDuringAppend() {
    std::string value(random_.Next() % 100, 'z');
    h_.CrashInNextWrite(random_, [&] { (void)Append(*partition_, MakeBatch({{clock_, value}})); });
    Model(clock_, value);
    Compare();
  }

  void Compare() {
    partition_ = h_.Topic("t");
    ASSERT_GE(partition_->log_end_offset(), durable_) << "acknowledged records are gone";
    ASSERT_LE(partition_->log_end_offset(), Offset(static_cast<std::int64_t>(model_.size())));
    ASSERT_EQ(partition_->high_watermark(), partition_->log_end_offset());
    model_.resize(static_cast<std::size_t>(partition_->log_end_offset().value()));
    ASSERT_GE(partition_->log_start_offset(), start_);
    start_ = partition_->log_start_offset();
    durable_ = partition_->high_watermark();
    auto records = ReadAll(*partition_, start_, 1 + random_.Next() % 3000);
    ASSERT_EQ(records,
              std::vector<TestRecord>(model_.begin() + static_cast<std::ptrdiff_t>(start_.value()), model_.end()));
  }

  void Model(std::int64_t timestamp, const std::string& value) {
    model_.push_back({Offset(static_cast<std::int64_t>(model_.size())), TimestampMs(timestamp), value});
  }

  SeededRandom random_{GetParam()};
  const std::uint64_t scale_ = GetParam() < kSmallSegments ? 1 : 16;
  Harness h_{(512 + random_.Next() % 2000) * scale_};
  std::shared_ptr<Partition> partition_ = h_.Topic("t", {{{"retention.bytes", std::to_string(20'000 * scale_)}}});
  inline static int stopped_with_reserve_ = 0;
  std::vector<TestRecord> model_;  // all records by offset; cut back when a crash lost unacknowledged ones
  Offset durable_{0};
  Offset start_{0};
  std::int64_t clock_ = 0;
};

TEST_P(LogPropertyTest, NothingDurableIsLost) {
  for (int step = 0; step < 300 && !HasFatalFailure(); ++step) {
    switch (random_.Next() % 24) {
      case 0:
      case 1:
      case 2: WaitForAll(); break;
      case 3:
      case 4: ReadSomewhere(); break;
      case 5: FindTime(); break;
      case 6: ASSERT_OK(static_cast<PartitionLog&>(*partition_).ApplyRetention()); break;
      case 7: AppendToFullDisk(); break;
      case 8:
        durable_ = Offset(static_cast<std::int64_t>(model_.size()));  // an orderly stop loses nothing
        h_.Restart();
        Compare();
        break;
      case 9:
        NoteReserve();
        h_.Kill();
        Compare();
        break;
      case 10:
        NoteReserve();
        h_.Crash(random_);
        Compare();
        break;
      case 11: CrashDuringAppend(); break;
      case 12:
      case 13: TakeQueuedAppends(); break;
      case 14: AppendToNearlyFullDisk(); break;
      default: TakeAppend(); break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LogPropertyTest, ::testing::Range<std::uint64_t>(0, 2 * kSmallSegments));

}  // namespace
}  // namespace floe::log
