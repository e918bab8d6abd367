// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/matchers.h"
#include "realtime/realtime_connector.h"

namespace floe::realtime {
namespace {

using data::RowKind;
using data::Type;

class RealtimeTest : public testing::Test {
 protected:
  RealtimeTest() : directory_(std::filesystem::temp_directory_path() / ("floe-realtime-" + SystemRandom().Uuid())) {
    std::filesystem::create_directories(directory_);
    Reopen();
  }
  ~RealtimeTest() override { std::filesystem::remove_all(directory_); }

  void Reopen() {
    tables_.reset();
    store_.reset();
    auto store = meta::Store::Open((directory_ / "meta.db").string());
    ASSERT_OK(store);
    store_ = std::move(*store);
    auto tables = Tables::Open(*store_, memory_);
    ASSERT_OK(tables);
    tables_ = std::move(*tables);
  }

  static TableSpec Spec(std::vector<std::string> key = {"city"}) {
    return {"c.d.weather",
            {{{"city", Type::String(), "", {}}, {"avg", Type::Double(), "", {}}, {"at", Type::Timestamp(3), "", {}}}},
            std::move(key)};
  }

  struct Row {
    RowKind kind;
    std::string city;
    double avg;
  };
  struct Batch : data::Batch {
    explicit Batch(const std::vector<Row>& values) {
      rows.Initialize(duckdb::Allocator::DefaultAllocator(),
                      {duckdb::LogicalType::VARCHAR, duckdb::LogicalType::DOUBLE, duckdb::LogicalType::TIMESTAMP});
      for (std::size_t i = 0; i < values.size(); ++i) {
        rows.SetValue(0, i, duckdb::Value(values[i].city));
        rows.SetValue(1, i, duckdb::Value(values[i].avg));
        rows.SetValue(2, i, duckdb::Value(duckdb::LogicalType::TIMESTAMP));
        kinds.push_back(values[i].kind);
      }
      rows.SetCardinality(values.size());
    }
  };
  static std::map<std::string, double> Content(const Snapshot& snapshot) {
    std::map<std::string, double> content;
    std::size_t rows = 0;
    for (const auto& segment : snapshot.segments) {
      for (std::size_t i = 0; i < segment->rows.size(); ++i, ++rows) {
        content[segment->rows.data[0].GetValue(i).ToString()] = segment->rows.data[1].GetValue(i).GetValue<double>();
      }
    }
    EXPECT_EQ(rows, snapshot.rows);
    return content;
  }
  void Checkpoint(Table& table) {
    ASSERT_OK(table.Prepare());
    ASSERT_OK(store_->Write([&](meta::Transaction& transaction) { return table.WriteTo(transaction); }));
    table.Committed();
  }

  std::filesystem::path directory_;
  MemoryBudget budget_{8U << 20};
  MemoryAccount memory_{&budget_, budget_.Register("live tables")};
  std::unique_ptr<meta::Store> store_;
  std::unique_ptr<Tables> tables_;
};

TEST_F(RealtimeTest, UpsertsDeletesAndOldSnapshotsStay) {
  auto table = tables_->OpenTable(Spec());
  ASSERT_OK(table);
  ASSERT_OK((*table)->Apply(Batch({{RowKind::kInsert, "Paris", 1}, {RowKind::kInsert, "a city with a long name", 2}})));
  Snapshot before = (*table)->TakeSnapshot();
  ASSERT_OK((*table)->Apply(Batch({{RowKind::kUpdateBefore, "Paris", 1},
                                   {RowKind::kUpdateAfter, "Paris", 3},
                                   {RowKind::kInsert, "Rome", 4},
                                   {RowKind::kDelete, "a city with a long name", 2}})));
  EXPECT_EQ(Content(before), (std::map<std::string, double>{{"Paris", 1}, {"a city with a long name", 2}}));
  Snapshot after = (*table)->TakeSnapshot();
  EXPECT_EQ(Content(after), (std::map<std::string, double>{{"Paris", 3}, {"Rome", 4}}));
  EXPECT_GT(after.version, before.version);
  EXPECT_GT((*table)->size_bytes(), 0U);
}

TEST_F(RealtimeTest, AgreesWithAMapOverManyRandomChanges) {
  auto table = tables_->OpenTable(Spec());
  ASSERT_OK(table);
  SeededRandom random(3);
  std::map<std::string, double> model;
  for (int round = 0; round < 60; ++round) {
    std::vector<Row> rows;
    for (int i = 0; i < 300; ++i) {
      std::string city = "city number " + std::to_string(random.Next() % 5000);
      bool remove = random.Next() % 3 == 0;
      double value = static_cast<double>(random.Next() % 1000);
      rows.push_back({remove ? RowKind::kDelete : RowKind::kInsert, city, value});
      if (remove) {
        model.erase(city);
      } else {
        model[city] = value;
      }
    }
    ASSERT_OK((*table)->Apply(Batch(rows)));
    if (round % 7 == 0) Checkpoint(**table);
  }
  EXPECT_EQ(Content((*table)->TakeSnapshot()), model);
  Checkpoint(**table);
  table->reset();
  Reopen();
  table = tables_->OpenTable(Spec());
  ASSERT_OK(table);
  EXPECT_EQ(Content((*table)->TakeSnapshot()), model);
}

TEST_F(RealtimeTest, WhatWasNotCheckpointedIsGoneAfterARestart) {
  auto table = tables_->OpenTable(Spec());
  ASSERT_OK(table);
  ASSERT_OK((*table)->Apply(Batch({{RowKind::kInsert, "Paris", 1}})));
  Checkpoint(**table);
  ASSERT_OK((*table)->Apply(Batch({{RowKind::kInsert, "Paris", 2}, {RowKind::kInsert, "Rome", 2}})));
  ASSERT_OK((*table)->Revert());
  EXPECT_EQ(Content((*table)->TakeSnapshot()), (std::map<std::string, double>{{"Paris", 1}}));
}

TEST_F(RealtimeTest, AppendOnlyTablesKeepEveryRowInOrder) {
  auto table = tables_->OpenTable(Spec({}));
  ASSERT_OK(table);
  ASSERT_OK((*table)->Apply(Batch({{RowKind::kInsert, "a", 1}, {RowKind::kInsert, "a", 2}})));
  EXPECT_THAT((*table)->Apply(Batch({{RowKind::kDelete, "a", 1}})), IsError(ErrorKind::kInvalidInput));
  Checkpoint(**table);
  table->reset();
  Reopen();
  table = tables_->OpenTable(Spec({}));
  ASSERT_OK(table);
  ASSERT_OK((*table)->Apply(Batch({{RowKind::kInsert, "b", 3}})));
  Snapshot snapshot = (*table)->TakeSnapshot();
  ASSERT_EQ(snapshot.rows, 3U);
  EXPECT_EQ(snapshot.segments[0]->rows.data[1].GetValue(1).GetValue<double>(), 2);
  EXPECT_EQ(snapshot.segments[0]->rows.data[1].GetValue(2).GetValue<double>(), 3);
}

TEST_F(RealtimeTest, AnotherSchemaIsRefusedUntilDropped) {
  ASSERT_OK(tables_->OpenTable(Spec()));
  EXPECT_THAT(tables_->OpenTable(Spec({})), IsError(ErrorKind::kConflict));
  Reopen();
  EXPECT_THAT(tables_->OpenTable(Spec({})), IsError(ErrorKind::kFailedPrecondition));
  ASSERT_OK(tables_->Drop("c.d.weather"));
  EXPECT_OK(tables_->OpenTable(Spec({})));
}

TEST_F(RealtimeTest, ReadersRunBesideTheWriter) {
  auto table = tables_->OpenTable(Spec());
  ASSERT_OK(table);
  std::atomic<std::uint64_t> notified{0};
  std::uint64_t token = (*table)->Subscribe([&](std::uint64_t version) { notified = version; });
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) {
      // Every Apply writes all rows with one value, so a torn snapshot would show two.
      auto content = Content((*table)->TakeSnapshot());
      for (const auto& [city, value] : content) {
        EXPECT_EQ(value, content.begin()->second);
      }
    }
  });
  for (int round = 0; round < 200; ++round) {
    std::vector<Row> rows;
    for (int i = 0; i < 20; ++i)
      rows.push_back({RowKind::kInsert, "a city with number " + std::to_string(i), static_cast<double>(round)});
    ASSERT_OK((*table)->Apply(Batch(rows)));
  }
  stop = true;
  reader.join();
  EXPECT_EQ(notified, (*table)->version());
  (*table)->Unsubscribe(token);
}

TEST_F(RealtimeTest, ConnectorWritesAndReads) {
  auto connector = MakeRealtimeConnector(*tables_);
  connect::TableDefinition definition;
  definition.catalog = "c";
  definition.database = "d";
  definition.name = "weather";
  definition.physical = Spec().schema;
  definition.primary_key = {"city"};
  auto sink = connector->OpenSink({.table = definition, .input = definition.physical});
  ASSERT_OK(sink);
  ASSERT_OK((*sink)->Write(Batch({{RowKind::kInsert, "Paris", 7}})));
  ASSERT_OK((*sink)->Prepare(CheckpointId(1)));
  ASSERT_OK(
      store_->Write([&](meta::Transaction& transaction) { return (*sink)->Commit(transaction, CheckpointId(1)); }));
  ASSERT_OK((*sink)->Publish(CheckpointId(1)));
  auto source = connector->OpenSource({.table = definition, .columns = {1}, .bounded = true});
  ASSERT_OK(source);
  data::Batch out;
  out.rows.Initialize(duckdb::Allocator::DefaultAllocator(), {duckdb::LogicalType::DOUBLE});
  auto poll = (*source)->Poll(out);
  ASSERT_OK(poll);
  ASSERT_EQ(out.size(), 1U);
  EXPECT_EQ(out.rows.data[0].GetValue(0).GetValue<double>(), 7);
  poll = (*source)->Poll(out);
  ASSERT_OK(poll);
  EXPECT_EQ(poll->status, connect::PollStatus::kEndOfInput);
}

TEST_F(RealtimeTest, IsRefusedWhatTheNodesMemoryDoesNotHold) {
  auto table = tables_->OpenTable(Spec());
  ASSERT_OK(table);
  Status applied;
  for (int batch = 0; applied && batch < 200; ++batch) {
    std::vector<Row> rows;
    for (int i = 0; i < 2000; ++i)
      rows.push_back({RowKind::kInsert, "a city with a long name " + std::to_string(batch * 2000 + i), 1});
    applied = (*table)->Apply(Batch(rows));
  }
  EXPECT_THAT(applied, IsError(ErrorKind::kResourceExhausted));
  EXPECT_THAT(applied, HasErrorMessage("live tables"));
  EXPECT_GT(budget_.used(), 1U << 20);
  table->reset();
  ASSERT_OK(tables_->Drop("c.d.weather"));
  EXPECT_EQ(budget_.used(), 0U);
}

}  // namespace
}  // namespace floe::realtime
