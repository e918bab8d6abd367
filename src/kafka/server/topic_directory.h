// SPDX-License-Identifier: Apache-2.0
// Finds topics by name and by id.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "kafka/protocol/uuid.h"
#include "log/log.h"

namespace floe::kafka {

/// Thread-safe; never blocks but for a short lock.
class TopicDirectory {
 public:
  explicit TopicDirectory(log::Log& log) : log_(log) {}

  std::shared_ptr<const log::Topic> FindByName(const std::string& name) const { return log_.FindTopic(name); }
  std::shared_ptr<const log::Topic> FindById(const Uuid& id);
  /// The wire form of a topic's id.
  static Uuid IdOf(const log::Topic& topic) { return Uuid::FromString(topic.id).value_or(Uuid{}); }
  /// nullptr when there is no such partition.
  static std::shared_ptr<log::Partition> PartitionOf(const std::shared_ptr<const log::Topic>& topic,
                                                     std::int32_t index);

 private:
  log::Log& log_;
  std::mutex mu_;
  std::unordered_map<Uuid, std::string> names_;  // guarded by mu_; may name deleted topics
};

}  // namespace floe::kafka
