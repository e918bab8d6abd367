// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <deque>
#include <mutex>

#include <fmt/format.h>

#include "connect/kafka/cluster.h"
#include "connect/kafka/cluster_client.h"
#include "connect/kafka/message_decoder.h"

namespace floe::connect::kafka {
namespace {

using formats::DecodeStatus;

struct ClusterSplit {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t next = 0;
  std::optional<std::int64_t> stop;
  std::deque<MessagePtr> messages;

  bool Finished() const { return stop && next >= *stop; }
};

class ClusterSource final : public SourceReader {
 public:
  ClusterSource(ScanRequest request, KafkaScan scan) : request_(std::move(request)), scan_(std::move(scan)) {}
  ~ClusterSource() override {
    if (queue_) rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
    splits_.clear();
    queue_.reset();
    if (client_) rd_kafka_consumer_close(client_.get());
  }

  Status Open(const MessageLayout& layout);
  Result<PollResult> Poll(data::Batch& out) override;
  Result<std::string> Snapshot() override;
  Status OnCheckpointCommitted(const std::string& snapshot) override;
  void SetWakeup(std::function<void()> wakeup) override {
    std::lock_guard lock(wakeup_mu_);
    wakeup_ = std::move(wakeup);
  }
  std::vector<std::string> SplitNames() const override {
    std::vector<std::string> names;
    for (const ClusterSplit& split : splits_) names.push_back(fmt::format("{}-{}", split.topic, split.partition));
    return names;
  }

 private:
  static void OnQueue(rd_kafka_t*, void* self) {
    auto* source = static_cast<ClusterSource*>(self);
    std::lock_guard lock(source->wakeup_mu_);
    if (source->wakeup_) source->wakeup_();
  }
  bool Bounded() const { return request_.bounded || scan_.stop.position != Position::kUnbounded; }
  Status FindSplits();
  Result<std::int64_t> Resolve(const ClusterSplit& split, const ScanBoundary& boundary, bool stop);
  Result<std::int64_t> TimeOffset(const ClusterSplit& split, TimestampMs timestamp);
  Result<std::int64_t> Committed(const ClusterSplit& split);
  Status Assign();
  Status Take();
  Status Decode(ClusterSplit& split, data::Batch& out, PollResult& result);

  ScanRequest request_;
  KafkaScan scan_;
  std::unique_ptr<MessageDecoder> decoder_;
  std::mutex wakeup_mu_;
  std::function<void()> wakeup_;  // guarded by wakeup_mu_
  ClientPtr client_;
  QueuePtr queue_;
  std::deque<ClusterSplit> splits_;
  std::size_t turn_ = 0;
};

Status ClusterSource::Open(const MessageLayout& layout) {
  FLOE_TRY(decoder_, MessageDecoder::Make(request_, layout));
  FLOE_TRY(ConfigPtr config, MakeClusterConfig(request_.table.options));
  if (scan_.group.empty()) {
    FLOE_TRY_VOID(
        SetProperty(config.get(), "group.id", request_.default_group_id.empty() ? "floe" : request_.default_group_id));
  }
  for (auto [name, value] : {std::pair("enable.auto.commit", "false"), std::pair("enable.partition.eof", "true"),
                             std::pair("auto.offset.reset", "earliest")}) {
    FLOE_TRY_VOID(SetProperty(config.get(), name, value));
  }
  FLOE_TRY(client_, MakeClient(RD_KAFKA_CONSUMER, std::move(config)));
  rd_kafka_poll_set_consumer(client_.get());
  queue_.reset(rd_kafka_queue_get_consumer(client_.get()));
  rd_kafka_queue_cb_event_enable(queue_.get(), &ClusterSource::OnQueue, this);
  FLOE_TRY_VOID(FindSplits());
  return Assign();
}

Status ClusterSource::FindSplits() {
  const struct rd_kafka_metadata* metadata = nullptr;
  rd_kafka_resp_err_t code = rd_kafka_metadata(client_.get(), 1, nullptr, &metadata, kClusterTimeoutMs);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Fail(ClusterError(code, "asking the Kafka cluster for its topics"));
  std::unique_ptr<const struct rd_kafka_metadata, Deleter<rd_kafka_metadata_destroy>> owner(metadata);
  std::vector<std::string> names;
  for (int i = 0; i < metadata->topic_cnt; ++i) names.emplace_back(metadata->topics[i].topic);
  std::vector<std::string> wanted = scan_.topics.topics;
  if (!scan_.topics.pattern.empty()) {
    FLOE_TRY(wanted, MatchTopics(scan_.topics.pattern, names));
  }
  Positions restored;
  if (request_.state) {
    FLOE_TRY(restored, DecodePositions(*request_.state));
  }
  for (const std::string& name : wanted) {
    auto it = std::ranges::find(names, name);
    if (it == names.end()) {
      return Fail(ErrorKind::kNotFound,
                  fmt::format("topic '{}' of table {} does not exist in the cluster", name, request_.table.FullName()));
    }
    const rd_kafka_metadata_topic_t& topic = metadata->topics[it - names.begin()];
    for (int i = 0; i < topic.partition_cnt; ++i) {
      ClusterSplit split;
      split.topic = name;
      split.partition = topic.partitions[i].id;
      auto position = restored.find({name, PartitionId(split.partition)});
      if (position != restored.end()) {
        split.next = position->second.value();
      } else {
        ScanBoundary start = scan_.start;
        bool adhoc = request_.bounded && scan_.stop.position == Position::kUnbounded &&
                     (start.position == Position::kGroup || start.position == Position::kLatest);
        if (adhoc || request_.state) start.position = Position::kEarliest;
        FLOE_TRY(split.next, Resolve(split, start, false));
      }
      if (Bounded()) {
        FLOE_TRY(split.stop, Resolve(split, scan_.stop, true));
        if (request_.bounded && scan_.stop.position != Position::kUnbounded) {
          // A batch query never waits for records to come.
          ScanBoundary latest;
          latest.position = Position::kLatest;
          FLOE_TRY(std::int64_t end, Resolve(split, latest, true));
          split.stop = std::min(*split.stop, end);
        }
      }
      splits_.push_back(std::move(split));
    }
  }
  return {};
}

Result<std::int64_t> ClusterSource::Resolve(const ClusterSplit& split, const ScanBoundary& boundary, bool stop) {
  std::int64_t low = 0, high = 0;
  rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(client_.get(), split.topic.c_str(), split.partition, &low,
                                                              &high, kClusterTimeoutMs);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return Fail(ClusterError(code, fmt::format("asking for the offsets of '{}'", split.topic)));
  switch (boundary.position) {
    case Position::kEarliest: return low;
    case Position::kLatest:
    case Position::kUnbounded: return high;
    case Position::kTimestamp: {
      FLOE_TRY(std::int64_t offset, TimeOffset(split, boundary.timestamp));
      return offset < 0 ? high : offset;
    }
    case Position::kSpecific: {
      auto it = boundary.offsets.find(PartitionId(split.partition));
      if (it != boundary.offsets.end()) return it->second.value();
      if (stop) return split.next;  // partitions that are not named are not read
      break;
    }
    case Position::kGroup: break;
  }
  std::int64_t committed = -1;
  if (!scan_.group.empty()) {
    FLOE_TRY(committed, Committed(split));
  }
  const PartitionId partition(split.partition);
  if (stop) {
    if (committed >= 0) return committed;
    return Fail(NoCommittedOffset(scan_.group, split.topic, partition, "'scan.bounded.mode' = 'group-offsets'"));
  }
  if (committed >= low && committed <= high) return committed;
  switch (scan_.reset) {
    case Reset::kEarliest: return low;
    case Reset::kLatest: return high;
    case Reset::kNone: break;
  }
  return Fail(NoCommittedOffset(scan_.group, split.topic, partition, "'properties.auto.offset.reset' = 'none'"));
}

Result<std::int64_t> ClusterSource::TimeOffset(const ClusterSplit& split, TimestampMs timestamp) {
  PartitionsPtr list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* entry =
      rd_kafka_topic_partition_list_add(list.get(), split.topic.c_str(), split.partition);
  entry->offset = timestamp.value();
  rd_kafka_resp_err_t code = rd_kafka_offsets_for_times(client_.get(), list.get(), kClusterTimeoutMs);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Fail(ClusterError(code, "looking up a timestamp"));
  return entry->offset;
}

/// Negative: none.
Result<std::int64_t> ClusterSource::Committed(const ClusterSplit& split) {
  PartitionsPtr list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* entry =
      rd_kafka_topic_partition_list_add(list.get(), split.topic.c_str(), split.partition);
  rd_kafka_resp_err_t code = rd_kafka_committed(client_.get(), list.get(), kClusterTimeoutMs);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return Fail(ClusterError(code, "asking for the offsets of group '" + scan_.group + "'"));
  return entry->offset;
}

Status ClusterSource::Assign() {
  PartitionsPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(splits_.size())));
  for (const ClusterSplit& split : splits_) {
    if (split.Finished()) continue;
    rd_kafka_topic_partition_list_add(list.get(), split.topic.c_str(), split.partition)->offset = split.next;
  }
  rd_kafka_resp_err_t code = rd_kafka_assign(client_.get(), list.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Fail(ClusterError(code, "starting to read"));
  return {};
}

/// Moves what librdkafka has fetched to the splits, without waiting.
Status ClusterSource::Take() {
  std::vector<rd_kafka_message_t*> raw(STANDARD_VECTOR_SIZE);
  ssize_t count = rd_kafka_consume_batch_queue(queue_.get(), 0, raw.data(), raw.size());
  Status status;
  for (ssize_t i = 0; i < count; ++i) {
    MessagePtr message(raw[static_cast<std::size_t>(i)]);
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      // Lost brokers are librdkafka's to find again; only what it cannot repair ends the job.
      bool transient = message->err == RD_KAFKA_RESP_ERR__TRANSPORT ||
                       message->err == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
                       message->err == RD_KAFKA_RESP_ERR__TIMED_OUT;
      if (!transient && status) status = Fail(ClusterError(message->err, "reading from the Kafka cluster"));
      continue;
    }
    const char* topic = rd_kafka_topic_name(message->rkt);
    auto it = std::ranges::find_if(
        splits_, [&](const ClusterSplit& s) { return s.partition == message->partition && s.topic == topic; });
    if (it != splits_.end()) it->messages.push_back(std::move(message));
  }
  return status;
}

Result<PollResult> ClusterSource::Poll(data::Batch& out) {
  out.rows.Reset();
  out.kinds.clear();
  bool empty = std::ranges::all_of(splits_, [](const ClusterSplit& split) { return split.messages.empty(); });
  if (empty) FLOE_TRY_VOID(Take());
  PollResult result;
  for (std::size_t i = 0; i < splits_.size(); ++i) {
    std::size_t index = (turn_ + i) % splits_.size();
    if (splits_[index].messages.empty()) continue;
    FLOE_TRY_VOID(Decode(splits_[index], out, result));
    if (result.records_read == 0) continue;
    turn_ = index + 1;
    result.split = static_cast<std::int32_t>(index);
    result.status = PollStatus::kRows;
    return result;
  }
  bool finished = Bounded() && std::ranges::all_of(splits_, [](const ClusterSplit& split) { return split.Finished(); });
  result.status = finished ? PollStatus::kEndOfInput : PollStatus::kIdle;
  return result;
}

Status ClusterSource::Decode(ClusterSplit& split, data::Batch& out, PollResult& result) {
  decoder_->Bind(out);
  decoder_->SetBuffer({});
  std::size_t row = 0;
  while (row < STANDARD_VECTOR_SIZE && !split.messages.empty()) {
    MessagePtr message = std::move(split.messages.front());
    split.messages.pop_front();
    if (split.Finished()) continue;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      split.next = std::max(split.next, message->offset);
      continue;
    }
    if (split.stop && message->offset >= *split.stop) {
      split.next = *split.stop;
      continue;
    }
    rd_kafka_timestamp_type_t time_type;
    Message view;
    view.topic = split.topic;
    view.partition = split.partition;
    view.offset = message->offset;
    view.timestamp_ms = rd_kafka_message_timestamp(message.get(), &time_type);
    view.log_append_time = time_type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME;
    if (message->key != nullptr) view.key = {static_cast<const char*>(message->key), message->key_len};
    if (message->payload != nullptr) view.value = {static_cast<const char*>(message->payload), message->len};
    view.headers = [&message] {
      Headers headers;
      rd_kafka_headers_t* list = nullptr;
      if (rd_kafka_message_headers(message.get(), &list) != RD_KAFKA_RESP_ERR_NO_ERROR) return headers;
      const char* name = nullptr;
      const void* value = nullptr;
      std::size_t size = 0;
      for (std::size_t i = 0; rd_kafka_header_get_all(list, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
           ++i) {
        std::optional<std::string_view> bytes;
        if (value != nullptr) bytes = std::string_view(static_cast<const char*>(value), size);
        headers.emplace_back(name, bytes);
      }
      return headers;
    };
    ++result.records_read;
    result.bytes_read += static_cast<std::int64_t>(message->len + message->key_len);
    split.next = message->offset + 1;
    switch (decoder_->Append(view, row)) {
      case DecodeStatus::kRow: ++row; break;
      case DecodeStatus::kSkipped: ++result.records_skipped; break;
      case DecodeStatus::kBad: FLOE_TRY_VOID(request_.bad_records->OnBadRecord(decoder_->Bad(view))); break;
    }
  }
  out.rows.SetCardinality(row);
  return {};
}

Result<std::string> ClusterSource::Snapshot() {
  Positions positions;
  for (const ClusterSplit& split : splits_) positions[{split.topic, PartitionId(split.partition)}] = Offset(split.next);
  return EncodePositions(positions);
}

Status ClusterSource::OnCheckpointCommitted(const std::string& snapshot) {
  if (request_.bounded) return {};
  FLOE_TRY(Positions positions, DecodePositions(snapshot));
  PartitionsPtr list(rd_kafka_topic_partition_list_new(static_cast<int>(positions.size())));
  for (const auto& [split, offset] : positions) {
    rd_kafka_topic_partition_list_add(list.get(), split.first.c_str(), split.second.value())->offset = offset.value();
  }
  rd_kafka_resp_err_t code = rd_kafka_commit(client_.get(), list.get(), 1);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Fail(ClusterError(code, "committing offsets"));
  return {};
}

}  // namespace

Result<std::unique_ptr<SourceReader>> OpenClusterSource(ScanRequest request, KafkaScan scan,
                                                        const MessageLayout& layout) {
  auto source = std::make_unique<ClusterSource>(std::move(request), std::move(scan));
  FLOE_TRY_VOID(source->Open(layout));
  return source;
}

}  // namespace floe::connect::kafka
