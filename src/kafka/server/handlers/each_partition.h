// SPDX-License-Identifier: Apache-2.0
// The walk of the apis that ask by topic name and partition, and answer partition by partition.
#pragma once

#include <memory>

#include "kafka/protocol/error_code.h"
#include "kafka/server/options.h"
#include "kafka/server/topic_directory.h"

namespace floe::kafka {

/// Mirrors `asked` in `answered`, names and indexes filled in, and calls `answer(partition, asked, answer)` for each
/// partition; nullptr: there is no such partition.
template <typename AskedTopics, typename AnsweredTopics, typename Answer>
void AnswerEachPartition(const TopicDirectory& topics, const AskedTopics& asked, AnsweredTopics& answered,
                         Answer answer) {
  for (const auto& topic : asked) {
    auto& topic_answer = answered.emplace_back();
    topic_answer.name = topic.name;
    const auto known = topics.FindByName(topic.name);
    for (const auto& partition : topic.partitions) {
      auto& partition_answer = topic_answer.partitions.emplace_back();
      partition_answer.index = partition.index;
      answer(TopicDirectory::PartitionOf(known, partition.index), partition, partition_answer);
    }
  }
}

/// Whether a partition can be asked in this epoch; there is one epoch only.
inline ErrorCode CheckEpoch(const std::shared_ptr<log::Partition>& partition, std::int32_t current_leader_epoch) {
  if (partition == nullptr) return ErrorCode::kUnknownTopicOrPartition;
  return current_leader_epoch > kLeaderEpoch ? ErrorCode::kUnknownLeaderEpoch : ErrorCode::kNone;
}

}  // namespace floe::kafka
