// SPDX-License-Identifier: Apache-2.0
// OffsetFetch: committed offsets of one group, or of many from version 8 on.
#include "kafka/protocol/messages/offset_fetch.h"

#include "kafka/server/handlers/handlers.h"
#include "kafka/server/offset_store.h"
#include "kafka/server/topic_directory.h"

namespace floe::kafka {
namespace {

const CommittedOffset* Committed(const GroupOffsets* offsets, const std::string& topic, std::int32_t partition) {
  if (offsets == nullptr) return nullptr;
  const auto found = offsets->find({topic, PartitionId(partition)});
  return found == offsets->end() ? nullptr : &found->second;
}

/// Nothing committed is offset -1 with empty metadata, not an error.
template <typename Partition>
Partition Answer(std::int32_t index, const CommittedOffset* committed) {
  Partition answer;
  answer.index = index;
  answer.committed_offset = committed == nullptr ? -1 : committed->offset.value();
  answer.committed_leader_epoch = committed == nullptr ? -1 : committed->leader_epoch.value();
  answer.metadata = committed == nullptr ? "" : committed->metadata;
  return answer;
}

/// Every topic the group has committed to.
template <typename Topic, typename Partition>
void AddAll(const GroupOffsets* offsets, std::vector<Topic>& topics) {
  if (offsets == nullptr) return;
  for (const auto& [key, committed] : *offsets) {
    if (topics.empty() || topics.back().name != key.topic) topics.emplace_back().name = key.topic;
    topics.back().partitions.push_back(Answer<Partition>(key.partition.value(), &committed));
  }
}

OffsetFetchResponse::Group AnswerGroup(Services& services, const OffsetFetchRequest::Group& asked, bool by_id) {
  using Topic = OffsetFetchResponse::Group::Topic;
  using Partition = OffsetFetchResponse::Group::Topic::Partition;
  OffsetFetchResponse::Group answer;
  answer.group_id = asked.group_id;
  const auto offsets = services.offsets.Find(asked.group_id);
  if (!asked.topics) {
    AddAll<Topic, Partition>(offsets.get(), answer.topics);
    for (auto& topic : answer.topics) {
      if (const auto known = services.topics.FindByName(topic.name)) topic.topic_id = TopicDirectory::IdOf(*known);
    }
    return answer;
  }
  for (const auto& topic : *asked.topics) {
    auto& topic_answer = answer.topics.emplace_back();
    topic_answer.name = topic.name;
    topic_answer.topic_id = topic.topic_id;
    std::string name = topic.name;
    bool unknown = false;
    if (by_id) {
      const auto known = services.topics.FindById(topic.topic_id);
      unknown = known == nullptr;
      if (!unknown) name = known->name;
    }
    for (const auto index : topic.partitions) {
      auto partition = Answer<Partition>(index, unknown ? nullptr : Committed(offsets.get(), name, index));
      if (unknown) partition.error_code = Code(ErrorCode::kUnknownTopicId);
      topic_answer.partitions.push_back(std::move(partition));
    }
  }
  return answer;
}

}  // namespace

HandlerResult HandleOffsetFetch(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<OffsetFetchRequest>());
  OffsetFetchResponse response;
  if (request.header.api_version >= 8) {
    for (const auto& group : asked.groups) {
      response.groups.push_back(AnswerGroup(services, group, request.header.api_version >= 10));
    }
    co_return Reply(request.Encode(response));
  }
  using Topic = OffsetFetchResponse::Topic;
  using Partition = OffsetFetchResponse::Topic::Partition;
  const auto offsets = services.offsets.Find(asked.group_id);
  if (!asked.topics) {
    AddAll<Topic, Partition>(offsets.get(), response.topics);
    co_return Reply(request.Encode(response));
  }
  for (const auto& topic : *asked.topics) {
    auto& topic_answer = response.topics.emplace_back();
    topic_answer.name = topic.name;
    for (const auto index : topic.partitions) {
      topic_answer.partitions.push_back(Answer<Partition>(index, Committed(offsets.get(), topic.name, index)));
    }
  }
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
