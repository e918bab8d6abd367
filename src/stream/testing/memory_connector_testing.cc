// SPDX-License-Identifier: Apache-2.0
#include "data/duckdb_type.h"
#include "stream/state/state_io.h"
#include "stream/testing/memory_connector.h"

namespace floe::stream::testing {
namespace {

class MemoryReader final : public connect::SourceReader {
 public:
  MemoryReader(MemoryConnector& owner, SourceTable& table, connect::ScanRequest request, std::mt19937_64& random,
               std::size_t largest)
      : owner_(owner),
        table_(table),
        request_(std::move(request)),
        random_(random),
        largest_(largest),
        positions_(table.splits.size(), 0) {}

  Status Restore(std::string_view state) {
    FLOE_TRY(StateReader reader, StateReader::Open(state));
    for (auto& position : positions_) {
      FLOE_TRY(position, reader.Get<std::uint64_t>());
    }
    return {};
  }

  Result<connect::PollResult> Poll(data::Batch& out) override {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < positions_.size(); ++i) {
      if (positions_[i] < table_.splits[i].size()) open.push_back(i);
    }
    connect::PollResult result;
    if (open.empty()) {
      result.status = table_.endless ? connect::PollStatus::kIdle : connect::PollStatus::kEndOfInput;
      return result;
    }
    const std::size_t split = open[random_() % open.size()];
    const std::size_t chunk = 1 + random_() % largest_;
    result.status = connect::PollStatus::kRows;
    result.split = static_cast<std::int32_t>(split);
    duckdb::idx_t count = 0;
    while (count < chunk && positions_[split] < table_.splits[split].size()) {
      const std::size_t at = positions_[split]++;
      ++result.records_read;
      const Row& row = table_.splits[split][at];
      if (table_.bad.contains({static_cast<int>(split), at})) {
        FLOE_TRY_VOID(request_.bad_records->OnBadRecord({.topic = request_.table.name,
                                                         .partition = result.split,
                                                         .offset = static_cast<std::int64_t>(at),
                                                         .message = "broken",
                                                         .stage = "decode"}));
        continue;
      }
      for (std::size_t i = 0; i < request_.columns.size(); ++i) {
        out.rows.SetValue(i, count, row.values[static_cast<std::size_t>(request_.columns[i])]);
      }
      if (row.kind != data::RowKind::kInsert && out.kinds.empty()) out.kinds.assign(count, data::RowKind::kInsert);
      if (!out.kinds.empty() || row.kind != data::RowKind::kInsert) out.kinds.push_back(row.kind);
      ++count;
    }
    out.rows.SetCardinality(count);
    return result;
  }
  Result<std::string> Snapshot() override {
    StateWriter writer;
    for (std::size_t position : positions_) writer.Put<std::uint64_t>(position);
    return writer.Finish();
  }
  void SetWakeup(std::function<void()> wakeup) override { owner_.wakeups.push_back(std::move(wakeup)); }
  std::vector<std::string> SplitNames() const override {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < table_.splits.size(); ++i)
      names.push_back(request_.table.name + "-" + std::to_string(i));
    return names;
  }
  Status OnCheckpointCommitted(const std::string&) override { return {}; }

 private:
  MemoryConnector& owner_;
  SourceTable& table_;
  connect::ScanRequest request_;
  std::mt19937_64& random_;
  std::size_t largest_;
  std::vector<std::uint64_t> positions_;
};

class MemorySink final : public connect::Sink {
 public:
  explicit MemorySink(SinkTable& table) : table_(table) {
    // What a dead run staged and never committed is garbage; what it committed is published by the first call.
  }
  Status Write(const data::Batch& batch) override {
    for (duckdb::idx_t row = 0; row < batch.size(); ++row) {
      Row copy;
      copy.kind = batch.kind(row);
      for (duckdb::idx_t column = 0; column < batch.rows.ColumnCount(); ++column) {
        copy.values.push_back(batch.rows.GetValue(column, row));
      }
      pending_.push_back(std::move(copy));
    }
    return {};
  }
  Result<std::string> Prepare(CheckpointId checkpoint) override {
    ++table_.prepares;
    auto& staged = table_.staged[checkpoint.value()];
    if (prepared_ != checkpoint) staged.clear();
    prepared_ = checkpoint;
    for (Row& row : pending_) staged.push_back(std::move(row));
    pending_.clear();
    return std::string("staged");
  }
  Status Commit(meta::Transaction&, CheckpointId) override { return table_.on_commit ? table_.on_commit() : Status{}; }
  Status Publish(CheckpointId checkpoint) override {
    if (table_.on_publish) FLOE_TRY_VOID(table_.on_publish());
    if (checkpoint.value() <= table_.published_through) return {};
    table_.published_through = checkpoint.value();
    for (const Row& row : table_.staged[checkpoint.value()]) table_.published.push_back(row);
    table_.staged.clear();
    return {};
  }
  Status OnTick() override {
    ++table_.ticks;
    return {};
  }
  Status Close() override { return {}; }

 private:
  SinkTable& table_;
  std::vector<Row> pending_;
  CheckpointId prepared_{-1};
};

}  // namespace

std::string Row::Text() const {
  std::string text;
  for (const auto& value : values) text += value.ToString() + "|";
  return text;
}

std::map<std::string, std::int64_t> SinkTable::Collapsed() const {
  std::map<std::string, std::int64_t> rows;
  for (const Row& row : published) {
    auto& count = rows[row.Text()];
    count += data::Weight(row.kind);
    if (count == 0) rows.erase(row.Text());
  }
  return rows;
}

MemoryConnector::MemoryConnector(std::uint64_t seed, std::size_t largest_chunk)
    : random_(seed), largest_chunk_(largest_chunk) {
  descriptor_.name = "memory";
  descriptor_.source = true;
  descriptor_.sink = true;
  descriptor_.sink_mode = [](const connect::TableDefinition& table) {
    return table.primary_key.empty() ? connect::ChangelogMode::kRetract : connect::ChangelogMode::kUpsert;
  };
}

Result<std::unique_ptr<connect::SourceReader>> MemoryConnector::OpenSource(connect::ScanRequest request) {
  auto state = request.state;
  SourceTable& table = sources[request.table.name];
  auto reader = std::make_unique<MemoryReader>(*this, table, std::move(request), random_, largest_chunk_);
  if (state) FLOE_TRY_VOID(reader->Restore(*state));
  return reader;
}

Result<std::unique_ptr<connect::Sink>> MemoryConnector::OpenSink(connect::SinkRequest request) {
  return std::make_unique<MemorySink>(sinks[request.table.name]);
}

void MemoryConnector::WakeReaders() {
  for (auto& wakeup : wakeups) wakeup();
}

}  // namespace floe::stream::testing
