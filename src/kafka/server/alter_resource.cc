// SPDX-License-Identifier: Apache-2.0
// Changes a topic's configuration.
#include "kafka/server/alter_resource.h"

#include "kafka/server/error_map.h"
#include "kafka/server/topic_directory.h"

namespace floe::kafka {

AlterOutcome AlterResource(Services& services, std::int8_t type, const std::string& name,
                           const std::vector<ConfigChange>& changes, bool replace, bool validate_only) {
  if (static_cast<ResourceType>(type) != ResourceType::kTopic) {
    return {ErrorCode::kInvalidRequest,
            "only topic configurations (type 2) can be changed; the node's own are in floe.yaml"};
  }
  std::lock_guard lock(services.alter_mu);
  const auto topic = services.topics.FindByName(name);
  if (topic == nullptr) return {ErrorCode::kUnknownTopicOrPartition, "topic '" + name + "' does not exist"};
  auto config = ApplyConfigChanges(replace ? log::TopicConfig{} : topic->config, changes);
  if (!config) return {ToErrorCode(config.error().kind(), ErrorSubject::kConfig), config.error().ToString()};
  if (validate_only) return {};
  if (auto altered = services.log.AlterConfig(name, std::move(*config)); !altered) {
    return {ToErrorCode(altered.error().kind(), ErrorSubject::kConfig), altered.error().ToString()};
  }
  return {};
}

}  // namespace floe::kafka
