// SPDX-License-Identifier: Apache-2.0
// DeleteRecords: moves the start of partitions up; what lies below is gone for good.
#include "kafka/protocol/messages/delete_records.h"

#include "kafka/server/error_map.h"
#include "kafka/server/handlers/each_partition.h"
#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {
namespace {

/// Up to the high watermark, whatever that is.
constexpr std::int64_t kEverything = -1;

void Delete(const std::shared_ptr<log::Partition>& partition, std::int64_t offset,
            DeleteRecordsResponse::Topic::Partition& answer) {
  answer.low_watermark = -1;
  if (partition == nullptr) {
    answer.error_code = Code(ErrorCode::kUnknownTopicOrPartition);
    return;
  }
  if (offset < kEverything) {
    answer.error_code = Code(ErrorCode::kOffsetOutOfRange);
    return;
  }
  const auto start = partition->DeleteRecords(offset == kEverything ? partition->high_watermark() : Offset(offset));
  if (start) {
    answer.low_watermark = start->value();
  } else {
    answer.error_code = Code(ToErrorCode(start.error().kind(), ErrorSubject::kOffset));
  }
}

}  // namespace

HandlerResult HandleDeleteRecords(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<DeleteRecordsRequest>());
  DeleteRecordsResponse response;
  const auto delete_all = [&] {
    AnswerEachPartition(
        services.topics, asked.topics, response.topics,
        [](const auto& partition, const auto& wanted, auto& answer) { Delete(partition, wanted.offset, answer); });
  };
  co_await Offload(services.compute, delete_all);
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
