// SPDX-License-Identifier: Apache-2.0
// LeaveGroup: one member, or many from version 3 on (KIP-345).
#include "kafka/protocol/messages/leave_group.h"

#include "kafka/server/group_coordinator.h"
#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {

HandlerResult HandleLeaveGroup(Services& services, Request& request) {
  FLOE_CO_TRY(auto asked, request.Decode<LeaveGroupRequest>());
  LeaveGroupResponse response;
  if (request.header.api_version < 3) {
    response.error_code = Code(services.groups.Leave(asked.group_id, asked.member_id, std::nullopt));
    co_return Reply(request.Encode(response));
  }
  for (auto& member : asked.members) {
    const auto error = services.groups.Leave(asked.group_id, member.member_id, member.group_instance_id);
    response.members.push_back({std::move(member.member_id), std::move(member.group_instance_id), Code(error)});
  }
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
