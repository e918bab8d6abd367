// SPDX-License-Identifier: Apache-2.0
// DeleteGroups: empty groups and their offsets.
#include "kafka/protocol/messages/delete_groups.h"

#include "kafka/server/error_map.h"
#include "kafka/server/group_coordinator.h"
#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {

HandlerResult HandleDeleteGroups(Services& services, Request& request) {
  FLOE_CO_TRY(auto asked, request.Decode<DeleteGroupsRequest>());
  DeleteGroupsResponse response;
  for (auto& id : asked.group_names) {
    auto error = services.groups.Forget(id);
    if (error == ErrorCode::kNone) {
      OneShot<Status> removed;
      services.offsets.Remove(id, std::nullopt, [removed](Status status) { removed.Set(std::move(status)); });
      FLOE_CO_TRY(const auto status, co_await removed.Wait());
      if (!status) error = ToErrorCode(status.error().kind(), ErrorSubject::kRequest);
    }
    response.results.push_back({std::move(id), Code(error)});
  }
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
