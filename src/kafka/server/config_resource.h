// SPDX-License-Identifier: Apache-2.0
// The numbers of the configuration apis, and this node's own settings as Kafka names them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kafka/server/options.h"

namespace floe::kafka {

enum class ResourceType : std::int8_t { kTopic = 2, kBroker = 4, kBrokerLogger = 8, kClientMetrics = 16, kGroup = 32 };
enum class ConfigSource : std::int8_t {
  kTopic = 1,
  kDynamicBroker = 2,
  kDynamicDefaultBroker = 3,
  kStaticBroker = 4,
  kDefault = 5
};
enum class AlterOperation : std::int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };
enum class BrokerConfigType : std::int8_t { kBoolean = 1, kString = 2, kInt = 3, kLong = 5 };

struct BrokerSetting {
  std::string name;
  std::string value;
  BrokerConfigType type;
  std::string doc;
};

/// What clients and tools look at; all are fixed while the node runs.
std::vector<BrokerSetting> BrokerSettings(const ServerOptions& options, const std::string& host, std::uint16_t port);

}  // namespace floe::kafka
