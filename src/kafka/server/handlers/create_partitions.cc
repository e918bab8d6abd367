// SPDX-License-Identifier: Apache-2.0
// CreatePartitions: an answer for every topic asked for.
#include "kafka/protocol/messages/create_partitions.h"

#include <algorithm>

#include "kafka/server/error_map.h"
#include "kafka/server/handlers/handlers.h"
#include "kafka/server/topic_directory.h"

namespace floe::kafka {
namespace {

constexpr std::int32_t kMaxPartitions = 10'000;

CreatePartitionsResponse::Topic Add(Services& services, const CreatePartitionsRequest::Topic& asked,
                                    bool validate_only) {
  CreatePartitionsResponse::Topic answer;
  answer.name = asked.name;
  const auto refuse = [&answer](ErrorCode code, std::string message) {
    answer.error_code = Code(code);
    answer.error_message = std::move(message);
    return answer;
  };
  const auto topic = services.topics.FindByName(asked.name);
  if (topic == nullptr) return refuse(ErrorCode::kUnknownTopicOrPartition, "topic '" + asked.name + "' does not exist");
  const auto now = static_cast<std::int32_t>(topic->partitions.size());
  if (asked.count <= now) {
    return refuse(ErrorCode::kInvalidPartitions, "topic '" + asked.name + "' has " + std::to_string(now) +
                                                     " partitions; the new total must be larger than that");
  }
  if (asked.count > kMaxPartitions) {
    return refuse(ErrorCode::kInvalidPartitions,
                  "a topic has at most " + std::to_string(kMaxPartitions) + " partitions");
  }
  if (asked.assignments) {
    const auto node = services.options.node_id;
    const bool ours =
        std::ranges::all_of(*asked.assignments, [node](const auto& a) { return a.broker_ids == std::vector{node}; });
    if (!ours || static_cast<std::int32_t>(asked.assignments->size()) != asked.count - now) {
      return refuse(ErrorCode::kInvalidReplicaAssignment,
                    "give one assignment to broker " + std::to_string(node) + " for each new partition, or none");
    }
  }
  if (validate_only) return answer;
  if (auto added = services.log.AddPartitions(asked.name, asked.count); !added) {
    return refuse(ToErrorCode(added.error().kind(), ErrorSubject::kTopic), added.error().ToString());
  }
  return answer;
}

}  // namespace

HandlerResult HandleCreatePartitions(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<CreatePartitionsRequest>());
  CreatePartitionsResponse response;
  const auto add_all = [&] {
    for (const auto& topic : asked.topics) response.results.push_back(Add(services, topic, asked.validate_only));
  };
  co_await Offload(services.compute, add_all);
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
