// SPDX-License-Identifier: Apache-2.0
// What AlterConfigs and IncrementalAlterConfigs share.
#pragma once

#include <string>
#include <vector>

#include "kafka/protocol/error_code.h"
#include "kafka/server/request.h"
#include "kafka/server/topic_config_change.h"

namespace floe::kafka {

struct AlterOutcome {
  ErrorCode code = ErrorCode::kNone;
  std::string message;
};

/// Blocking. `replace` drops what is set now first. Only topics can be changed while the node runs.
AlterOutcome AlterResource(Services& services, std::int8_t type, const std::string& name,
                           const std::vector<ConfigChange>& changes, bool replace, bool validate_only);

}  // namespace floe::kafka
