// SPDX-License-Identifier: Apache-2.0
#include "slt_feed.h"

#include <cstdlib>

#include <fmt/format.h>

#include "data/duckdb_type.h"
#include "duck/guard.h"

namespace floe::slt {
namespace {

class FeedReader final : public connect::SourceReader {
 public:
  FeedReader(const FedTable& table, connect::ScanRequest request, const std::size_t& largest)
      : table_(table), request_(std::move(request)), largest_(largest) {}

  Status Restore(const std::string& state) {
    const auto colon = state.find(':');
    if (colon == std::string::npos) return Fail(ErrorKind::kCorruption, "not a position of a feed: " + state);
    batch_ = std::strtoull(state.c_str(), nullptr, 10);
    row_ = std::strtoull(state.c_str() + colon + 1, nullptr, 10);
    return {};
  }

  Result<connect::PollResult> Poll(data::Batch& out) override {
    connect::PollResult result;
    if (batch_ >= table_.batches.size()) {
      result.status = request_.bounded ? connect::PollStatus::kEndOfInput : connect::PollStatus::kIdle;
      return result;
    }
    const FedBatch& batch = table_.batches[batch_];
    result.status = connect::PollStatus::kRows;
    result.split = batch.split;
    duckdb::idx_t count = 0;
    for (; count < largest_ && row_ < batch.rows.size(); ++count, ++row_) FLOE_TRY_VOID(Put(batch, count, out));
    out.rows.SetCardinality(count);
    result.records_read = static_cast<std::int64_t>(count);
    if (row_ == batch.rows.size()) {
      ++batch_;
      row_ = 0;
    }
    return result;
  }
  Result<std::string> Snapshot() override { return fmt::format("{}:{}", batch_, row_); }
  void SetWakeup(std::function<void()>) override {}
  std::vector<std::string> SplitNames() const override {
    std::vector<std::string> names;
    for (int i = 0; i < table_.splits; ++i) names.push_back(fmt::format("{}-{}", request_.table.name, i));
    return names;
  }
  Status OnCheckpointCommitted(const std::string&) override { return {}; }

 private:
  Status Put(const FedBatch& batch, duckdb::idx_t at, data::Batch& out) {
    duckdb::idx_t column = 0;
    for (int index : request_.columns) {
      const auto i = static_cast<std::size_t>(index);
      const std::vector<std::string>& cells = batch.rows[row_];
      // Rows from before an ALTER TABLE … ADD have no value.
      const std::string cell = i < cells.size() ? cells[i] : "NULL";
      FLOE_TRY(duckdb::Value value, CellValue(cell, request_.table.physical.fields[i].type));
      out.rows.SetValue(column++, at, value);
    }
    for (int index : request_.metadata) {
      const connect::MetadataColumn& field = request_.table.metadata[static_cast<std::size_t>(index)];
      const std::int64_t number = field.key == "split" ? batch.split : batch.positions[row_];
      FLOE_TRY(duckdb::Value value, CellValue(std::to_string(number), field.type));
      out.rows.SetValue(column++, at, value);
    }
    return {};
  }

  const FedTable& table_;
  connect::ScanRequest request_;
  const std::size_t& largest_;
  std::size_t batch_ = 0;
  std::size_t row_ = 0;
};

class KeepingSink final : public connect::Sink {
 public:
  explicit KeepingSink(PublishedTable& table) : table_(table) {}
  Status Write(const data::Batch& batch) override {
    for (duckdb::idx_t row = 0; row < batch.size(); ++row) {
      pending_.push_back(fmt::format("{}|{}", data::ToString(batch.kind(row)), RowText(batch, row)));
    }
    return {};
  }
  Result<std::string> Prepare(CheckpointId checkpoint) override {
    auto& staged = table_.staged[checkpoint.value()];
    if (prepared_ != checkpoint) staged.clear();
    prepared_ = checkpoint;
    for (std::string& row : pending_) staged.push_back(std::move(row));
    pending_.clear();
    return std::string("staged");
  }
  Status Commit(meta::Transaction&, CheckpointId) override { return {}; }
  Status Publish(CheckpointId checkpoint) override {
    if (checkpoint.value() <= table_.published_through) return {};
    table_.published_through = checkpoint.value();
    for (std::string& row : table_.staged[checkpoint.value()]) table_.rows.push_back(std::move(row));
    table_.staged.clear();
    return {};
  }
  Status Close() override { return {}; }

 private:
  PublishedTable& table_;
  std::vector<std::string> pending_;
  CheckpointId prepared_{-1};
};

}  // namespace

std::string CellText(const duckdb::Value& value) {
  if (value.IsNull()) return "NULL";
  std::string text = value.ToString();
  if (value.type().id() != duckdb::LogicalTypeId::VARCHAR) return text;
  const bool quoted = text.empty() || text == "NULL" || text.front() == ' ' || text.back() == ' ';
  return quoted ? "'" + text + "'" : text;
}

Result<duckdb::Value> CellValue(const std::string& cell, const data::Type& type) {
  FLOE_TRY(duckdb::LogicalType duck, data::ToDuckDB(type));
  if (cell == "NULL") return duckdb::Value(duck);
  std::string text = cell;
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') text = text.substr(1, text.size() - 2);
  return duck::Guard([&] { return duckdb::Value(text).DefaultCastAs(duck); });
}

std::string RowText(const data::Batch& batch, duckdb::idx_t row) {
  std::string text;
  for (duckdb::idx_t column = 0; column < batch.rows.ColumnCount(); ++column) {
    text += (column == 0 ? "" : "|") + CellText(batch.rows.GetValue(column, row));
  }
  return text;
}

FeedConnector::FeedConnector() {
  descriptor_.name = "feed";
  descriptor_.help = "rows of a SQL logic file";
  descriptor_.source = true;
  descriptor_.sink = true;
  descriptor_.options = {{.key = "splits",
                          .type = connect::OptionType::kInteger,
                          .default_value = "1",
                          .help = "how many splits the table has"},
                         {.key = "changelog",
                          .type = connect::OptionType::kEnum,
                          .choices = {"append", "upsert", "retract"},
                          .help = "what the table takes as a sink"}};
  descriptor_.metadata = {{.key = "split", .type = data::Type::Int().WithNullable(false), .writable = false},
                          {.key = "position", .type = data::Type::BigInt().WithNullable(false), .writable = false}};
  descriptor_.sink_mode = [](const connect::TableDefinition& table) {
    auto chosen = table.options.find("changelog");
    std::string mode = chosen != table.options.end() ? chosen->second
                       : table.primary_key.empty()   ? "retract"
                                                     : "upsert";
    if (mode == "append") return connect::ChangelogMode::kAppend;
    return mode == "upsert" ? connect::ChangelogMode::kUpsert : connect::ChangelogMode::kRetract;
  };
}

Result<std::unique_ptr<connect::SourceReader>> FeedConnector::OpenSource(connect::ScanRequest request) {
  FedTable& table = fed[request.table.name];
  FLOE_TRY(std::int64_t splits, connect::OptionReader(descriptor_, request.table.options).Integer("splits"));
  table.splits = static_cast<std::int32_t>(splits);
  auto state = request.state;
  auto reader = std::make_unique<FeedReader>(table, std::move(request), largest_batch);
  if (state) FLOE_TRY_VOID(reader->Restore(*state));
  return reader;
}

Result<std::unique_ptr<connect::Sink>> FeedConnector::OpenSink(connect::SinkRequest request) {
  return std::make_unique<KeepingSink>(published[request.table.name]);
}

}  // namespace floe::slt
