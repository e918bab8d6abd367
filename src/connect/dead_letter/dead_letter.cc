// SPDX-License-Identifier: Apache-2.0
#include "connect/dead_letter/dead_letter.h"

#include <utility>
#include <vector>

#include "base/logging.h"
#include "formats/format.h"

namespace floe::connect {

namespace {

/// A topic name made of any text; `suffix` fits.
std::string TopicName(const std::string& source, const std::string& suffix) {
  constexpr std::size_t kMaxName = 249;
  std::string name;
  for (char c : source) {
    bool fine =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    name += fine ? c : '_';
  }
  if (name.empty()) name = "unknown";
  if (name.size() > kMaxName - suffix.size()) name.resize(kMaxName - suffix.size());
  return name + suffix;
}

Status EnsureTopic(log::Log& log, const std::string& topic) {
  if (log.FindTopic(topic)) return {};
  auto created = log.CreateTopic(topic, 1, {});
  if (!created && created.error().kind() != ErrorKind::kAlreadyExists) return Fail(std::move(created.error()));
  return {};
}

}  // namespace

std::string DeadLetterTopic(const std::string& source) {
  return TopicName(source, ".dlq");
}

Result<std::unique_ptr<LateRowWriter>> LateRowWriter::Make(kafka::TopicWriterDependencies dependencies, Clock& clock,
                                                           std::string job_id,
                                                           const std::optional<std::string>& state) {
  std::unique_ptr<LateRowWriter> writer(new LateRowWriter(*dependencies.log, clock, job_id));
  writer->topic_ = TopicName(job_id, ".late");
  FLOE_TRY(writer->writer_, kafka::TopicWriter::Make(std::move(dependencies), job_id + ".late", state, false));
  return writer;
}

Status LateRowWriter::Write(const std::string& stage, const data::Schema& schema, const duckdb::DataChunk& rows,
                            TimestampUs watermark) {
  FLOE_TRY_VOID(EnsureTopic(log_, topic_));
  if (!std::exchange(used_, true)) {
    logging::Warn("connect", "rows came after their window had closed; they are kept in a topic",
                  {{"job", job_id_}, {"topic", topic_}, {"stage", stage}});
  }
  FLOE_TRY(auto encoder, formats::MakeEncoder({"json", schema, {}}));
  data::Batch view;
  view.rows.InitializeEmpty(rows.GetTypes());
  view.rows.Reference(const_cast<duckdb::DataChunk&>(rows));
  std::vector<int> columns;
  for (std::size_t i = 0; i < schema.size(); ++i) columns.push_back(static_cast<int>(i));
  encoder->Bind(view, columns);
  std::string watermark_text = std::to_string(watermark.value());
  std::vector<::floe::kafka::HeaderView> headers = {
      {"floe.late.stage", stage}, {"floe.late.watermark", watermark_text}, {"floe.job.id", job_id_}};
  std::string value;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    value.clear();
    FLOE_TRY_VOID(encoder->Encode(row, value));
    FLOE_TRY_VOID(writer_->Append(topic_, PartitionId(0), clock_.WallNowMs(), std::nullopt, value, headers));
  }
  return {};
}

Result<std::unique_ptr<DeadLetterWriter>> DeadLetterWriter::Make(kafka::TopicWriterDependencies dependencies,
                                                                 Clock& clock, std::string job_id,
                                                                 const std::optional<std::string>& state) {
  std::unique_ptr<DeadLetterWriter> writer(new DeadLetterWriter(*dependencies.log, clock, job_id));
  FLOE_TRY(writer->writer_, kafka::TopicWriter::Make(std::move(dependencies), job_id + ".dlq", state, false));
  return writer;
}

Status DeadLetterWriter::Write(const BadRecord& record) {
  std::string topic = DeadLetterTopic(record.topic);
  FLOE_TRY_VOID(EnsureTopic(log_, topic));
  // One line for each attempt of a job: how many there are, counters say.
  if (topics_.insert(topic).second) {
    logging::Warn("connect", "records cannot be processed; they are kept in a dead-letter topic",
                  {{"job", job_id_}, {"topic", topic}, {"offset", record.offset}, {"error", record.message}});
  }
  std::string partition = std::to_string(record.partition);
  std::string offset = std::to_string(record.offset);
  std::string timestamp = std::to_string(record.timestamp_ms);
  std::vector<::floe::kafka::HeaderView> headers = {
      {"floe.error.class", record.error_class}, {"floe.error.message", record.message},
      {"floe.error.stage", record.stage},       {"floe.source.topic", record.topic},
      {"floe.source.partition", partition},     {"floe.source.offset", offset},
      {"floe.source.timestamp", timestamp},     {"floe.job.id", job_id_},
  };
  FLOE_TRY_VOID(writer_->Append(topic, PartitionId(0), clock_.WallNowMs(), record.key, record.value, headers));
  ++written_;
  return {};
}

}  // namespace floe::connect
