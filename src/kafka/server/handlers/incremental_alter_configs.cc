// SPDX-License-Identifier: Apache-2.0
// IncrementalAlterConfigs: changes single settings (KIP-339).
#include "kafka/protocol/messages/incremental_alter_configs.h"

#include "kafka/server/alter_resource.h"
#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {

HandlerResult HandleIncrementalAlterConfigs(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<IncrementalAlterConfigsRequest>());
  IncrementalAlterConfigsResponse response;
  const auto alter_all = [&] {
    for (const auto& resource : asked.resources) {
      std::vector<ConfigChange> changes;
      for (const auto& config : resource.configs) {
        changes.push_back({config.name, static_cast<AlterOperation>(config.operation), config.value});
      }
      auto outcome =
          AlterResource(services, resource.resource_type, resource.resource_name, changes, false, asked.validate_only);
      auto& answer = response.responses.emplace_back();
      answer.resource_type = resource.resource_type;
      answer.resource_name = resource.resource_name;
      answer.error_code = Code(outcome.code);
      if (outcome.code != ErrorCode::kNone) answer.error_message = std::move(outcome.message);
    }
  };
  co_await Offload(services.compute, alter_all);
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
