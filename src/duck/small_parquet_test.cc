// SPDX-License-Identifier: Apache-2.0
// Small files against DuckDB's writer and reader: the same rows and statistics, whoever wrote them.
#include "duck/small_parquet.h"

#include <filesystem>
#include <limits>
#include <map>

#include <duckdb.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/matchers.h"
#include "duck/instance.h"
#include "io/file_system.h"

namespace floe::duck {
namespace {

using duckdb::LogicalType;
using duckdb::Value;

const std::vector<LogicalType>& Types() {
  static const std::vector<LogicalType> types = {
      LogicalType::BOOLEAN,       LogicalType::INTEGER,       LogicalType::BIGINT,         LogicalType::FLOAT,
      LogicalType::DOUBLE,        LogicalType::DATE,          LogicalType::TIME,           LogicalType::TIMESTAMP,
      LogicalType::TIMESTAMP_TZ,  LogicalType::VARCHAR,       LogicalType::BLOB,           LogicalType::UUID,
      LogicalType::DECIMAL(4, 1), LogicalType::DECIMAL(9, 3), LogicalType::DECIMAL(18, 6), LogicalType::DECIMAL(38, 9)};
  return types;
}

/// Few different values, so that bounds meet ties, zeros of both signs and NaN.
Value RandomValue(const LogicalType& type, SeededRandom& random) {
  const auto number = static_cast<std::int64_t>(random.Next() % 2001) - 1000;
  switch (type.id()) {
    case duckdb::LogicalTypeId::BOOLEAN: return Value::BOOLEAN(number % 2 == 0);
    case duckdb::LogicalTypeId::FLOAT:
    case duckdb::LogicalTypeId::DOUBLE: {
      double value = static_cast<double>(number) / 8;
      if (number % 7 == 0) value = number % 2 == 0 ? -0.0 : 0.0;
      if (number % 11 == 0) value = std::numeric_limits<double>::quiet_NaN();
      if (number % 97 == 0) value = std::numeric_limits<double>::infinity();
      return type.id() == duckdb::LogicalTypeId::FLOAT ? Value::FLOAT(static_cast<float>(value)) : Value::DOUBLE(value);
    }
    case duckdb::LogicalTypeId::DATE: return Value::DATE(duckdb::date_t(static_cast<std::int32_t>(number * 10)));
    case duckdb::LogicalTypeId::TIME: return Value::TIME(duckdb::dtime_t((number + 1000) * 40'000'001));
    case duckdb::LogicalTypeId::TIMESTAMP: return Value::TIMESTAMP(duckdb::timestamp_t(number * 1'000'000'007));
    case duckdb::LogicalTypeId::TIMESTAMP_TZ: return Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(number * 1'000'000'007));
    case duckdb::LogicalTypeId::VARCHAR:
      return Value(number % 9 == 0 ? "" : fmt::format("Zürich {} {}", number, std::string(random.Next() % 40, 'x')));
    case duckdb::LogicalTypeId::BLOB:
      return Value::BLOB_RAW(std::string(random.Next() % 20, static_cast<char>(number)));
    case duckdb::LogicalTypeId::UUID: {
      duckdb::hugeint_t bits;
      bits.lower = random.Next();
      bits.upper = static_cast<std::int64_t>(random.Next());
      return Value::UUID(bits);
    }
    case duckdb::LogicalTypeId::DECIMAL: return Value(fmt::format("{}.5", number % 100)).DefaultCastAs(type);
    default: return Value(static_cast<std::int32_t>(number)).DefaultCastAs(type);
  }
}

class SmallParquetTest : public testing::TestWithParam<int> {
 protected:
  SmallParquetTest() {
    for (std::size_t i = 0; i < Types().size(); ++i)
      columns_.push_back({fmt::format("c{}", i), Types()[i], static_cast<std::int32_t>(i + 1), {}});
  }
  ~SmallParquetTest() override {
    for (const std::string& path : paths_) std::filesystem::remove(path);
  }
  std::string NewPath() {
    paths_.push_back((std::filesystem::temp_directory_path() /
                      fmt::format("floe_small_{}_{}_{}.parquet", getpid(), GetParam(), paths_.size()))
                         .string());
    return paths_.back();
  }
  void Fill(duckdb::DataChunk& chunk, duckdb::idx_t rows, SeededRandom& random) {
    duckdb::vector<LogicalType> types(Types().begin(), Types().end());
    chunk.Initialize(duckdb::Allocator::DefaultAllocator(), types);
    for (duckdb::idx_t row = 0; row < rows; ++row) {
      for (std::size_t c = 0; c < types.size(); ++c) {
        // Column by column from never null to mostly null.
        const bool null = random.Next() % 16 < (c + static_cast<std::size_t>(GetParam())) % 17;
        chunk.SetValue(c, row, null ? Value(types[c]) : RandomValue(types[c], random));
      }
    }
    chunk.SetCardinality(rows);
  }
  ParquetFileStats WriteFile(const std::string& codec, const std::string& path,
                             const std::vector<std::unique_ptr<duckdb::DataChunk>>& chunks) {
    ParquetWriterOptions options;
    options.codec = codec;
    auto format = ParquetFormat::Make(instance_, io::LocalFileSystem(), columns_, options);
    EXPECT_OK(format);
    auto writer = (*format)->Open(path);
    EXPECT_OK(writer);
    for (const auto& chunk : chunks) EXPECT_OK((*writer)->Write(*chunk));
    auto stats = (*writer)->Finish();
    EXPECT_OK(stats);
    EXPECT_EQ(stats->bytes, static_cast<std::int64_t>(std::filesystem::file_size(path)));
    return std::move(*stats);
  }
  std::string Query(const std::string& sql) {
    auto connection = instance_.Connect();
    auto result = (*connection)->Query(sql);
    return result->HasError() ? result->GetError() : result->ToString();
  }

  Instance instance_;
  std::vector<ParquetColumn> columns_;
  std::vector<std::string> paths_;
};

TEST_P(SmallParquetTest, EqualsTheLargeWriter) {
  SeededRandom random(static_cast<std::uint64_t>(GetParam()) + 100);
  // The last files grow out of what is small, between chunks of all sizes.
  std::vector<std::unique_ptr<duckdb::DataChunk>> chunks;
  for (int i = 0; i < 1 + GetParam(); ++i) {
    Fill(*chunks.emplace_back(std::make_unique<duckdb::DataChunk>()), 1 + random.Next() % STANDARD_VECTOR_SIZE, random);
  }
  const std::string large = NewPath();
  const std::string small = NewPath();
  const ParquetFileStats expected = WriteFile("gzip", large, chunks);
  const ParquetFileStats seen = WriteFile(GetParam() % 3 == 0   ? "zstd"
                                          : GetParam() % 3 == 1 ? "snappy"
                                                                : "uncompressed",
                                          small, chunks);
  EXPECT_EQ(seen.rows, expected.rows);
  std::map<std::int32_t, const ParquetColumnStats*> by_id;
  for (const auto& column : expected.columns) by_id[column.field_id] = &column;
  ASSERT_EQ(seen.columns.size(), expected.columns.size());
  for (const auto& column : seen.columns) {
    const ParquetColumnStats& other = *by_id.at(column.field_id);
    const std::string& type = columns_[static_cast<std::size_t>(column.field_id) - 1].type.ToString();
    EXPECT_EQ(column.values, other.values) << type;
    EXPECT_EQ(column.nulls, other.nulls) << type;
    EXPECT_EQ(column.nans, other.nans) << type;
    // DuckDB's writer gives no bounds once it saw a NaN; a zero's sign is free.
    if (other.min.IsNull() && column.nans.value_or(0) > 0) continue;
    EXPECT_TRUE(Value::NotDistinctFrom(column.min, other.min)) << type << column.min.ToString() << other.min.ToString();
    EXPECT_TRUE(Value::NotDistinctFrom(column.max, other.max)) << type << column.max.ToString() << other.max.ToString();
  }
  for (const char* filter : {"true", "c1 > 0", "c9 >= 'Z' and c12 < 3", "c15 > 20 or c8 is null"}) {
    auto only_in = [&](const std::string& path, const std::string& other) {
      return Query(fmt::format("from '{}' where {} except all from '{}' where {}", path, filter, other, filter));
    };
    EXPECT_THAT(only_in(small, large), testing::HasSubstr("[ Rows: 0]")) << filter;
    EXPECT_THAT(only_in(large, small), testing::HasSubstr("[ Rows: 0]")) << filter;
  }
  // Ours also has the newer name of DATE and STRING.
  auto schema = [&](const std::string& path) {
    return Query(
        fmt::format("select name, type, type_length, repetition_type, converted_type, scale, precision, field_id, "
                    "case when type = 'INT64' then logical_type end from parquet_schema('{}') where field_id > 0",
                    path));
  };
  EXPECT_EQ(schema(small), schema(large));
}

INSTANTIATE_TEST_SUITE_P(Files, SmallParquetTest, testing::Range(0, 12, 2));

using SmallParquetFileTest = SmallParquetTest;

TEST_P(SmallParquetFileTest, LongTextsAndNoRows) {
  columns_ = {{"t", LogicalType::VARCHAR, 1, {}}};
  std::vector<std::unique_ptr<duckdb::DataChunk>> chunks;
  EXPECT_EQ(WriteFile("zstd", NewPath(), chunks).rows, 0);
  EXPECT_EQ(Query(fmt::format("select count(*)::varchar c from '{}'", paths_.back())).find("Error"), std::string::npos);
  auto& chunk = *chunks.emplace_back(std::make_unique<duckdb::DataChunk>());
  chunk.Initialize(duckdb::Allocator::DefaultAllocator(), {LogicalType::VARCHAR});
  for (int row = 0; row < 20; ++row) chunk.SetValue(0, row, Value(std::string(1 << 20, static_cast<char>('a' + row))));
  chunk.SetCardinality(20);
  const auto stats = WriteFile("zstd", NewPath(), chunks);
  EXPECT_EQ(stats.columns.at(0).values, 20);
  const std::string seen =
      Query(fmt::format("select count(*) || '/' || sum(length(t)) || '/' || max(t[1]) as x from '{}'", paths_.back()));
  EXPECT_NE(seen.find("20/20971520/t"), std::string::npos) << seen;
}

INSTANTIATE_TEST_SUITE_P(One, SmallParquetFileTest, testing::Values(20));

}  // namespace
}  // namespace floe::duck
