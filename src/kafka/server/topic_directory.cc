// SPDX-License-Identifier: Apache-2.0
// Topic ids, looked up in the log when they are not known yet.
#include "kafka/server/topic_directory.h"

namespace floe::kafka {

std::shared_ptr<const log::Topic> TopicDirectory::FindById(const Uuid& id) {
  if (id.is_zero()) return nullptr;
  {
    std::lock_guard lock(mu_);
    if (const auto known = names_.find(id); known != names_.end()) {
      auto topic = log_.FindTopic(known->second);
      // A topic deleted and made again has another id.
      if (topic != nullptr && IdOf(*topic) == id) return topic;
      names_.erase(known);
    }
  }
  for (auto& topic : log_.Topics()) {
    if (IdOf(*topic) != id) continue;
    std::lock_guard lock(mu_);
    names_[id] = topic->name;
    return topic;
  }
  return nullptr;
}

std::shared_ptr<log::Partition> TopicDirectory::PartitionOf(const std::shared_ptr<const log::Topic>& topic,
                                                            std::int32_t index) {
  if (topic == nullptr || index < 0 || static_cast<std::size_t>(index) >= topic->partitions.size()) return nullptr;
  return topic->partitions[static_cast<std::size_t>(index)];
}

}  // namespace floe::kafka
