// SPDX-License-Identifier: Apache-2.0
// Metadata: this node and the topics, made on demand when the client and the configuration allow it.
#include "kafka/protocol/messages/metadata.h"

#include "kafka/server/authorized_operations.h"
#include "kafka/server/error_map.h"
#include "kafka/server/handlers/handlers.h"
#include "kafka/server/topic_directory.h"

namespace floe::kafka {
namespace {

MetadataResponse::Topic Describe(Services& services, const log::Topic& topic, bool with_operations) {
  MetadataResponse::Topic answer;
  answer.name = topic.name;
  answer.topic_id = TopicDirectory::IdOf(topic);
  if (with_operations) answer.authorized_operations = kTopicOperations;
  const auto node = services.options.node_id;
  answer.partitions.reserve(topic.partitions.size());
  for (const auto& partition : topic.partitions) {
    auto& item = answer.partitions.emplace_back();
    item.index = partition->id().value();
    item.leader_id = node;
    item.leader_epoch = kLeaderEpoch;
    item.replica_nodes = {node};
    item.isr_nodes = {node};
  }
  return answer;
}

MetadataResponse::Topic ErrorFor(const MetadataRequest::Topic& asked, ErrorCode code, std::int16_t version) {
  MetadataResponse::Topic answer;
  answer.error_code = Code(code);
  answer.topic_id = asked.topic_id;
  answer.name = asked.name;
  if (version < 12 && !answer.name) answer.name = "";
  return answer;
}

/// On a compute thread when topics may be made.
MetadataResponse::Topic Find(Services& services, const MetadataRequest& request, const MetadataRequest::Topic& asked,
                             bool create, std::int16_t version) {
  const bool operations = request.include_topic_authorized_operations;
  if (!asked.name) {
    const auto topic = services.topics.FindById(asked.topic_id);
    return topic != nullptr ? Describe(services, *topic, operations)
                            : ErrorFor(asked, ErrorCode::kUnknownTopicId, version);
  }
  if (const auto topic = services.topics.FindByName(*asked.name)) return Describe(services, *topic, operations);
  if (!create) return ErrorFor(asked, ErrorCode::kUnknownTopicOrPartition, version);
  auto created = services.log.CreateTopic(*asked.name, services.options.default_partitions, {});
  if (created) return Describe(services, **created, operations);
  // Another request made it meanwhile.
  if (const auto topic = services.topics.FindByName(*asked.name)) return Describe(services, *topic, operations);
  return ErrorFor(asked, ToErrorCode(created.error().kind(), ErrorSubject::kTopic), version);
}

bool NeedsCreation(Services& services, const MetadataRequest& request) {
  for (const auto& topic : *request.topics) {
    if (topic.name && services.topics.FindByName(*topic.name) == nullptr) return true;
  }
  return false;
}

}  // namespace

HandlerResult HandleMetadata(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<MetadataRequest>());
  const auto version = request.header.api_version;
  MetadataResponse response;
  response.brokers.push_back(
      {.node_id = services.options.node_id, .host = services.host, .port = services.port, .rack = std::nullopt});
  response.cluster_id = services.options.cluster_id;
  response.controller_id = services.options.node_id;
  if (asked.include_cluster_authorized_operations) response.cluster_authorized_operations = kClusterOperations;
  const bool all = !asked.topics || (version == 0 && asked.topics->empty());
  if (all) {
    for (const auto& topic : services.log.Topics()) {
      response.topics.push_back(Describe(services, *topic, asked.include_topic_authorized_operations));
    }
    co_return Reply(request.Encode(response));
  }
  const bool create =
      services.options.auto_create_topics && asked.allow_auto_topic_creation && NeedsCreation(services, asked);
  const auto find_all = [&] {
    for (const auto& topic : *asked.topics) response.topics.push_back(Find(services, asked, topic, create, version));
  };
  if (create) {
    co_await Offload(services.compute, find_all);
  } else {
    find_all();
  }
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
