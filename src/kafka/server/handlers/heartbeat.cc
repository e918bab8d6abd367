// SPDX-License-Identifier: Apache-2.0
// Heartbeat.
#include "kafka/protocol/messages/heartbeat.h"

#include "kafka/server/group_coordinator.h"
#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {

HandlerResult HandleHeartbeat(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<HeartbeatRequest>());
  HeartbeatResponse response;
  response.error_code =
      Code(services.groups.Heartbeat(asked.group_id, asked.member_id, asked.group_instance_id, asked.generation_id));
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
