// SPDX-License-Identifier: Apache-2.0
// OffsetCommit: answered once the offsets are on disk.
#include "kafka/protocol/messages/offset_commit.h"

#include "kafka/server/error_map.h"
#include "kafka/server/group_coordinator.h"
#include "kafka/server/handlers/handlers.h"
#include "kafka/server/topic_directory.h"

namespace floe::kafka {
namespace {

struct Checked {
  OffsetCommitResponse response;
  GroupOffsets offsets;
};

Checked Check(Services& services, const OffsetCommitRequest& asked, bool by_id, ErrorCode refused) {
  Checked checked;
  const auto now = services.clock.WallNowMs();
  for (const auto& topic : asked.topics) {
    auto& topic_answer = checked.response.topics.emplace_back();
    topic_answer.name = topic.name;
    topic_answer.topic_id = topic.topic_id;
    const auto known = by_id ? services.topics.FindById(topic.topic_id) : services.topics.FindByName(topic.name);
    for (const auto& partition : topic.partitions) {
      auto error = refused;
      if (error == ErrorCode::kNone && TopicDirectory::PartitionOf(known, partition.index) == nullptr) {
        error = by_id && known == nullptr ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition;
      }
      if (error == ErrorCode::kNone && partition.metadata &&
          partition.metadata->size() > services.options.max_offset_metadata) {
        error = ErrorCode::kOffsetMetadataTooLarge;
      }
      topic_answer.partitions.push_back({partition.index, Code(error)});
      if (error != ErrorCode::kNone) continue;
      checked.offsets[{known->name, PartitionId(partition.index)}] = {Offset(partition.committed_offset),
                                                                      LeaderEpoch(partition.committed_leader_epoch),
                                                                      partition.metadata.value_or(""), now};
    }
  }
  return checked;
}

}  // namespace

HandlerResult HandleOffsetCommit(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<OffsetCommitRequest>());
  const auto refused =
      services.groups.CheckCommit(asked.group_id, asked.member_id, asked.group_instance_id, asked.generation_id);
  auto checked = Check(services, asked, request.header.api_version >= 10, refused);
  if (!checked.offsets.empty()) {
    OneShot<Status> stored;
    services.offsets.Commit(asked.group_id, services.groups.ProtocolType(asked.group_id), std::move(checked.offsets),
                            [stored](Status status) { stored.Set(std::move(status)); });
    FLOE_CO_TRY(const auto status, co_await stored.Wait());
    if (!status) {
      const auto code = Code(ToErrorCode(status.error().kind(), ErrorSubject::kRequest));
      for (auto& topic : checked.response.topics) {
        for (auto& partition : topic.partitions) {
          if (partition.error_code == 0) partition.error_code = code;
        }
      }
    }
  }
  co_return Reply(request.Encode(checked.response));
}

}  // namespace floe::kafka
