// SPDX-License-Identifier: Apache-2.0
// SyncGroup: waits for the leader's assignment.
#include "kafka/protocol/messages/sync_group.h"

#include "kafka/server/group_coordinator.h"
#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {

HandlerResult HandleSyncGroup(Services& services, Request& request) {
  FLOE_CO_TRY(auto asked, request.Decode<SyncGroupRequest>());
  SyncEvent event;
  event.member_id = std::move(asked.member_id);
  event.instance_id = std::move(asked.group_instance_id);
  event.generation = asked.generation_id;
  event.protocol_type = std::move(asked.protocol_type);
  event.protocol_name = std::move(asked.protocol_name);
  for (auto& item : asked.assignments)
    event.assignments.emplace_back(std::move(item.member_id), std::move(item.assignment));
  FLOE_CO_TRY(auto answer, co_await services.groups.Sync(std::move(asked.group_id), std::move(event)));
  SyncGroupResponse response;
  response.error_code = Code(answer.error);
  response.protocol_type = std::move(answer.protocol_type);
  response.protocol_name = std::move(answer.protocol_name);
  response.assignment = std::move(answer.assignment);
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
