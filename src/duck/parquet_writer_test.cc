// SPDX-License-Identifier: Apache-2.0
#include "duck/parquet_writer.h"

#include <filesystem>
#include <limits>

#include <duckdb.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/matchers.h"
#include "duck/instance.h"
#include "io/file_system.h"

namespace floe::duck {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

class ParquetWriterTest : public testing::Test {
 protected:
  std::string Path() {
    auto* test = testing::UnitTest::GetInstance()->current_test_info();
    return (std::filesystem::temp_directory_path() / ("floe_parquet_" + std::to_string(getpid()) + test->name()))
        .string();
  }
  void TearDown() override { std::filesystem::remove(Path()); }
  Instance instance_;
};

ParquetColumn Leaf(std::string name, LogicalType type, int id) {
  return {std::move(name), std::move(type), id, {}};
}

TEST_F(ParquetWriterTest, WritesFieldIdsAndGivesStatistics) {
  auto point = LogicalType::STRUCT({{"x", LogicalType::INTEGER}, {"y\"z", LogicalType::VARCHAR}});
  std::vector<ParquetColumn> columns = {
      Leaf("id", LogicalType::BIGINT, 1),
      Leaf("d", LogicalType::DOUBLE, 2),
      {"s", point, 3, {Leaf("x", LogicalType::INTEGER, 4), Leaf("y\"z", LogicalType::VARCHAR, 5)}},
      {"l", LogicalType::LIST(LogicalType::INTEGER), 6, {Leaf("element", LogicalType::INTEGER, 7)}},
      {"m",
       LogicalType::MAP(LogicalType::VARCHAR, LogicalType::DATE),
       8,
       {Leaf("key", LogicalType::VARCHAR, 9), Leaf("value", LogicalType::DATE, 10)}},
      Leaf("b", LogicalType::BLOB, 11),
      Leaf("ts", LogicalType::TIMESTAMP_TZ, 12),
      Leaf("dec", LogicalType::DECIMAL(20, 3), 13),
      Leaf("u", LogicalType::UUID, 14),
      Leaf("t", LogicalType::TIME, 15)};
  auto format = ParquetFormat::Make(instance_, io::LocalFileSystem(), columns, {});
  ASSERT_OK(format);
  auto writer = (*format)->Open(Path());
  ASSERT_OK(writer);
  duckdb::DataChunk chunk;
  duckdb::vector<LogicalType> types;
  for (auto& column : columns) types.push_back(column.type);
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types);
  for (int r = 0; r < 3; ++r) {
    chunk.SetValue(0, r, r == 1 ? Value() : Value::BIGINT(r * 10));
    chunk.SetValue(1, r, Value::DOUBLE(r == 2 ? std::numeric_limits<double>::quiet_NaN() : 1.5 * r));
    chunk.SetValue(2, r, Value::STRUCT({{"x", Value::INTEGER(r)}, {"y\"z", Value("t" + std::to_string(r))}}));
    chunk.SetValue(3, r, Value::LIST({Value::INTEGER(r), Value::INTEGER(-r)}));
    chunk.SetValue(4, r,
                   Value::MAP(LogicalType::VARCHAR, LogicalType::DATE, {Value("k")}, {Value::DATE(2026, 11, 20 + r)}));
    chunk.SetValue(5, r, Value::BLOB_RAW(std::string("\x00\xff", 2) + static_cast<char>('a' + r)));
    chunk.SetValue(6, r, Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(1'700'000'000'000'001 + r)));
    chunk.SetValue(7, r, Value("-12345678901234567.125").DefaultCastAs(LogicalType::DECIMAL(20, 3)));
    chunk.SetValue(8, r, Value::UUID("f79c3e09-677c-4bbd-a479-3f349cb785e7"));
    chunk.SetValue(9, r, Value::TIME(duckdb::dtime_t(81'068'000'001)));
  }
  chunk.SetCardinality(3);
  ASSERT_OK((*writer)->Write(chunk));
  auto stats = (*writer)->Finish();
  ASSERT_OK(stats);
  EXPECT_EQ(stats->rows, 3);
  EXPECT_EQ(stats->bytes, static_cast<std::int64_t>(std::filesystem::file_size(Path())));
  std::map<int, ParquetColumnStats> by_id;
  for (auto& column : stats->columns) by_id[column.field_id] = column;
  EXPECT_EQ(by_id[1].nulls, 1);
  EXPECT_EQ(by_id[1].values, 3);
  EXPECT_EQ(by_id[1].max.ToString(), "20");
  EXPECT_EQ(by_id[2].nans, 1);
  EXPECT_EQ(by_id[4].max.ToString(), "2");
  EXPECT_EQ(by_id[5].min.ToString(), "t0");
  EXPECT_EQ(by_id[7].values, 6);
  EXPECT_EQ(by_id[7].min.ToString(), "-2");
  EXPECT_EQ(by_id[9].max.ToString(), "k");
  EXPECT_EQ(by_id[10].max.ToString(), "2026-11-22");
  EXPECT_EQ(duckdb::StringValue::Get(by_id[11].max), std::string("\x00\xff"
                                                                 "c",
                                                                 3));
  EXPECT_EQ(by_id[12].min.GetValue<std::int64_t>(), 1'700'000'000'000'001);
  EXPECT_EQ(by_id[13].min.ToString(), "-12345678901234567.125");
  EXPECT_EQ(by_id[14].min.ToString(), "f79c3e09-677c-4bbd-a479-3f349cb785e7");
  EXPECT_EQ(by_id[15].min.ToString(), "22:31:08.000001");

  auto connection = instance_.Connect();
  ASSERT_OK(connection);
  auto schema = (*connection)
                    ->Query("select name, field_id from parquet_schema('" + Path() +
                            "') where field_id is not null order by field_id");
  ASSERT_FALSE(schema->HasError()) << schema->GetError();
  ASSERT_EQ(schema->RowCount(), 15u) << schema->ToString();
  EXPECT_EQ(schema->GetValue(0, 4).ToString(), "y\"z");
}

TEST_F(ParquetWriterTest, RefusesAnUnknownCodec) {
  ParquetWriterOptions options;
  options.codec = "rar";
  EXPECT_THAT(ParquetFormat::Make(instance_, io::LocalFileSystem(), {Leaf("a", LogicalType::INTEGER, 1)}, options),
              IsError(ErrorKind::kInvalidInput));
}

}  // namespace
}  // namespace floe::duck
