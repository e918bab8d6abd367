// SPDX-License-Identifier: Apache-2.0
#include "connect/kafka/log_sink.h"

#include <fmt/format.h>

namespace floe::connect::kafka {
namespace {

using data::RowKind;

/// Enough for one batch to be worth its header when rows without keys go to partitions in turn.
constexpr std::size_t kRowsPerTurn = 512;

enum class Partitioner : std::uint8_t { kDefault, kFixed, kRoundRobin };

class LogSink final : public Sink {
 public:
  LogSink(LogSinkDependencies dependencies, std::string topic, bool upsert)
      : deps_(std::move(dependencies)), topic_(std::move(topic)), upsert_(upsert) {}

  Status Open(const ConnectorDescriptor& descriptor, const SinkRequest& request, const MessageLayout& layout) {
    OptionReader reader(descriptor, request.table.options);
    FLOE_TRY(encoder_, MessageEncoder::Make(request, layout));
    FLOE_TRY_VOID(OpenTopic());
    std::string partitioner = reader.String("sink.partitioner");
    partitioner_ = partitioner == "fixed"         ? Partitioner::kFixed
                   : partitioner == "round-robin" ? Partitioner::kRoundRobin
                                                  : Partitioner::kDefault;
    turn_ = static_cast<std::size_t>(request.sink_index);
    direct_ = reader.String("sink.delivery-guarantee") != "exactly-once";
    std::string id = fmt::format("{}.sink{}", request.job_id, request.sink_index);
    FLOE_TRY(writer_, TopicWriter::Make(deps_.writer, std::move(id), request.state, direct_));
    return {};
  }

  Status Write(const data::Batch& batch) override {
    encoder_->Bind(batch);
    TimestampMs now = deps_.clock->WallNowMs();
    for (std::size_t row = 0; row < batch.size(); ++row) {
      RowKind kind = batch.kind(row);
      if (kind != RowKind::kInsert && !upsert_) {
        return Fail(
            ErrorKind::kInvalidInput,
            fmt::format("topic '{}' takes only inserts, and got {}; use connector 'upsert-kafka' with a primary key",
                        topic_, data::ToString(kind)));
      }
      if (kind == RowKind::kUpdateBefore) continue;
      FLOE_TRY(MessageEncoder::Encoded message, encoder_->Encode(row, kind == RowKind::kDelete));
      FLOE_TRY_VOID(writer_->Append(topic_, Choose(message.key), message.timestamp.value_or(now), message.key,
                                    message.value, message.headers));
    }
    return {};
  }
  Result<std::string> Prepare(CheckpointId checkpoint) override { return writer_->Prepare(checkpoint); }
  Status Commit(meta::Transaction&, CheckpointId) override { return {}; }
  Status Publish(CheckpointId checkpoint) override { return writer_->Publish(checkpoint); }
  bool VisibleAtCheckpoint() const override { return !direct_; }
  Status OnTick() override { return direct_ ? writer_->Flush() : Status(); }
  Status Close() override { return direct_ ? writer_->Flush() : Status(); }

 private:
  Status OpenTopic() {
    auto topic = deps_.writer.log->FindTopic(topic_);
    if (!topic) {
      auto created = deps_.writer.log->CreateTopic(topic_, 1, {});
      if (!created && created.error().kind() != ErrorKind::kAlreadyExists) return Fail(std::move(created.error()));
      topic = deps_.writer.log->FindTopic(topic_);
    }
    if (!topic) return Fail(ErrorKind::kNotFound, fmt::format("topic '{}' was deleted while it was opened", topic_));
    partitions_ = topic->partitions.size();
    return {};
  }

  PartitionId Choose(std::optional<std::string_view> key) {
    if (partitioner_ == Partitioner::kFixed) return PartitionId(static_cast<std::int32_t>(turn_ % partitions_));
    if (partitioner_ == Partitioner::kDefault && key) return PartitionOfKey(*key, partitions_);
    std::size_t rows = rows_++;
    std::size_t turn = partitioner_ == Partitioner::kRoundRobin ? rows : rows / kRowsPerTurn;
    return PartitionId(static_cast<std::int32_t>((turn_ + turn) % partitions_));
  }

  LogSinkDependencies deps_;
  std::string topic_;
  bool upsert_;
  bool direct_ = false;
  Partitioner partitioner_ = Partitioner::kDefault;
  std::size_t partitions_ = 1;
  std::size_t turn_ = 0;
  std::size_t rows_ = 0;
  std::unique_ptr<MessageEncoder> encoder_;
  std::unique_ptr<TopicWriter> writer_;
};

}  // namespace

Result<std::unique_ptr<MessageEncoder>> MessageEncoder::Make(const SinkRequest& request, const MessageLayout& layout) {
  auto encoder = std::make_unique<MessageEncoder>();
  if (layout.key) {
    FLOE_TRY(encoder->key_, formats::MakeEncoder({layout.key->format, layout.key->schema, layout.key->options}));
    encoder->key_columns_ = layout.key->columns;
  }
  FLOE_TRY(encoder->value_, formats::MakeEncoder({layout.value.format, layout.value.schema, layout.value.options}));
  encoder->value_columns_ = layout.value.columns;
  for (std::size_t i = 0; i < request.input_metadata.size(); ++i) {
    const MetadataColumn& column = request.table.metadata[static_cast<std::size_t>(request.input_metadata[i])];
    auto input = static_cast<int>(request.table.physical.size() + i);
    if (column.key == "timestamp" && column.type.IsTimestamp()) {
      encoder->timestamp_column_ = input;
      encoder->timestamp_ = formats::Input::Make(column.type, column.key);
    } else if (column.key == "headers" && column.type.kind() == data::TypeKind::kMap) {
      encoder->headers_column_ = input;
      encoder->headers_ = formats::Input::Make(column.type, column.key);
    } else {
      return Fail(ErrorKind::kNotSupported,
                  fmt::format("table {}: metadata '{}' of type {} cannot be written; declare it VIRTUAL",
                              request.table.FullName(), column.key, column.type.ToString()));
    }
  }
  return encoder;
}

void MessageEncoder::Bind(const data::Batch& batch) {
  if (key_) key_->Bind(batch, key_columns_);
  value_->Bind(batch, value_columns_);
  if (timestamp_column_ >= 0)
    timestamp_.Bind(batch.rows.data[static_cast<std::size_t>(timestamp_column_)], batch.size());
  if (headers_column_ >= 0) headers_.Bind(batch.rows.data[static_cast<std::size_t>(headers_column_)], batch.size());
}

Result<MessageEncoder::Encoded> MessageEncoder::Encode(std::size_t row, bool tombstone) {
  Encoded out;
  if (key_) {
    key_bytes_.clear();
    FLOE_TRY_VOID(key_->Encode(row, key_bytes_));
    out.key = key_bytes_;
  }
  if (!tombstone) {
    value_bytes_.clear();
    FLOE_TRY_VOID(value_->Encode(row, value_bytes_));
    out.value = value_bytes_;
  }
  if (timestamp_column_ >= 0 && !timestamp_.IsNull(timestamp_.Index(row))) {
    std::int64_t micros = timestamp_.Get<std::int64_t>(timestamp_.Index(row));
    out.timestamp = TimestampMs(micros / 1000 - (micros % 1000 < 0 ? 1 : 0));
  }
  if (headers_column_ >= 0 && !headers_.IsNull(headers_.Index(row))) {
    const auto& entry = headers_.Get<duckdb::list_entry_t>(headers_.Index(row));
    for (std::size_t i = 0; i < entry.length; ++i) {
      std::size_t key = headers_.children[0].Index(entry.offset + i);
      std::size_t value = headers_.children[1].Index(entry.offset + i);
      if (headers_.children[0].IsNull(key)) continue;
      ::floe::kafka::HeaderView header{headers_.children[0].Text(key), std::nullopt};
      if (!headers_.children[1].IsNull(value)) header.value = headers_.children[1].Text(value);
      out.headers.push_back(header);
    }
  }
  return out;
}

Result<std::unique_ptr<Sink>> OpenLogSink(const LogSinkDependencies& dependencies,
                                          const ConnectorDescriptor& descriptor, SinkRequest request,
                                          const MessageLayout& layout, bool upsert) {
  auto it = request.table.options.find("topic");
  if (it == request.table.options.end() || it->second.find(';') != std::string::npos) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("table {}: writing needs 'topic' with exactly one topic", request.table.FullName()));
  }
  auto sink = std::make_unique<LogSink>(dependencies, it->second, upsert);
  FLOE_TRY_VOID(sink->Open(descriptor, request, layout));
  return sink;
}

}  // namespace floe::connect::kafka
