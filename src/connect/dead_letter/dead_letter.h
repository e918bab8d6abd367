// SPDX-License-Identifier: Apache-2.0
// Bad records and late rows, kept in topics beside the one they came from, exactly once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/clock.h"
#include "connect/api/source.h"
#include "connect/kafka/topic_writer.h"

namespace floe::connect {

/// One per job. Records go into topic `<topic>.dlq` (one partition, made when first needed) with their original key and
/// value and the headers floe.error.class, .message, .stage, floe.source.topic, .partition, .offset, .timestamp,
/// floe.job.id. Staged and published with the job's checkpoints, by the same contract as Sink. One thread at a time.
class DeadLetterWriter {
 public:
  static Result<std::unique_ptr<DeadLetterWriter>> Make(kafka::TopicWriterDependencies dependencies, Clock& clock,
                                                        std::string job_id, const std::optional<std::string>& state);

  Status Write(const BadRecord& record);
  Result<std::string> Prepare(CheckpointId checkpoint) { return writer_->Prepare(checkpoint); }
  Status Publish(CheckpointId checkpoint) { return writer_->Publish(checkpoint); }
  /// Since this object was made.
  std::int64_t written() const { return written_; }
  const std::set<std::string>& topics() const { return topics_; }

 private:
  DeadLetterWriter(log::Log& log, Clock& clock, std::string job_id)
      : log_(log), clock_(clock), job_id_(std::move(job_id)) {}

  log::Log& log_;
  Clock& clock_;
  std::string job_id_;
  std::unique_ptr<kafka::TopicWriter> writer_;
  std::int64_t written_ = 0;
  std::set<std::string> topics_;
};

/// Rows that came after their window had closed, as JSON objects in topic `<job id>.late`, with the headers
/// floe.late.stage, floe.late.watermark (microseconds) and floe.job.id. Life and threads as above.
class LateRowWriter {
 public:
  static Result<std::unique_ptr<LateRowWriter>> Make(kafka::TopicWriterDependencies dependencies, Clock& clock,
                                                     std::string job_id, const std::optional<std::string>& state);

  Status Write(const std::string& stage, const data::Schema& schema, const duckdb::DataChunk& rows,
               TimestampUs watermark);
  Result<std::string> Prepare(CheckpointId checkpoint) { return writer_->Prepare(checkpoint); }
  Status Publish(CheckpointId checkpoint) { return writer_->Publish(checkpoint); }
  /// `<job id>.late`; `used`: since this object was made.
  const std::string& topic() const { return topic_; }
  bool used() const { return used_; }

 private:
  LateRowWriter(log::Log& log, Clock& clock, std::string job_id)
      : log_(log), clock_(clock), job_id_(std::move(job_id)) {}

  log::Log& log_;
  Clock& clock_;
  std::string job_id_;
  std::string topic_;
  std::unique_ptr<kafka::TopicWriter> writer_;
  bool used_ = false;
};

/// "weather.dlq"; names that are no topic names (files, connectors) are made into one.
std::string DeadLetterTopic(const std::string& source);

}  // namespace floe::connect
