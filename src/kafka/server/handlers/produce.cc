// SPDX-License-Identifier: Apache-2.0
// Produce: appends in the order of the connection, then answers by acks while the next request is taken up.
#include "kafka/protocol/messages/produce.h"

#include <atomic>

#include "kafka/server/error_map.h"
#include "kafka/server/handlers/handlers.h"
#include "kafka/server/topic_directory.h"

namespace floe::kafka {
namespace {

constexpr std::int16_t kFirstHandled = 3;
constexpr std::int16_t kAcksNone = 0;
constexpr std::int16_t kAcksLeader = 1;
constexpr std::int16_t kAcksAll = -1;

/// Where one partition's answer waits for its data to be durable.
struct DurableWait {
  std::shared_ptr<log::Partition> partition;
  Offset end;
  std::size_t topic = 0;
  std::size_t index = 0;
};

struct Appended {
  ProduceResponse response;
  std::vector<DurableWait> waits;
  bool failed = false;
};

void Refuse(ProduceResponse::Topic::Partition& answer, ErrorCode code, std::string message) {
  answer.error_code = Code(code);
  answer.base_offset = -1;
  answer.error_message = std::move(message);
}

/// Bits 4 and 5 of the attributes at byte 21: a batch of a transaction, or a control batch, which only brokers write.
bool TransactionalOrControl(std::span<const std::byte> batch) {
  return batch.size() > 22 && (std::to_integer<int>(batch[22]) & 0x30) != 0;
}

void AppendOne(const std::shared_ptr<const log::Topic>& topic, ProduceRequest::Topic::Partition& data,
               ProduceResponse::Topic::Partition& answer, Appended& all) {
  auto partition = TopicDirectory::PartitionOf(topic, data.index);
  if (partition == nullptr) {
    return Refuse(answer, ErrorCode::kUnknownTopicOrPartition, "topic '" + topic->name + "' has no such partition");
  }
  if (data.records.null || data.records.bytes.empty()) {
    answer.base_offset = -1;
    answer.log_start_offset = partition->log_start_offset().value();
    return;
  }
  if (TransactionalOrControl(data.records.bytes)) {
    return Refuse(answer, ErrorCode::kInvalidRecord,
                  "transactions are not supported and control batches are the broker's to write");
  }
  auto result = partition->Append(data.records.bytes);
  if (!result)
    return Refuse(answer, ToErrorCode(result.error().kind(), ErrorSubject::kRecords), result.error().ToString());
  answer.base_offset = result->base_offset.value();
  answer.log_append_time_ms = result->log_append_time.value();
  answer.log_start_offset = result->log_start_offset.value();
  all.waits.push_back({std::move(partition), result->last_offset + 1, all.response.topics.size() - 1,
                       all.response.topics.back().partitions.size() - 1});
}

/// On a compute thread; topic by topic, partition by partition, so that one producer's order is kept.
Appended AppendAll(Services& services, ProduceRequest& asked, bool by_id) {
  Appended all;
  const bool acks_known = asked.acks == kAcksNone || asked.acks == kAcksLeader || asked.acks == kAcksAll;
  for (auto& topic_data : asked.topics) {
    auto& topic_answer = all.response.topics.emplace_back();
    topic_answer.name = topic_data.name;
    topic_answer.topic_id = topic_data.topic_id;
    const auto topic =
        by_id ? services.topics.FindById(topic_data.topic_id) : services.topics.FindByName(topic_data.name);
    for (auto& data : topic_data.partitions) {
      auto& answer = topic_answer.partitions.emplace_back();
      answer.index = data.index;
      if (!acks_known) {
        Refuse(answer, ErrorCode::kInvalidRequiredAcks, "acks must be 0, 1 or -1 (all)");
      } else if (asked.transactional_id) {
        Refuse(answer, ErrorCode::kTransactionalIdAuthorizationFailed,
               "transactions are not supported; remove transactional.id");
      } else if (topic == nullptr) {
        Refuse(answer, by_id ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition,
               by_id ? "there is no topic with this id" : "topic '" + topic_data.name + "' does not exist");
      } else {
        AppendOne(topic, data, answer, all);
      }
      all.failed |= answer.error_code != 0;
    }
  }
  return all;
}

/// Shared by the callbacks of one request; the last one sends the response.
struct Durable {
  ProduceResponse response;
  std::atomic<std::size_t> left;
  std::int32_t correlation_id;
  std::int16_t version;
  OneShot<Encoded> done;

  Durable(ProduceResponse r, std::size_t n, const RequestHeader& header)
      : response(std::move(r)), left(n), correlation_id(header.correlation_id), version(header.api_version) {}
};

Reply AnswerWhenDurable(Appended all, const RequestHeader& header) {
  auto waits = std::move(all.waits);
  auto shared = std::make_shared<Durable>(std::move(all.response), waits.size(), header);
  for (auto& wait : waits) {
    wait.partition->WhenDurable(wait.end, [shared, topic = wait.topic, index = wait.index](Status status) {
      // Each callback writes its own partition's answer only; the counter orders them before the encoding.
      if (!status) {
        Refuse(shared->response.topics[topic].partitions[index],
               ToErrorCode(status.error().kind(), ErrorSubject::kRecords), status.error().ToString());
      }
      if (shared->left.fetch_sub(1) == 1) {
        shared->done.Set(EncodeResponse(shared->response, shared->correlation_id, shared->version));
      }
    });
  }
  return Reply(shared->done);
}

/// Versions 0 to 2 carry the message formats before record batches.
ProduceResponse RefuseOldVersion(const ProduceRequest& asked) {
  ProduceResponse response;
  for (const auto& topic : asked.topics) {
    auto& answer = response.topics.emplace_back();
    answer.name = topic.name;
    for (const auto& partition : topic.partitions) {
      answer.partitions.push_back({.index = partition.index, .error_code = Code(ErrorCode::kUnsupportedVersion)});
      answer.partitions.back().base_offset = -1;
    }
  }
  return response;
}

}  // namespace

HandlerResult HandleProduce(Services& services, Request& request) {
  FLOE_CO_TRY(auto asked, request.Decode<ProduceRequest>());
  if (request.header.api_version < kFirstHandled && asked.acks != kAcksNone) {
    co_return Reply(request.Encode(RefuseOldVersion(asked)));
  }
  const bool by_id = request.header.api_version >= 13;
  auto all = co_await Offload(services.compute, [&] { return AppendAll(services, asked, by_id); });
  if (asked.acks == kAcksNone) {
    // Nobody reads an answer, so a lost batch is shown by closing the connection, as Kafka does.
    if (all.failed) co_return Fail(ErrorKind::kInvalidInput, "a batch sent with acks=0 was refused");
    co_return Reply();
  }
  if (asked.acks == kAcksLeader || all.waits.empty()) co_return Reply(request.Encode(all.response));
  co_return AnswerWhenDurable(std::move(all), request.header);
}

}  // namespace floe::kafka
