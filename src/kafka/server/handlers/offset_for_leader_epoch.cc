// SPDX-License-Identifier: Apache-2.0
// OffsetForLeaderEpoch: where an epoch ended. There is one epoch, and it goes on.
#include "kafka/protocol/messages/offset_for_leader_epoch.h"

#include "kafka/server/handlers/handlers.h"
#include "kafka/server/topic_directory.h"

namespace floe::kafka {

HandlerResult HandleOffsetForLeaderEpoch(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<OffsetForLeaderEpochRequest>());
  OffsetForLeaderEpochResponse response;
  for (const auto& topic : asked.topics) {
    auto& topic_answer = response.topics.emplace_back();
    topic_answer.name = topic.name;
    const auto known = services.topics.FindByName(topic.name);
    for (const auto& partition : topic.partitions) {
      auto& answer = topic_answer.partitions.emplace_back();
      answer.index = partition.index;
      const auto found = TopicDirectory::PartitionOf(known, partition.index);
      if (found == nullptr) {
        answer.error_code = Code(ErrorCode::kUnknownTopicOrPartition);
      } else if (partition.current_leader_epoch > kLeaderEpoch) {
        answer.error_code = Code(ErrorCode::kUnknownLeaderEpoch);
      } else if (partition.leader_epoch == kLeaderEpoch) {
        answer.leader_epoch = kLeaderEpoch;
        answer.end_offset = found->high_watermark().value();
      }
    }
  }
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
