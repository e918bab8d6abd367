// SPDX-License-Identifier: Apache-2.0
#include "connect/filesystem/filesystem.h"

#include <fstream>

#include <gtest/gtest.h>

#include "connect/connector_testing.h"
#include "connect/filesystem/filesystem_internal.h"

namespace floe::connect {
namespace {

using data::Type;

class FilesystemTest : public testing::Test {
 protected:
  static duck::Instance& Duck() {
    static duck::Instance instance({.threads = 1});
    return instance;
  }
  TableDefinition Table(const std::string& format, std::vector<std::string> partition_keys = {}) {
    TableDefinition table = TestTable("filesystem",
                                      {{{"city", Type::String(), "", {}},
                                        {"temperature", Type::Double(), "", {}},
                                        {"day", Type(data::TypeKind::kDate), "", {}}}},
                                      {{"path", "file://" + (directory_.path / "t").string()}, {"format", format}});
    table.partition_keys = std::move(partition_keys);
    return table;
  }
  std::unique_ptr<Sink> OpenSink(const TableDefinition& table, std::optional<std::string> state = {}) {
    SinkRequest request;
    request.table = table;
    request.input = table.physical;
    request.job_id = "job";
    request.state = std::move(state);
    auto sink = connector_->OpenSink(std::move(request));
    EXPECT_OK(sink);
    return sink ? std::move(*sink) : nullptr;
  }
  std::vector<std::string> Read(const TableDefinition& table, std::vector<int> columns = {0, 1, 2}) {
    TableScan scan(table, std::move(columns), bad_);
    auto source = connector_->OpenSource(std::move(scan.request));
    EXPECT_OK(source);
    if (!source) return {};
    std::vector<std::string> rows = ReadAll(**source, scan.types).rows;
    std::ranges::sort(rows);
    return rows;
  }
  static BatchOf Rows(const TableDefinition& table) {
    auto day = [](int d) { return duckdb::Value::DATE(2026, 1, d); };
    return BatchOf(table.physical, {{duckdb::Value("Paris"), duckdb::Value(1.5), day(1)},
                                    {duckdb::Value("New \"York\", NY"), duckdb::Value(2.5), day(2)},
                                    {duckdb::Value("Rome"), duckdb::Value(duckdb::LogicalType::DOUBLE), day(2)}});
  }
  TestDirectory directory_;
  KeptBadRecords bad_;
  std::unique_ptr<Connector> connector_ = MakeFilesystemConnector(io::LocalFileSystem(), Duck());
};

TEST_F(FilesystemTest, RoundTripInEveryFormatWithAndWithoutPartitions) {
  for (std::string format : {"json", "csv", "parquet"}) {
    for (std::vector<std::string> keys : {std::vector<std::string>{}, std::vector<std::string>{"day"}}) {
      std::filesystem::remove_all(directory_.path / "t");
      TableDefinition table = Table(format, keys);
      ASSERT_OK(
          CheckOptions(connector_->descriptor(), table, {{.key = "json.x"}, {.key = "csv.x"}, {.key = "parquet.x"}}));
      auto sink = OpenSink(table);
      ASSERT_OK(sink->Write(Rows(table)));
      auto state = sink->Prepare(CheckpointId(1));
      ASSERT_OK(state);
      EXPECT_TRUE(Read(table).empty()) << format;
      sink.reset();
      // The crash between Commit and Publish, and a Publish that is repeated.
      for (int i = 0; i < 2; ++i) {
        sink = OpenSink(table, *state);
        ASSERT_OK(sink->Publish(CheckpointId(1)));
      }
      EXPECT_EQ(Read(table), (std::vector<std::string>{"New \"York\", NY|2.5|2026-01-02", "Paris|1.5|2026-01-01",
                                                       "Rome|NULL|2026-01-02"}))
          << format;
      EXPECT_EQ(Read(table, {2}).size(), 3U);
      EXPECT_EQ(std::filesystem::exists(directory_.path / "t" / "day=2026-01-02"), !keys.empty());
    }
  }
  EXPECT_TRUE(bad_.records.empty());
}

TEST_F(FilesystemTest, WhatNoCheckpointNamesIsRemoved) {
  TableDefinition table = Table("json");
  auto sink = OpenSink(table);
  ASSERT_OK(sink->Write(Rows(table)));
  ASSERT_OK(sink->Prepare(CheckpointId(1)));
  sink = OpenSink(table);
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path / "t"));
}

TEST_F(FilesystemTest, LinesAreReadAcrossBuffersAndContinueFromTheState) {
  std::filesystem::create_directories(directory_.path / "t");
  {
    std::ofstream out(directory_.path / "t" / "a.json");
    for (int i = 0; i < 50'000; ++i)
      out << R"({"city":"a city with a long enough name )" << i << R"(","temperature":)" << i << "}\n";
    out << "{broken\n\n" << R"({"city":"last","temperature":1})";
  }
  std::ofstream(directory_.path / "t" / ".hidden") << "{broken";
  TableDefinition table = Table("json");
  ScanRequest request;
  request.table = table;
  request.columns = {0};
  request.bad_records = &bad_;
  auto source = connector_->OpenSource(request);
  ASSERT_OK(source);
  ReadAll first(**source, {Type::String()}, 20'000);
  request.state = *(*source)->Snapshot();
  source = connector_->OpenSource(request);
  ASSERT_OK(source);
  ReadAll rest(**source, {Type::String()});
  EXPECT_EQ(first.rows.size() + rest.rows.size(), 50'001U);
  EXPECT_EQ(rest.rows[0], "a city with a long enough name " + std::to_string(first.rows.size()));
  EXPECT_EQ(rest.rows.back(), "last");
  EXPECT_EQ(rest.end, PollStatus::kEndOfInput);
  ASSERT_EQ(bad_.records.size(), 1U);
  EXPECT_EQ(bad_.records[0].value, "{broken");
}

TEST_F(FilesystemTest, PathsAndPatterns) {
  EXPECT_EQ(*filesystem::LocalPath("file:///a/b/"), "/a/b");
  EXPECT_THAT(filesystem::LocalPath("s3://bucket/x"), IsError(ErrorKind::kNotSupported));
  EXPECT_THAT(filesystem::LocalPath("data/x"), IsError(ErrorKind::kInvalidInput));
  for (std::string name : {"a1.csv", "a2.csv", "b1.csv", "a1.json"}) std::ofstream(directory_.path / name) << "x";
  auto list = filesystem::ListFiles(io::LocalFileSystem(), (directory_.path / "a*.csv").string());
  ASSERT_OK(list);
  EXPECT_EQ(list->size(), 2U);
  EXPECT_THAT(filesystem::ListFiles(io::LocalFileSystem(), "/does/not/exist"), IsError(ErrorKind::kNotFound));
  EXPECT_EQ(filesystem::PartitionPath({{"a", "x/y=1"}, {"b", "2"}}), "a=x%2Fy%3D1/b=2");
}

}  // namespace
}  // namespace floe::connect
