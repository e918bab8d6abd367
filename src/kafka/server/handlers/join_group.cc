// SPDX-License-Identifier: Apache-2.0
// JoinGroup: waits until the generation is formed.
#include "kafka/protocol/messages/join_group.h"

#include "kafka/server/group_coordinator.h"
#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {

HandlerResult HandleJoinGroup(Services& services, Request& request) {
  FLOE_CO_TRY(auto asked, request.Decode<JoinGroupRequest>());
  const auto version = request.header.api_version;
  JoinGroupResponse response;
  if (asked.group_id.empty()) {
    response.error_code = Code(ErrorCode::kInvalidGroupId);
    response.member_id = asked.member_id;
    co_return Reply(request.Encode(response));
  }
  JoinEvent event;
  event.member_id = std::move(asked.member_id);
  event.instance_id = std::move(asked.group_instance_id);
  event.client_id = request.header.client_id.value_or("");
  event.client_host = request.client_host;
  event.protocol_type = std::move(asked.protocol_type);
  for (auto& protocol : asked.protocols)
    event.protocols.push_back({std::move(protocol.name), std::move(protocol.metadata)});
  event.session_timeout = std::chrono::milliseconds(asked.session_timeout_ms);
  event.rebalance_timeout = std::chrono::milliseconds(asked.rebalance_timeout_ms);
  // Older clients do not know MEMBER_ID_REQUIRED and would join for ever.
  event.require_known_member_id = version >= 4;
  event.can_skip_assignment = version >= 9;
  FLOE_CO_TRY(auto answer, co_await services.groups.Join(std::move(asked.group_id), std::move(event)));
  response.error_code = Code(answer.error);
  response.generation_id = answer.generation;
  response.protocol_type = std::move(answer.protocol_type);
  response.protocol_name = std::move(answer.protocol_name);
  if (version < 7 && !response.protocol_name) response.protocol_name = "";
  response.leader = std::move(answer.leader);
  response.skip_assignment = answer.skip_assignment;
  response.member_id = std::move(answer.member_id);
  for (auto& member : answer.members) {
    response.members.push_back(
        {std::move(member.member_id), std::move(member.instance_id), std::move(member.metadata)});
  }
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
