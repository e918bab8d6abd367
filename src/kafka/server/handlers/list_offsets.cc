// SPDX-License-Identifier: Apache-2.0
// ListOffsets: first, last, newest by time, or the first at a time.
#include "kafka/protocol/messages/list_offsets.h"

#include "kafka/server/error_map.h"
#include "kafka/server/handlers/each_partition.h"
#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {
namespace {

// Timestamps below zero have meanings of their own (KIP-79, KIP-734, KIP-405, KIP-1005, KIP-1023).
constexpr std::int64_t kLatest = -1;
constexpr std::int64_t kEarliest = -2;
constexpr std::int64_t kMaxTimestamp = -3;
constexpr std::int64_t kEarliestLocal = -4;
constexpr std::int64_t kLatestTiered = -5;
constexpr std::int64_t kEarliestPendingUpload = -6;

void Answer(log::Partition& partition, std::int64_t timestamp, ListOffsetsResponse::Topic::Partition& answer) {
  const auto set = [&answer](Offset offset, TimestampMs time) {
    answer.offset = offset.value();
    answer.timestamp = time.value();
    answer.leader_epoch = offset.value() < 0 ? -1 : kLeaderEpoch;
  };
  switch (timestamp) {
    case kLatest: return set(partition.high_watermark(), TimestampMs(-1));
    case kEarliest:
    case kEarliestLocal: return set(partition.log_start_offset(), TimestampMs(-1));
    case kMaxTimestamp: {
      const auto newest = partition.MaxTimestamp();
      return set(newest.offset, newest.timestamp);
    }
    case kLatestTiered:
    case kEarliestPendingUpload: return set(Offset(-1), TimestampMs(-1));  // nothing is tiered
    default: break;
  }
  if (timestamp < 0) {
    answer.error_code = Code(ErrorCode::kInvalidRequest);
    return;
  }
  const auto found = partition.OffsetForTimestamp(TimestampMs(timestamp));
  if (!found) {
    answer.error_code = Code(ToErrorCode(found.error().kind(), ErrorSubject::kOffset));
    return;
  }
  set(found->offset, found->timestamp);
}

}  // namespace

HandlerResult HandleListOffsets(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<ListOffsetsRequest>());
  ListOffsetsResponse response;
  const auto find = [&] {
    AnswerEachPartition(services.topics, asked.topics, response.topics,
                        [](const auto& partition, const auto& wanted, auto& answer) {
                          answer.error_code = Code(CheckEpoch(partition, wanted.current_leader_epoch));
                          if (answer.error_code == 0) Answer(*partition, wanted.timestamp, answer);
                        });
  };
  co_await Offload(services.compute, find);
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
