// SPDX-License-Identifier: Apache-2.0
// Random legal operations against a model: what was acknowledged is there after any stop, and nothing else appears.
#include <gtest/gtest.h>

#include "log/harness_testing.h"
#include "log/partition.h"

namespace floe::log {
namespace {

class LogPropertyTest : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(LogPropertyTest, NothingDurableIsLost) {
  SeededRandom random(GetParam());
  Harness h(512 + random.Next() % 2000);
  auto partition = h.Topic("t", {{{"retention.bytes", "20000"}}});
  std::vector<TestRecord>
      model;  // every record ever appended, by offset; cut back when a crash lost unacknowledged ones
  Offset durable(0), start(0);
  std::int64_t clock = 0;

  auto compare = [&] {
    partition = h.Topic("t");
    ASSERT_GE(partition->log_end_offset(), durable) << "acknowledged records are gone";
    ASSERT_LE(partition->log_end_offset(), Offset(static_cast<std::int64_t>(model.size())));
    ASSERT_EQ(partition->high_watermark(), partition->log_end_offset());
    model.resize(static_cast<std::size_t>(partition->log_end_offset().value()));
    ASSERT_GE(partition->log_start_offset(), start);
    start = partition->log_start_offset();
    durable = partition->high_watermark();
    auto records = ReadAll(*partition, start, 1 + random.Next() % 3000);
    ASSERT_EQ(records,
              std::vector<TestRecord>(model.begin() + static_cast<std::ptrdiff_t>(start.value()), model.end()));
  };

  for (int step = 0; step < 300; ++step) {
    switch (random.Next() % 24) {
      default: {
        std::vector<std::pair<std::int64_t, std::string>> records;
        for (std::uint64_t n = 1 + random.Next() % 5; n > 0; --n) {
          clock += static_cast<std::int64_t>(random.Next() % 20) - 5;
          records.emplace_back(clock, std::string(random.Next() % 200, static_cast<char>('a' + random.Next() % 26)));
        }
        auto codec = static_cast<kafka::Compression>(random.Next() % 5);
        auto appended = Append(*partition, MakeBatch(records, {.compression = codec}));
        ASSERT_OK(appended);
        ASSERT_EQ(appended->base_offset, Offset(static_cast<std::int64_t>(model.size())));
        for (const auto& [timestamp, value] : records)
          model.push_back({Offset(static_cast<std::int64_t>(model.size())), TimestampMs(timestamp), value});
        break;
      }
      case 0:
      case 1:
      case 2: {
        Offset end = partition->log_end_offset();
        ASSERT_OK(WaitDurable(*partition, end));
        durable = end;
        break;
      }
      case 3:
      case 4: {
        start = partition->log_start_offset();
        Offset high = partition->high_watermark();
        Offset from = start + static_cast<std::int64_t>(random.Next() % static_cast<std::uint64_t>(high - start + 1));
        auto records = ReadAll(*partition, from, 1 + random.Next() % 3000);
        ASSERT_GE(static_cast<std::int64_t>(records.size()), high - from);
        for (std::size_t i = 0; i < records.size(); ++i)
          ASSERT_EQ(records[i], model[static_cast<std::size_t>(from.value()) + i]);
        break;
      }
      case 5: {
        std::int64_t t = clock - static_cast<std::int64_t>(random.Next() % 500);
        ASSERT_OK(WaitDurable(*partition, partition->log_end_offset()));
        auto found = partition->OffsetForTimestamp(TimestampMs(t));
        ASSERT_OK(found);
        start = partition->log_start_offset();
        Offset expected(-1);
        for (std::size_t i = static_cast<std::size_t>(start.value()); i < model.size() && expected.value() < 0; ++i)
          if (model[i].timestamp.value() >= t) expected = model[i].offset;
        ASSERT_EQ(found->offset, expected);
        break;
      }
      case 6: ASSERT_OK(static_cast<PartitionLog&>(*partition).ApplyRetention()); break;
      case 7: {
        // A record batch that does not fit, at a random byte.
        std::string batch = MakeBatch({{clock, "full"}});
        h.faults_.SetSpaceLeft(random.Next() % batch.size());
        EXPECT_THAT(Append(*partition, batch), IsError(ErrorKind::kDiskFull));
        h.faults_.GiveSpace();
        break;
      }
      case 8:
        h.Restart();
        compare();
        ASSERT_EQ(durable, Offset(static_cast<std::int64_t>(model.size()))) << "an orderly stop loses nothing";
        break;
      case 9:
        h.Kill();
        compare();
        break;
      case 10:
        h.Crash(random);
        compare();
        break;
      case 11: {
        std::string value(random.Next() % 100, 'z');
        h.CrashInNextWrite(random, [&] { (void)Append(*partition, MakeBatch({{clock, value}})); });
        model.push_back({Offset(static_cast<std::int64_t>(model.size())), TimestampMs(clock), value});
        compare();
        break;
      }
    }
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LogPropertyTest, ::testing::Range<std::uint64_t>(0, 40));

}  // namespace
}  // namespace floe::log
