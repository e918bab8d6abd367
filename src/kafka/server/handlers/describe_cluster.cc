// SPDX-License-Identifier: Apache-2.0
// DescribeCluster: one node.
#include "kafka/protocol/messages/describe_cluster.h"

#include "kafka/server/authorized_operations.h"
#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {

HandlerResult HandleDescribeCluster(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<DescribeClusterRequest>());
  constexpr std::int8_t kBrokers = 1;
  DescribeClusterResponse response;
  response.endpoint_type = asked.endpoint_type;
  if (asked.endpoint_type != kBrokers) {
    response.error_code = Code(ErrorCode::kUnsupportedEndpointType);
    response.error_message = "only broker endpoints (type 1) can be described";
    co_return Reply(request.Encode(response));
  }
  response.cluster_id = services.options.cluster_id;
  response.controller_id = services.options.node_id;
  response.brokers.push_back(
      {.broker_id = services.options.node_id, .host = services.host, .port = services.port, .rack = std::nullopt});
  if (asked.include_cluster_authorized_operations) response.cluster_authorized_operations = kClusterOperations;
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
