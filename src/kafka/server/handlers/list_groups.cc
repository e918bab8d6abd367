// SPDX-License-Identifier: Apache-2.0
// ListGroups with its filters (KIP-518, KIP-848).
#include "kafka/protocol/messages/list_groups.h"

#include <algorithm>

#include "kafka/server/group_coordinator.h"
#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {
namespace {

constexpr std::string_view kClassic = "classic";

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

bool Passes(const std::vector<std::string>& filter, std::string_view value) {
  if (filter.empty()) return true;
  return std::ranges::any_of(filter, [&](const auto& wanted) { return Lower(wanted) == Lower(std::string(value)); });
}

}  // namespace

HandlerResult HandleListGroups(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<ListGroupsRequest>());
  ListGroupsResponse response;
  for (auto& group : services.groups.List()) {
    if (!Passes(asked.states_filter, group.state) || !Passes(asked.types_filter, kClassic)) continue;
    response.groups.push_back(
        {std::move(group.group_id), std::move(group.protocol_type), std::move(group.state), std::string(kClassic)});
  }
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
