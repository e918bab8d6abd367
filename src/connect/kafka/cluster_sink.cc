// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "connect/kafka/cluster.h"
#include "connect/kafka/cluster_client.h"
#include "connect/kafka/log_sink.h"

namespace floe::connect::kafka {
namespace {

using data::RowKind;

class ClusterSink final : public Sink {
 public:
  ClusterSink(std::string topic, bool upsert) : topic_(std::move(topic)), upsert_(upsert) {}

  Status Open(const SinkRequest& request, const MessageLayout& layout) {
    FLOE_TRY(encoder_, MessageEncoder::Make(request, layout));
    FLOE_TRY(ConfigPtr config, MakeClusterConfig(request.table.options));
    rd_kafka_conf_set_dr_msg_cb(config.get(), &ClusterSink::OnDelivery);
    rd_kafka_conf_set_opaque(config.get(), this);
    // Retries inside librdkafka then neither reorder nor duplicate.
    if (!request.table.options.contains("properties.enable.idempotence")) {
      FLOE_TRY_VOID(SetProperty(config.get(), "enable.idempotence", "true"));
    }
    FLOE_TRY(client_, MakeClient(RD_KAFKA_PRODUCER, std::move(config)));
    return {};
  }

  Status Write(const data::Batch& batch) override {
    encoder_->Bind(batch);
    for (std::size_t row = 0; row < batch.size(); ++row) {
      RowKind kind = batch.kind(row);
      if (kind != RowKind::kInsert && !upsert_) {
        return Fail(ErrorKind::kInvalidInput,
                    fmt::format("topic '{}' takes only inserts, and got {}", topic_, data::ToString(kind)));
      }
      if (kind == RowKind::kUpdateBefore) continue;
      FLOE_TRY(MessageEncoder::Encoded message, encoder_->Encode(row, kind == RowKind::kDelete));
      FLOE_TRY_VOID(Produce(message));
    }
    rd_kafka_poll(client_.get(), 0);
    return {};
  }

  Result<std::string> Prepare(CheckpointId) override {
    rd_kafka_resp_err_t code = rd_kafka_flush(client_.get(), 3 * kClusterTimeoutMs);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return Fail(ClusterError(code, fmt::format("writing to topic '{}'", topic_)));
    if (failed_ != RD_KAFKA_RESP_ERR_NO_ERROR)
      return Fail(ClusterError(failed_, fmt::format("writing to topic '{}'", topic_)));
    return std::string();
  }
  Status Commit(meta::Transaction&, CheckpointId) override { return {}; }
  Status Publish(CheckpointId) override { return {}; }
  Status OnTick() override {
    rd_kafka_poll(client_.get(), 0);
    return {};
  }
  Status Close() override {
    rd_kafka_flush(client_.get(), kClusterTimeoutMs);
    return {};
  }

 private:
  static void OnDelivery(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) static_cast<ClusterSink*>(self)->failed_ = message->err;
  }

  Status Produce(const MessageEncoder::Encoded& message) {
    rd_kafka_headers_t* headers = message.headers.empty() ? nullptr : rd_kafka_headers_new(message.headers.size());
    for (const auto& header : message.headers) {
      rd_kafka_header_add(headers, header.key.data(), static_cast<ssize_t>(header.key.size()),
                          header.value ? header.value->data() : nullptr,
                          header.value ? static_cast<ssize_t>(header.value->size()) : 0);
    }
    auto data = [](const std::optional<std::string_view>& text) {
      return text ? const_cast<char*>(text->data()) : nullptr;
    };
    for (;;) {
      rd_kafka_resp_err_t code =
          rd_kafka_producev(client_.get(), RD_KAFKA_V_TOPIC(topic_.c_str()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                            RD_KAFKA_V_VALUE(data(message.value), message.value.value_or("").size()),
                            RD_KAFKA_V_KEY(data(message.key), message.key.value_or("").size()),
                            RD_KAFKA_V_TIMESTAMP(message.timestamp.value_or(TimestampMs(0)).value()),
                            RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
      if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        rd_kafka_poll(client_.get(), 100);
        continue;
      }
      if (headers != nullptr) rd_kafka_headers_destroy(headers);
      return Fail(ClusterError(code, fmt::format("writing to topic '{}'", topic_)));
    }
  }

  std::string topic_;
  bool upsert_;
  std::unique_ptr<MessageEncoder> encoder_;
  rd_kafka_resp_err_t failed_ =
      RD_KAFKA_RESP_ERR_NO_ERROR;  // set by the callback, which runs inside poll and flush of this thread
  ClientPtr client_;
};

}  // namespace

Result<std::unique_ptr<Sink>> OpenClusterSink(const ConnectorDescriptor& descriptor, SinkRequest request,
                                              const MessageLayout& layout, bool upsert) {
  OptionReader reader(descriptor, request.table.options);
  if (reader.Has("sink.delivery-guarantee") && reader.String("sink.delivery-guarantee") == "exactly-once") {
    return Fail(ErrorKind::kNotSupported, fmt::format("table {}: exactly-once into an outside Kafka cluster is not "
                                                      "built; set 'sink.delivery-guarantee' = 'at-least-once'",
                                                      request.table.FullName()));
  }
  std::string topic = reader.String("topic");
  if (topic.empty() || topic.find(';') != std::string::npos) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("table {}: writing needs 'topic' with exactly one topic", request.table.FullName()));
  }
  auto sink = std::make_unique<ClusterSink>(std::move(topic), upsert);
  FLOE_TRY_VOID(sink->Open(request, layout));
  return sink;
}

}  // namespace floe::connect::kafka
