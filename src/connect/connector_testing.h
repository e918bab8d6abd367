// SPDX-License-Identifier: Apache-2.0
// Batches, tables and a directory for connector tests.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/matchers.h"
#include "connect/api/connector.h"
#include "data/duckdb_type.h"

namespace floe::connect {

struct TestDirectory {
  TestDirectory() : path(std::filesystem::temp_directory_path() / ("floe-connect-" + SystemRandom().Uuid())) {
    std::filesystem::create_directories(path);
  }
  ~TestDirectory() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

class KeptBadRecords final : public BadRecordHandler {
 public:
  Status OnBadRecord(BadRecord record) override {
    records.push_back(std::move(record));
    return {};
  }
  std::vector<BadRecord> records;
};

inline TableDefinition TestTable(std::string connector, data::Schema schema, Options options) {
  TableDefinition table;
  table.catalog = "c";
  table.database = "d";
  table.name = "t";
  table.connector = std::move(connector);
  table.physical = std::move(schema);
  table.options = std::move(options);
  return table;
}

/// A batch of the given rows.
struct BatchOf : data::Batch {
  BatchOf(const data::Schema& schema, const std::vector<std::vector<duckdb::Value>>& values,
          std::vector<data::RowKind> row_kinds = {}) {
    rows.Initialize(duckdb::Allocator::DefaultAllocator(), *data::ToDuckDB(schema));
    for (std::size_t i = 0; i < values.size(); ++i) {
      for (std::size_t c = 0; c < values[i].size(); ++c) rows.SetValue(c, i, values[i][c]);
    }
    rows.SetCardinality(values.size());
    kinds = std::move(row_kinds);
  }
};

/// Rows as "a|b|c", read until the source is idle or at its end.
struct ReadAll {
  std::vector<std::string> rows;
  std::int64_t read = 0;
  std::int64_t skipped = 0;
  PollStatus end = PollStatus::kIdle;

  ReadAll(SourceReader& source, const std::vector<data::Type>& types, std::size_t most = 1'000'000) {
    duckdb::vector<duckdb::LogicalType> duck;
    for (const data::Type& type : types) duck.push_back(*data::ToDuckDB(type));
    data::Batch batch;
    batch.rows.Initialize(duckdb::Allocator::DefaultAllocator(), duck);
    while (rows.size() < most) {
      auto poll = source.Poll(batch);
      EXPECT_OK(poll);
      if (!poll) return;
      read += poll->records_read;
      skipped += poll->records_skipped;
      end = poll->status;
      if (poll->status != PollStatus::kRows) return;
      for (std::size_t row = 0; row < batch.size(); ++row) {
        std::string line;
        for (std::size_t c = 0; c < duck.size(); ++c)
          line += (c > 0 ? "|" : "") + batch.rows.data[c].GetValue(row).ToString();
        rows.push_back(std::move(line));
      }
    }
  }
};

/// A scan of some columns, and their types for ReadAll.
struct TableScan {
  TableScan(const TableDefinition& table, std::vector<int> columns, BadRecordHandler& bad) {
    request.table = table;
    for (int column : columns) types.push_back(table.physical.fields[static_cast<std::size_t>(column)].type);
    request.columns = std::move(columns);
    request.bad_records = &bad;
  }
  ScanRequest request;
  std::vector<data::Type> types;
};

/// Counts a reader's wakeups from now on.
class Wakeups {
 public:
  explicit Wakeups(SourceReader& source) {
    source.SetWakeup([state = state_] {
      std::lock_guard lock(state->mu);
      ++state->count;
      state->woken.notify_all();
    });
  }
  int count() const {
    std::lock_guard lock(state_->mu);
    return state_->count;
  }
  /// False when the limit passed and there were no more than `seen`.
  bool WaitBeyond(int seen, std::chrono::milliseconds limit) {
    std::unique_lock lock(state_->mu);
    return state_->woken.wait_for(lock, limit, [&] { return state_->count > seen; });
  }

 private:
  struct State {
    std::mutex mu;
    std::condition_variable woken;
    int count = 0;  // guarded by mu
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();  // the reader may call after we are gone
};

}  // namespace floe::connect
