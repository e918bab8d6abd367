// SPDX-License-Identifier: Apache-2.0
// Changes to a topic's configuration, computed before anything is stored.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "kafka/server/config_resource.h"
#include "log/log.h"

namespace floe::kafka {

/// Only the check of values needs it.
inline constexpr std::uint64_t kDefaultSegmentBytes = 128ULL << 20;

struct ConfigChange {
  std::string name;
  AlterOperation operation = AlterOperation::kSet;
  std::optional<std::string> value;
};

/// The configuration after the changes. kInvalidInput: unknown key, bad value, key named twice, or list operation on
/// what is no list.
Result<log::TopicConfig> ApplyConfigChanges(log::TopicConfig config, const std::vector<ConfigChange>& changes);

}  // namespace floe::kafka
