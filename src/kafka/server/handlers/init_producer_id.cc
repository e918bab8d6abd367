// SPDX-License-Identifier: Apache-2.0
// InitProducerId: an id for an idempotent producer (KIP-98).
#include "kafka/protocol/messages/init_producer_id.h"

#include "kafka/server/error_map.h"
#include "kafka/server/handlers/handlers.h"
#include "log/log.h"

namespace floe::kafka {

HandlerResult HandleInitProducerId(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<InitProducerIdRequest>());
  InitProducerIdResponse response;
  response.producer_epoch = -1;
  if (asked.transactional_id) {
    response.error_code = Code(ErrorCode::kTransactionalIdAuthorizationFailed);
    co_return Reply(request.Encode(response));
  }
  // As in Kafka a producer without a transactional id gets a new id each time, whatever id it had.
  const auto id = co_await Offload(services.compute, [&] { return services.log.AllocateProducerId(); });
  if (id) {
    response.producer_id = id->value();
    response.producer_epoch = 0;
  } else {
    response.error_code = Code(ToErrorCode(id.error().kind(), ErrorSubject::kRequest));
  }
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
