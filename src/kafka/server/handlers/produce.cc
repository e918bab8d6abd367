// SPDX-License-Identifier: Apache-2.0
// Produce: appends in the order of the connection, then answers by acks while the next request is taken up.
#include "kafka/protocol/messages/produce.h"

#include <algorithm>
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

/// Requests with no more than this are written by the syncer, all that gathered at once; larger ones by a compute
/// thread, so that one connection's megabytes do not hold up everybody's sync.
constexpr std::size_t kGatheredBytes = 64U << 10;

/// One partition's batches, and where its answer is in the response.
struct Write {
  std::shared_ptr<log::Partition> partition;
  std::span<std::byte> batches;
  std::size_t topic = 0;
  std::size_t index = 0;
  Offset end;  ///< once written
};

/// A request that was looked at: what is refused has its answer already.
struct Plan {
  ProduceResponse response;
  std::vector<Write> writes;
  std::size_t bytes = 0;      ///< to write
  bool recompresses = false;  ///< maybe: a topic has a codec of its own

  ProduceResponse::Topic::Partition& AnswerOf(const Write& write) {
    return response.topics[write.topic].partitions[write.index];
  }
};

void Refuse(ProduceResponse::Topic::Partition& answer, ErrorCode code, std::string message) {
  answer.error_code = Code(code);
  answer.base_offset = -1;
  answer.error_message = std::move(message);
}

void Refuse(ProduceResponse::Topic::Partition& answer, const Error& error) {
  Refuse(answer, ToErrorCode(error.kind(), ErrorSubject::kRecords), error.ToString());
}

void Accept(ProduceResponse::Topic::Partition& answer, const log::AppendResult& appended) {
  answer.base_offset = appended.base_offset.value();
  answer.log_append_time_ms = appended.log_append_time.value();
  answer.log_start_offset = appended.log_start_offset.value();
}

/// Bits 4 and 5 of the attributes at byte 21: a batch of a transaction, or a control batch, which only brokers write.
bool TransactionalOrControl(std::span<const std::byte> batch) {
  return batch.size() > 22 && (std::to_integer<int>(batch[22]) & 0x30) != 0;
}

void PlanOne(const std::shared_ptr<const log::Topic>& topic, ProduceRequest::Topic::Partition& data, Plan& plan) {
  auto& answer = plan.response.topics.back().partitions.back();
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
  plan.bytes += data.records.bytes.size();
  plan.recompresses |= topic->config.overrides.contains("compression.type");
  plan.writes.push_back({.partition = std::move(partition),
                         .batches = data.records.bytes,
                         .topic = plan.response.topics.size() - 1,
                         .index = plan.response.topics.back().partitions.size() - 1,
                         .end = {}});
}

/// Topic by topic, partition by partition: the order in which they are written, so that one producer's is kept.
Plan MakePlan(Services& services, ProduceRequest& asked, bool by_id) {
  Plan plan;
  const bool acks_known = asked.acks == kAcksNone || asked.acks == kAcksLeader || asked.acks == kAcksAll;
  for (auto& topic_data : asked.topics) {
    auto& topic_answer = plan.response.topics.emplace_back();
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
        PlanOne(topic, data, plan);
      }
    }
  }
  return plan;
}

/// On a compute thread. What is left in `writes` was written.
void AppendAll(Plan& plan) {
  std::erase_if(plan.writes, [&](Write& write) {
    auto appended = write.partition->Append(write.batches);
    if (!appended) {
      Refuse(plan.AnswerOf(write), appended.error());
      return true;
    }
    Accept(plan.AnswerOf(write), *appended);
    write.end = appended->last_offset + 1;
    return false;
  });
}

bool AnyRefused(const ProduceResponse& response) {
  return std::ranges::any_of(response.topics, [](const auto& topic) {
    return std::ranges::any_of(topic.partitions, [](const auto& partition) { return partition.error_code != 0; });
  });
}

/// Shared by the callbacks of one request; the last one sends the response. Each writes its own partition's answer
/// only; the counter orders them before the encoding.
struct Durable {
  Plan plan;
  std::atomic<std::size_t> left;
  std::int32_t correlation_id;
  std::int16_t version;
  OneShot<Encoded> done;

  Durable(Plan p, const RequestHeader& header)
      : plan(std::move(p)),
        left(plan.writes.size()),
        correlation_id(header.correlation_id),
        version(header.api_version) {}

  void OneDone() {
    if (left.fetch_sub(1) == 1) done.Set(EncodeResponse(plan.response, correlation_id, version));
  }
};

OneShot<Encoded> AnswerWhenDurable(Plan plan, const RequestHeader& header) {
  auto shared = std::make_shared<Durable>(std::move(plan), header);
  for (const Write& write : shared->plan.writes) {
    write.partition->WhenDurable(write.end, [shared, &write](Status status) {
      if (!status) Refuse(shared->plan.AnswerOf(write), status.error());
      shared->OneDone();
    });
  }
  return shared->done;
}

/// The frame's bytes are needed for the next request before these are written.
OneShot<Encoded> AppendDurably(Plan plan, const RequestHeader& header) {
  auto shared = std::make_shared<Durable>(std::move(plan), header);
  for (const Write& write : shared->plan.writes) {
    const auto done = [shared, &write](Result<log::AppendResult> appended) {
      auto& answer = shared->plan.AnswerOf(write);
      if (appended) {
        Accept(answer, *appended);
      } else {
        Refuse(answer, appended.error());
      }
      shared->OneDone();
    };
    write.partition->AppendDurably(write.batches, done, &write == &shared->plan.writes.back());
  }
  return shared->done;
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
  auto plan = MakePlan(services, asked, by_id);
  if (asked.acks == kAcksAll && !plan.writes.empty() && plan.bytes <= kGatheredBytes && !plan.recompresses) {
    if (auto memory = services.request_memory.TryAcquire(plan.bytes)) {
      co_return Reply(AppendDurably(std::move(plan), request.header), std::move(*memory));
    }
  }
  if (!plan.writes.empty()) co_await Offload(services.compute, [&] { AppendAll(plan); });
  if (asked.acks == kAcksNone) {
    // Nobody reads an answer, so a lost batch is shown by closing the connection, as Kafka does.
    if (AnyRefused(plan.response)) co_return Fail(ErrorKind::kInvalidInput, "a batch sent with acks=0 was refused");
    co_return Reply();
  }
  if (asked.acks == kAcksLeader || plan.writes.empty()) co_return Reply(request.Encode(plan.response));
  co_return Reply(AnswerWhenDurable(std::move(plan), request.header));
}

}  // namespace floe::kafka
