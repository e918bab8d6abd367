// SPDX-License-Identifier: Apache-2.0
#include "kafka/protocol/record_batch.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/matchers.h"
#include "kafka/protocol/record_batch_builder.h"
#include "kafka/protocol/record_batch_reader.h"

namespace floe::kafka {
namespace {

using Codec = Compression;

std::string Copy(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::span<const std::byte> Bytes(const std::string& text) {
  return std::as_bytes(std::span(text));
}
std::span<std::byte> Writable(std::string& text) {
  return std::as_writable_bytes(std::span(text));
}

std::string Make(BatchOptions options, int count, std::size_t value_size = 20) {
  BatchBuilder builder(options);
  for (int i = 0; i < count; ++i) {
    std::string value = "value-" + std::to_string(i);
    value.resize(value_size, 'x');
    builder.Append(TimestampMs(1000 + i), "key-" + std::to_string(i), value);
  }
  auto batch = builder.Finish();
  EXPECT_OK(batch);
  return Copy(*batch);
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

TEST(RecordBatchTest, BytesAreAsTheProtocolSays) {
  BatchBuilder builder({.producer_id = ProducerId(7), .producer_epoch = ProducerEpoch(1), .base_sequence = 5});
  std::array<HeaderView, 1> headers{HeaderView{"a", "b"}};
  builder.Append(TimestampMs(1), "k", "v", headers);
  builder.Append(TimestampMs(3), std::nullopt, std::nullopt);
  auto batch = builder.Finish();
  ASSERT_OK(batch);
  std::string bytes = Copy(*batch);
  std::string expected = FromHex(
      "0000000000000000"  // base offset
      "00000044"          // length
      "00000000"
      "02"
      "00000000"
      "0000"
      "00000001"
      "0000000000000001"
      "0000000000000003"
      "0000000000000007"
      "0001"
      "00000005"
      "00000002"
      // length 12, attributes, timestamp delta, offset delta, key, value, one header
      "18"
      "00"
      "00"
      "00"
      "02"
      "6b"
      "02"
      "76"
      "02"
      "02"
      "61"
      "02"
      "62"
      "0c"
      "00"
      "04"
      "02"
      "01"
      "01"
      "00");
  expected.replace(17, 4, bytes.substr(17, 4));
  expected[11] = static_cast<char>(expected.size() - kBatchPrefixSize);
  EXPECT_EQ(bytes, expected);
  EXPECT_OK(CheckBatch(Bytes(bytes)));
}

class EveryCodec : public ::testing::TestWithParam<Codec> {};

TEST_P(EveryCodec, RecordsComeBack) {
  RecordReader reader;
  for (int count : {1, 3, 1000}) {
    for (std::size_t value_size : {0, 20, 5000}) {
      std::string batch = Make({.compression = GetParam()}, count, value_size);
      PatchBatch(Writable(batch), Offset(500), LeaderEpoch(3));
      auto header = CheckBatch(Bytes(batch));
      ASSERT_OK(header);
      EXPECT_EQ(header->base_offset, Offset(500));
      EXPECT_EQ(header->leader_epoch, LeaderEpoch(3));
      EXPECT_EQ(header->max_timestamp, TimestampMs(1000 + count - 1));
      ASSERT_OK(reader.Open(Bytes(batch)));
      RecordView record;
      int n = 0;
      while (reader.Next(record)) {
        EXPECT_EQ(record.offset, Offset(500 + n));
        EXPECT_EQ(record.timestamp, TimestampMs(1000 + n));
        EXPECT_EQ(record.key, "key-" + std::to_string(n));
        EXPECT_EQ(record.value->size(), value_size);
        ++n;
      }
      EXPECT_OK(reader.status());
      EXPECT_EQ(n, count);
    }
  }
}

TEST_P(EveryCodec, OutputIsLimited) {
  std::string batch = Make({.compression = GetParam()}, 1000, 1000);
  RecordReader reader(100'000);
  auto status = reader.Open(Bytes(batch));
  if (GetParam() == Codec::kNone) {
    EXPECT_OK(status);
  } else {
    EXPECT_THAT(status, IsError(ErrorKind::kTooLarge));
  }
}

TEST_P(EveryCodec, DamageNeverCrashesAndIsSeenByTheChecksum) {
  SeededRandom random(static_cast<std::uint64_t>(GetParam()));
  std::string batch = Make({.compression = GetParam()}, 50);
  RecordReader reader(1 << 20);
  RecordView record;
  for (int i = 0; i < 2000; ++i) {
    std::string damaged = batch;
    if (i % 2 == 0) damaged.resize(random.Next() % damaged.size());
    if (!damaged.empty()) damaged[random.Next() % damaged.size()] ^= static_cast<char>(1 + random.Next() % 255);
    if (reader.Open(Bytes(damaged))) {
      // Only what lies outside the checksum may change unseen.
      ASSERT_EQ(damaged.size(), batch.size());
      EXPECT_EQ(damaged.substr(21), batch.substr(21));
    }
    if (!reader.OpenChecked(Bytes(damaged))) continue;
    while (reader.Next(record)) (void)record.Headers();
  }
}

INSTANTIATE_TEST_SUITE_P(All, EveryCodec,
                         ::testing::Values(Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd),
                         [](const auto& info) { return std::string(ToString(info.param)); });

TEST(RecordBatchTest, NullsEmptiesAndHeaders) {
  BatchBuilder builder;
  std::array<HeaderView, 2> headers{HeaderView{"trace", std::nullopt}, HeaderView{"", ""}};
  builder.Append(TimestampMs(-5), std::nullopt, "", headers);
  builder.Append(TimestampMs(-9), "", std::nullopt);
  auto batch = builder.Finish();
  ASSERT_OK(batch);
  RecordReader reader;
  ASSERT_OK(reader.Open(*batch));
  RecordView record;
  ASSERT_TRUE(reader.Next(record));
  EXPECT_EQ(record.key, std::nullopt);
  EXPECT_EQ(record.value, "");
  EXPECT_EQ(record.timestamp, TimestampMs(-5));
  auto read = record.Headers();
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[0].key, "trace");
  EXPECT_EQ(read[0].value, std::nullopt);
  EXPECT_EQ(read[1].value, "");
  ASSERT_TRUE(reader.Next(record));
  EXPECT_EQ(record.key, "");
  EXPECT_EQ(record.value, std::nullopt);
  EXPECT_EQ(record.timestamp, TimestampMs(-9));
  EXPECT_FALSE(reader.Next(record));
  EXPECT_OK(reader.status());
}

TEST(RecordBatchTest, LogAppendTimeIsTheTimeOfAllRecords) {
  std::string batch = Make({}, 2);
  PatchLogAppendTime(Writable(batch), TimestampMs(77));
  auto header = CheckBatch(Bytes(batch));
  ASSERT_OK(header);
  EXPECT_TRUE(header->log_append_time());
  RecordReader reader;
  ASSERT_OK(reader.Open(Bytes(batch)));
  RecordView record;
  ASSERT_TRUE(reader.Next(record));
  EXPECT_EQ(record.timestamp, TimestampMs(77));
}

TEST(RecordBatchTest, RawSnappyIsRead) {
  // "hello" as a raw snappy block: length 5, a literal of 5.
  std::string raw("\x05\x10hello", 7), out;
  ASSERT_OK(Decompress(Codec::kSnappy, Bytes(raw), 100, out));
  EXPECT_EQ(out, "hello");
}

TEST(RecordBatchTest, OldFormatsAreNamed) {
  std::string batch = Make({}, 1);
  batch[16] = 1;
  EXPECT_THAT(ParseBatchHeader(Bytes(batch)), IsError(ErrorKind::kNotSupported));
}

TEST(RecordBatchTest, RecordCountThatLiesIsDamage) {
  std::string batch = Make({}, 3);
  batch[60] = 2;
  RecordReader reader;
  EXPECT_THAT(reader.Open(Bytes(batch)), IsError(ErrorKind::kCorruption));
  ASSERT_OK(reader.OpenChecked(Bytes(batch)));
  RecordView record;
  while (reader.Next(record)) {
  }
  EXPECT_THAT(reader.status(), IsError(ErrorKind::kCorruption));
}

TEST(RecordBatchTest, SequencesWrapToZero) {
  EXPECT_EQ(BatchHeader::NextSequence(0x7fffffff, 1), 0);
  EXPECT_EQ(BatchHeader::NextSequence(0x7ffffffe, 1), 0x7fffffff);
  EXPECT_EQ(BatchHeader::NextSequence(5, 3), 8);
}

TEST(RecordBatchTest, NextBatchStopsAtACutOffBatch) {
  std::string two = Make({}, 1) + Make({}, 2);
  std::string cut = two.substr(0, two.size() - 1);
  std::span<const std::byte> rest = Bytes(cut);
  auto first = NextBatch(rest);
  ASSERT_OK(first);
  ASSERT_TRUE(first->has_value());
  auto second = NextBatch(rest);
  ASSERT_OK(second);
  EXPECT_FALSE(second->has_value());
}

}  // namespace
}  // namespace floe::kafka
