// SPDX-License-Identifier: Apache-2.0
// FindCoordinator: this node coordinates every group.
#include "kafka/protocol/messages/find_coordinator.h"

#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {
namespace {

constexpr std::int8_t kGroup = 0;
constexpr std::int8_t kTransaction = 1;

FindCoordinatorResponse::Coordinator Locate(Services& services, std::string key, std::int8_t type) {
  FindCoordinatorResponse::Coordinator answer;
  answer.key = std::move(key);
  if (type == kGroup) {
    answer.node_id = services.options.node_id;
    answer.host = services.host;
    answer.port = services.port;
    return answer;
  }
  answer.node_id = -1;
  answer.port = -1;
  // Clients give up at once on this code for transactions; on most others they ask again until they time out.
  answer.error_code =
      Code(type == kTransaction ? ErrorCode::kTransactionalIdAuthorizationFailed : ErrorCode::kInvalidRequest);
  answer.error_message = type == kTransaction ? "transactions are not supported by Floe; remove transactional.id"
                                              : "only group coordinators (key type 0) are supported by Floe";
  return answer;
}

}  // namespace

HandlerResult HandleFindCoordinator(Services& services, Request& request) {
  FLOE_CO_TRY(auto asked, request.Decode<FindCoordinatorRequest>());
  FindCoordinatorResponse response;
  if (request.header.api_version >= 4) {
    for (auto& key : asked.coordinator_keys)
      response.coordinators.push_back(Locate(services, std::move(key), asked.key_type));
  } else {
    auto one = Locate(services, std::move(asked.key), asked.key_type);
    response.error_code = one.error_code;
    response.error_message = std::move(one.error_message);
    response.node_id = one.node_id;
    response.host = std::move(one.host);
    response.port = one.port;
  }
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
