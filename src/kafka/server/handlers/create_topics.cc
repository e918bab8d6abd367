// SPDX-License-Identifier: Apache-2.0
// CreateTopics.
#include "kafka/protocol/messages/create_topics.h"

#include <map>
#include <set>

#include "kafka/server/config_resource.h"
#include "kafka/server/error_map.h"
#include "kafka/server/handlers/handlers.h"
#include "kafka/server/topic_config_change.h"
#include "kafka/server/topic_directory.h"
#include "log/topic_config.h"

namespace floe::kafka {
namespace {

constexpr int kMaxPartitions = 10'000;

struct Refusal {
  ErrorCode code = ErrorCode::kNone;
  std::string message;
};

Refusal FromError(const Error& error, ErrorSubject subject) {
  return {ToErrorCode(error.kind(), subject), error.ToString()};
}

/// A manual assignment may only name this node, once per partition, for partitions 0 to n-1.
Refusal CheckAssignments(const CreateTopicsRequest::Topic& asked, std::int32_t node) {
  if (asked.num_partitions != -1 || asked.replication_factor != -1) {
    return {ErrorCode::kInvalidRequest,
            "give either replica assignments or counts, and -1 for the counts with assignments"};
  }
  std::set<std::int32_t> indexes;
  for (const auto& assignment : asked.assignments) {
    if (assignment.broker_ids != std::vector{node}) {
      return {ErrorCode::kInvalidReplicaAssignment, "the only broker is " + std::to_string(node)};
    }
    indexes.insert(assignment.partition_index);
  }
  const bool dense = indexes.size() == asked.assignments.size() && *indexes.begin() == 0 &&
                     *indexes.rbegin() == static_cast<std::int32_t>(indexes.size()) - 1;
  if (!dense) return {ErrorCode::kInvalidReplicaAssignment, "assignments must name partitions 0 to n-1, each once"};
  return {};
}

Refusal Check(Services& services, const CreateTopicsRequest::Topic& asked, int partitions) {
  if (auto name = log::CheckTopicName(asked.name); !name) return FromError(name.error(), ErrorSubject::kTopic);
  if (!asked.assignments.empty()) {
    if (auto refusal = CheckAssignments(asked, services.options.node_id); refusal.code != ErrorCode::kNone)
      return refusal;
  } else if (asked.replication_factor != -1 && asked.replication_factor != 1) {
    return {ErrorCode::kInvalidReplicationFactor, "replication factor " + std::to_string(asked.replication_factor) +
                                                      " is larger than the number of brokers (1); give 1 or -1"};
  }
  if (partitions < 1 || partitions > kMaxPartitions) {
    return {ErrorCode::kInvalidPartitions, "a topic has 1 to " + std::to_string(kMaxPartitions) + " partitions"};
  }
  if (services.topics.FindByName(asked.name) != nullptr) {
    return {ErrorCode::kTopicAlreadyExists, "topic '" + asked.name + "' already exists"};
  }
  return {};
}

void AddConfigs(const log::TopicConfig& config, CreateTopicsResponse::Topic& answer) {
  auto& list = answer.configs.emplace();
  for (const auto& spec : log::TopicConfigs()) {
    const auto set = config.overrides.find(std::string(spec.key));
    const bool own = set != config.overrides.end();
    list.push_back({.name = std::string(spec.key),
                    .value = own ? set->second : std::string(spec.default_value),
                    .read_only = false,
                    .config_source = static_cast<std::int8_t>(own ? ConfigSource::kTopic : ConfigSource::kDefault),
                    .is_sensitive = false});
  }
}

CreateTopicsResponse::Topic Create(Services& services, const CreateTopicsRequest::Topic& asked, bool validate_only) {
  CreateTopicsResponse::Topic answer;
  answer.name = asked.name;
  int partitions = asked.num_partitions == -1 ? services.options.default_partitions : asked.num_partitions;
  if (!asked.assignments.empty()) partitions = static_cast<int>(asked.assignments.size());
  auto refusal = Check(services, asked, partitions);
  log::TopicConfig config;
  for (const auto& item : asked.configs) {
    if (item.value) {
      config.overrides[item.name] = *item.value;
    } else if (refusal.code == ErrorCode::kNone) {
      refusal = {ErrorCode::kInvalidConfig, "topic configuration '" + item.name + "' has no value"};
    }
  }
  if (refusal.code == ErrorCode::kNone) {
    if (auto resolved = log::Resolve(config.overrides, kDefaultSegmentBytes); !resolved)
      refusal = FromError(resolved.error(), ErrorSubject::kConfig);
  }
  if (refusal.code == ErrorCode::kNone && !validate_only) {
    auto created = services.log.CreateTopic(asked.name, partitions, config);
    if (created) {
      answer.topic_id = TopicDirectory::IdOf(**created);
    } else {
      refusal = FromError(created.error(), ErrorSubject::kTopic);
    }
  }
  if (refusal.code != ErrorCode::kNone) {
    answer.error_code = Code(refusal.code);
    answer.error_message = std::move(refusal.message);
    return answer;
  }
  answer.num_partitions = partitions;
  answer.replication_factor = 1;
  AddConfigs(config, answer);
  return answer;
}

}  // namespace

HandlerResult HandleCreateTopics(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<CreateTopicsRequest>());
  CreateTopicsResponse response;
  const auto create_all = [&] {
    std::map<std::string, int> count;
    for (const auto& topic : asked.topics) ++count[topic.name];
    for (const auto& topic : asked.topics) {
      if (count[topic.name] == 1) {
        response.topics.push_back(Create(services, topic, asked.validate_only));
      } else if (count[topic.name] > 1) {
        auto& answer = response.topics.emplace_back();
        answer.name = topic.name;
        answer.error_code = Code(ErrorCode::kInvalidRequest);
        answer.error_message = "topic '" + topic.name + "' is named more than once";
        count[topic.name] = 0;
      }
    }
  };
  co_await Offload(services.compute, create_all);
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
