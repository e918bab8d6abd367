// SPDX-License-Identifier: Apache-2.0
#include <map>
#include <random>

#include <duckdb.hpp>
#include <gtest/gtest.h>

#include "base/matchers.h"
#include "stream/state/group_table.h"
#include "stream/state/row_codec.h"
#include "stream/state/state_io.h"

namespace floe::stream {
namespace {

std::string Sample() {
  StateWriter writer;
  writer.Put<std::int64_t>(-7);
  writer.PutBytes("name");
  return writer.Finish();
}

TEST(StateIo, RoundTrips) {
  const std::string bytes = Sample();
  auto reader = StateReader::Open(bytes);
  ASSERT_OK(reader);
  EXPECT_EQ(reader->Get<std::int64_t>().value(), -7);
  EXPECT_EQ(reader->GetBytes().value(), "name");
  EXPECT_TRUE(reader->AtEnd());
  EXPECT_THAT(reader->Get<std::uint8_t>(), IsError(ErrorKind::kCorruption));
}

TEST(StateIo, EveryFlippedByteAndEveryTruncationIsSeen) {
  const std::string good = Sample();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    EXPECT_FALSE(StateReader::Open(bad).has_value()) << "byte " << i;
    EXPECT_THAT(StateReader::Open(std::string_view(good).substr(0, i)), IsError(ErrorKind::kCorruption))
        << "length " << i;
  }
}

TEST(StateIo, CountsAreCheckedBeforeAnythingIsAllocated) {
  StateWriter writer;
  writer.Put<std::uint64_t>(std::uint64_t{1} << 60);
  const std::string bytes = writer.Finish();
  auto reader = StateReader::Open(bytes);
  ASSERT_OK(reader);
  EXPECT_THAT(reader->GetCount(8), IsError(ErrorKind::kCorruption));
}

TEST(GroupTable, AgreesWithAMapUnderInsertsAndErasures) {
  GroupTable table(16);
  std::map<std::string, std::int64_t> model;
  std::map<std::string, std::byte*> where;
  std::mt19937_64 random(42);
  for (int step = 0; step < 40000; ++step) {
    const std::string key = "key" + std::to_string(random() % 3000);
    if (random() % 3 == 0 && where.contains(key)) {
      table.Erase(where[key]);
      where.erase(key);
      model.erase(key);
      continue;
    }
    bool created = false;
    std::byte* payload = table.FindOrInsert(key, HashBytes(key), created);
    ASSERT_EQ(created, !model.contains(key)) << key;
    if (!created) {
      ASSERT_EQ(payload, where[key]);
    }
    where[key] = payload;
    ASSERT_EQ(*reinterpret_cast<std::int64_t*>(payload), model[key]);
    *reinterpret_cast<std::int64_t*>(payload) = model[key] = step;
  }
  EXPECT_EQ(table.size(), model.size());
  std::size_t seen = 0;
  table.ForEach([&](std::byte* payload) {
    ++seen;
    EXPECT_EQ(*reinterpret_cast<std::int64_t*>(payload), model.at(std::string(table.KeyOf(payload))));
  });
  EXPECT_EQ(seen, model.size());
}

TEST(RowCodec, EqualRowsHaveEqualBytesAndComeBack) {
  using duckdb::LogicalType;
  using duckdb::Value;
  const duckdb::vector<LogicalType> types = {LogicalType::VARCHAR, LogicalType::DOUBLE, LogicalType::DECIMAL(30, 3),
                                             LogicalType::LIST(LogicalType::INTEGER), LogicalType::BOOLEAN};
  duckdb::DataChunk chunk, back;
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types);
  back.Initialize(duckdb::Allocator::DefaultAllocator(), types);
  const std::vector<std::vector<Value>> rows = {
      {Value("a string longer than twelve bytes"), Value::DOUBLE(0.0), Value::DECIMAL(duckdb::hugeint_t(12345), 30, 3),
       Value::LIST({Value::INTEGER(1), Value(LogicalType::INTEGER)}), Value::BOOLEAN(true)},
      {Value("a string longer than twelve bytes"), Value::DOUBLE(-0.0), Value::DECIMAL(duckdb::hugeint_t(12345), 30, 3),
       Value::LIST({Value::INTEGER(1), Value(LogicalType::INTEGER)}), Value::BOOLEAN(true)},
      {Value(types[0]), Value(types[1]), Value(types[2]), Value(types[3]), Value(types[4])},
      {Value(""), Value::DOUBLE(1.5), Value::DECIMAL(duckdb::hugeint_t(-1), 30, 3),
       Value::LIST(LogicalType::INTEGER, {}), Value::BOOLEAN(false)}};
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t column = 0; column < types.size(); ++column) chunk.SetValue(column, row, rows[row][column]);
  }
  chunk.SetCardinality(rows.size());
  RowCodec codec(types);
  std::vector<duckdb::Vector*> columns, back_columns;
  for (auto& column : chunk.data) columns.push_back(&column);
  for (auto& column : back.data) back_columns.push_back(&column);
  const auto& bytes = codec.Encode(columns, rows.size());
  EXPECT_EQ(bytes[0], bytes[1]) << "0.0 equals -0.0";
  EXPECT_NE(bytes[0], bytes[2]);
  EXPECT_NE(bytes[2], bytes[3]) << "NULL is not empty";
  for (std::size_t row = 0; row < rows.size(); ++row) {
    ASSERT_OK(codec.Decode(bytes[row], back_columns, row));
    for (std::size_t column = 0; column < types.size(); ++column) {
      EXPECT_TRUE(Value::NotDistinctFrom(back.GetValue(column, row), rows[row][column])) << row << "," << column;
    }
  }
  for (std::size_t cut = 0; cut < bytes[3].size(); ++cut) {
    EXPECT_THAT(codec.Decode(bytes[3].substr(0, cut), back_columns, 0), IsError(ErrorKind::kCorruption));
  }
}

}  // namespace
}  // namespace floe::stream
