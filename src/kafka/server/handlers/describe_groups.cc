// SPDX-License-Identifier: Apache-2.0
// DescribeGroups.
#include "kafka/protocol/messages/describe_groups.h"

#include "kafka/server/authorized_operations.h"
#include "kafka/server/group_coordinator.h"
#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {

HandlerResult HandleDescribeGroups(Services& services, Request& request) {
  FLOE_CO_TRY(auto asked, request.Decode<DescribeGroupsRequest>());
  DescribeGroupsResponse response;
  for (auto& id : asked.groups) {
    auto& answer = response.groups.emplace_back();
    answer.group_id = id;
    if (asked.include_authorized_operations) answer.authorized_operations = kGroupOperations;
    auto group = services.groups.Describe(id);
    if (!group) {
      answer.group_state = "Dead";
      // Version 6 tells unknown groups from dead ones (KIP-1043).
      if (request.header.api_version >= 6) {
        answer.error_code = Code(ErrorCode::kGroupIdNotFound);
        answer.error_message = "there is no group '" + id + "'";
      }
      continue;
    }
    answer.group_state = std::move(group->state);
    answer.protocol_type = std::move(group->protocol_type);
    answer.protocol_data = std::move(group->protocol);
    for (auto& member : group->members) {
      answer.members.push_back({.member_id = std::move(member.member_id),
                                .group_instance_id = std::move(member.instance_id),
                                .client_id = std::move(member.client_id),
                                .client_host = std::move(member.client_host),
                                .metadata = std::move(member.metadata),
                                .assignment = std::move(member.assignment)});
    }
  }
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
