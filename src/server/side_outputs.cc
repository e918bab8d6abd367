// SPDX-License-Identifier: Apache-2.0
#include "server/side_outputs.h"

#include "base/result.h"
#include "connect/dead_letter/dead_letter.h"

namespace floe::server {
namespace {

class DeadLetters final : public stream::DeadLetterSink {
 public:
  explicit DeadLetters(std::unique_ptr<connect::DeadLetterWriter> writer) : writer_(std::move(writer)) {}
  Status Write(connect::BadRecord record) override { return writer_->Write(record); }
  Result<std::string> Prepare(CheckpointId checkpoint) override { return writer_->Prepare(checkpoint); }
  Status Commit(meta::Transaction&, CheckpointId) override { return {}; }
  Status Publish(CheckpointId checkpoint) override { return writer_->Publish(checkpoint); }
  Status Close() override { return {}; }
  std::vector<std::string> Topics() const override { return {writer_->topics().begin(), writer_->topics().end()}; }

 private:
  std::unique_ptr<connect::DeadLetterWriter> writer_;
};

class LateRows final : public stream::LateRowSink {
 public:
  explicit LateRows(std::unique_ptr<connect::LateRowWriter> writer) : writer_(std::move(writer)) {}
  Status Write(const stream::LateRows& rows) override {
    return writer_->Write(rows.stage, rows.schema, rows.rows, rows.watermark);
  }
  Result<std::string> Prepare(CheckpointId checkpoint) override { return writer_->Prepare(checkpoint); }
  Status Commit(meta::Transaction&, CheckpointId) override { return {}; }
  Status Publish(CheckpointId checkpoint) override { return writer_->Publish(checkpoint); }
  Status Close() override { return {}; }
  std::vector<std::string> Topics() const override {
    return writer_->used() ? std::vector{writer_->topic()} : std::vector<std::string>();
  }

 private:
  std::unique_ptr<connect::LateRowWriter> writer_;
};

}  // namespace

stream::SideOutputFactory TopicSideOutputs(log::Log& log, io::FileSystem& files, Clock& clock,
                                           const std::string& staging_directory) {
  connect::kafka::TopicWriterDependencies writer{&log, &files, staging_directory};
  stream::SideOutputFactory factory;
  factory.dead_letters = [writer, &clock](
                             const std::string& job,
                             std::optional<std::string> state) -> Result<std::unique_ptr<stream::DeadLetterSink>> {
    FLOE_TRY(auto made, connect::DeadLetterWriter::Make(writer, clock, job, state));
    return std::make_unique<DeadLetters>(std::move(made));
  };
  factory.late_rows = [writer, &clock](
                          const std::string& job,
                          std::optional<std::string> state) -> Result<std::unique_ptr<stream::LateRowSink>> {
    FLOE_TRY(auto made, connect::LateRowWriter::Make(writer, clock, job, state));
    return std::make_unique<LateRows>(std::move(made));
  };
  return factory;
}

}  // namespace floe::server
