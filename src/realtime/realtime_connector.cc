// SPDX-License-Identifier: Apache-2.0
#include "realtime/realtime_connector.h"

#include <fmt/format.h>

namespace floe::realtime {
namespace {

using connect::PollResult;
using connect::PollStatus;

class RealtimeSink final : public connect::Sink {
 public:
  explicit RealtimeSink(std::shared_ptr<Table> table) : table_(std::move(table)) {}
  Status Write(const data::Batch& batch) override { return table_->Apply(batch); }
  Result<std::string> Prepare(CheckpointId) override {
    FLOE_TRY_VOID(table_->Prepare());
    return std::string();
  }
  Status Commit(meta::Transaction& transaction, CheckpointId) override { return table_->WriteTo(transaction); }
  Status Publish(CheckpointId) override {
    table_->Committed();
    return {};
  }
  Status Close() override { return {}; }

 private:
  std::shared_ptr<Table> table_;
};

class SnapshotReader final : public connect::SourceReader {
 public:
  SnapshotReader(realtime::Snapshot snapshot, std::vector<int> columns)
      : snapshot_(std::move(snapshot)), columns_(std::move(columns)) {}

  Result<PollResult> Poll(data::Batch& out) override {
    out.rows.Reset();
    out.kinds.clear();
    PollResult result;
    if (next_ == snapshot_.segments.size()) {
      result.status = PollStatus::kEndOfInput;
      return result;
    }
    const Segment& segment = *snapshot_.segments[next_++];
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      out.rows.data[i].Reference(segment.rows.data[static_cast<std::size_t>(columns_[i])]);
    }
    out.rows.SetCardinality(segment.rows.size());
    result.status = PollStatus::kRows;
    result.records_read = static_cast<std::int64_t>(segment.rows.size());
    return result;
  }
  Result<std::string> Snapshot() override { return std::string(); }
  void SetWakeup(std::function<void()>) override {}
  std::vector<std::string> SplitNames() const override { return {"snapshot"}; }
  Status OnCheckpointCommitted(const std::string&) override { return {}; }

 private:
  realtime::Snapshot snapshot_;
  std::vector<int> columns_;
  std::size_t next_ = 0;
};

class RealtimeConnector final : public connect::Connector {
 public:
  explicit RealtimeConnector(Tables& tables) : tables_(tables) {
    descriptor_.name = "realtime";
    descriptor_.help =
        "A table inside this node: upserts by primary key, appends without one; readable at once, durable at "
        "checkpoints.";
    descriptor_.source = true;
    descriptor_.sink = true;
    descriptor_.bounded = [](const connect::TableDefinition&) { return true; };
    descriptor_.sink_mode = [](const connect::TableDefinition& table) {
      return table.primary_key.empty() ? connect::ChangelogMode::kAppend : connect::ChangelogMode::kUpsert;
    };
  }
  const connect::ConnectorDescriptor& descriptor() const override { return descriptor_; }

  Result<std::unique_ptr<connect::SourceReader>> OpenSource(connect::ScanRequest request) override {
    FLOE_TRY(auto table, tables_.OpenTable(SpecOf(request.table)));
    return std::make_unique<SnapshotReader>(table->TakeSnapshot(), std::move(request.columns));
  }
  Result<std::unique_ptr<connect::Sink>> OpenSink(connect::SinkRequest request) override {
    FLOE_TRY(auto table, tables_.OpenTable(SpecOf(request.table)));
    // A job that starts again repeats what came after its checkpoint.
    FLOE_TRY_VOID(table->Revert());
    return std::make_unique<RealtimeSink>(std::move(table));
  }

 private:
  Tables& tables_;
  connect::ConnectorDescriptor descriptor_;
};

}  // namespace

std::string TableName(const connect::TableDefinition& table) {
  return table.catalog + "." + table.database + "." + table.name;
}

TableSpec SpecOf(const connect::TableDefinition& table) {
  return {TableName(table), table.physical, table.primary_key};
}

std::unique_ptr<connect::Connector> MakeRealtimeConnector(Tables& tables) {
  return std::make_unique<RealtimeConnector>(tables);
}

}  // namespace floe::realtime
