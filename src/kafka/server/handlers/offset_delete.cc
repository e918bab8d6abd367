// SPDX-License-Identifier: Apache-2.0
// OffsetDelete: forgets offsets of topics that the group does not read (KIP-496).
#include "kafka/protocol/messages/offset_delete.h"

#include "kafka/server/error_map.h"
#include "kafka/server/group_coordinator.h"
#include "kafka/server/handlers/handlers.h"
#include "kafka/server/topic_directory.h"

namespace floe::kafka {

HandlerResult HandleOffsetDelete(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<OffsetDeleteRequest>());
  OffsetDeleteResponse response;
  const auto group = services.groups.Describe(asked.group_id);
  if (!group) {
    response.error_code = Code(ErrorCode::kGroupIdNotFound);
    co_return Reply(request.Encode(response));
  }
  // Members of another protocol may use any topic.
  if (!group->members.empty() && group->protocol_type != "consumer") {
    response.error_code = Code(ErrorCode::kNonEmptyGroup);
    co_return Reply(request.Encode(response));
  }
  const auto subscribed = services.groups.SubscribedTopics(asked.group_id);
  std::set<TopicPartition> remove;
  for (const auto& topic : asked.topics) {
    auto& topic_answer = response.topics.emplace_back();
    topic_answer.name = topic.name;
    for (const auto& partition : topic.partitions) {
      auto error = ErrorCode::kNone;
      if (subscribed.contains(topic.name)) {
        error = ErrorCode::kGroupSubscribedToTopic;
      } else {
        remove.insert({topic.name, PartitionId(partition.index)});
      }
      topic_answer.partitions.push_back({partition.index, Code(error)});
    }
  }
  if (!remove.empty()) {
    OneShot<Status> removed;
    services.offsets.Remove(asked.group_id, std::move(remove),
                            [removed](Status status) { removed.Set(std::move(status)); });
    FLOE_CO_TRY(const auto status, co_await removed.Wait());
    if (!status) response.error_code = Code(ToErrorCode(status.error().kind(), ErrorSubject::kRequest));
  }
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
