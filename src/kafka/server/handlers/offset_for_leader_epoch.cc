// SPDX-License-Identifier: Apache-2.0
// OffsetForLeaderEpoch: where an epoch ended. There is one epoch, and it goes on.
#include "kafka/protocol/messages/offset_for_leader_epoch.h"

#include "kafka/server/handlers/each_partition.h"
#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {

HandlerResult HandleOffsetForLeaderEpoch(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<OffsetForLeaderEpochRequest>());
  OffsetForLeaderEpochResponse response;
  AnswerEachPartition(services.topics, asked.topics, response.topics,
                      [](const auto& partition, const auto& wanted, auto& answer) {
                        answer.error_code = Code(CheckEpoch(partition, wanted.current_leader_epoch));
                        if (answer.error_code != 0 || wanted.leader_epoch != kLeaderEpoch) return;
                        answer.leader_epoch = kLeaderEpoch;
                        answer.end_offset = partition->high_watermark().value();
                      });
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
