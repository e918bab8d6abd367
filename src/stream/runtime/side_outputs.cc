// SPDX-License-Identifier: Apache-2.0
#include "stream/runtime/side_outputs.h"

#include "duck/guard.h"

namespace floe::stream {

/// Rows wait in `pending_` until their checkpoint is published; a crash drops them, and the sources bring them again.
class MemoryDeadLetters final : public DeadLetterSink {
 public:
  explicit MemoryDeadLetters(MemorySideOutputs& owner) : owner_(owner) {}
  Status Write(connect::BadRecord record) override {
    pending_.push_back(std::move(record));
    return {};
  }
  Result<std::string> Prepare(CheckpointId) override { return std::string(); }
  Status Commit(meta::Transaction&, CheckpointId) override { return {}; }
  Status Publish(CheckpointId) override {
    const std::lock_guard lock(owner_.mu_);
    for (auto& record : pending_) owner_.dead_letters_.push_back(std::move(record));
    pending_.clear();
    return {};
  }
  Status Close() override { return {}; }

 private:
  MemorySideOutputs& owner_;
  std::vector<connect::BadRecord> pending_;
};

class MemoryLateRows final : public LateRowSink {
 public:
  explicit MemoryLateRows(MemorySideOutputs& owner) : owner_(owner) {}
  Status Write(const LateRows& late) override {
    return duck::Guard([&] {
      for (duckdb::idx_t row = 0; row < late.rows.size(); ++row) {
        std::string text = late.stage + ": ";
        for (duckdb::idx_t column = 0; column < late.rows.ColumnCount(); ++column) {
          if (column > 0) text += ", ";
          text += late.rows.GetValue(column, row).ToString();
        }
        pending_.push_back(std::move(text));
      }
    });
  }
  Result<std::string> Prepare(CheckpointId) override { return std::string(); }
  Status Commit(meta::Transaction&, CheckpointId) override { return {}; }
  Status Publish(CheckpointId) override {
    const std::lock_guard lock(owner_.mu_);
    for (auto& row : pending_) owner_.late_rows_.push_back(std::move(row));
    pending_.clear();
    return {};
  }
  Status Close() override { return {}; }

 private:
  MemorySideOutputs& owner_;
  std::vector<std::string> pending_;
};

SideOutputFactory MemorySideOutputs::Factory() {
  return {.dead_letters = [this](const std::string&, std::optional<std::string>)
              -> Result<std::unique_ptr<DeadLetterSink>> { return std::make_unique<MemoryDeadLetters>(*this); },
          .late_rows = [this](const std::string&, std::optional<std::string>) -> Result<std::unique_ptr<LateRowSink>> {
            return std::make_unique<MemoryLateRows>(*this);
          }};
}

std::vector<connect::BadRecord> MemorySideOutputs::dead_letters() const {
  const std::lock_guard lock(mu_);
  return dead_letters_;
}

std::vector<std::string> MemorySideOutputs::late_rows() const {
  const std::lock_guard lock(mu_);
  return late_rows_;
}

}  // namespace floe::stream
