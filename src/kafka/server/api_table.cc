// SPDX-License-Identifier: Apache-2.0
// The offer of one real release (Kafka 4.x): clients guess the broker's version from these ranges.
#include "kafka/server/api_table.h"

#include <algorithm>
#include <array>

#include "kafka/protocol/messages/all.h"
#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {
namespace {

template <typename Response>
std::optional<Encoded> Refusal(const RequestHeader& header, ErrorCode error) {
  if constexpr (Response::kErrorCodeFrom <= Response::kErrorCodeTo) {
    if (header.api_version >= Response::kErrorCodeFrom && header.api_version <= Response::kErrorCodeTo) {
      Response response;
      response.error_code = Code(error);
      return EncodeResponse(response, header.correlation_id, header.api_version);
    }
  }
  return std::nullopt;
}

template <typename Response>
constexpr ApiEntry Api(std::int16_t first, std::int16_t last, Handler handler, bool waits = false) {
  return {Response::kApi, first, last, handler, Response::kName, &Refusal<Response>, waits};
}

constexpr bool kWaits = true;

constexpr auto kApis = std::to_array<ApiEntry>({
    // Produce 0 to 2 are offered and refused, as Kafka 4 does: librdkafka up to 2.11.0 turns compression off otherwise
    // (KAFKA-18659).
    Api<ProduceResponse>(0, 13, HandleProduce),
    Api<FetchResponse>(4, 18, HandleFetch, kWaits),
    Api<ListOffsetsResponse>(1, 11, HandleListOffsets),
    Api<MetadataResponse>(0, 13, HandleMetadata),
    Api<OffsetCommitResponse>(2, 10, HandleOffsetCommit),
    Api<OffsetFetchResponse>(1, 10, HandleOffsetFetch),
    Api<FindCoordinatorResponse>(0, 6, HandleFindCoordinator),
    Api<JoinGroupResponse>(0, 9, HandleJoinGroup, kWaits),
    Api<HeartbeatResponse>(0, 4, HandleHeartbeat),
    Api<LeaveGroupResponse>(0, 5, HandleLeaveGroup),
    Api<SyncGroupResponse>(0, 5, HandleSyncGroup, kWaits),
    Api<DescribeGroupsResponse>(0, 6, HandleDescribeGroups),
    Api<ListGroupsResponse>(0, 5, HandleListGroups),
    Api<ApiVersionsResponse>(0, 4, HandleApiVersions),
    Api<CreateTopicsResponse>(2, 7, HandleCreateTopics),
    Api<DeleteTopicsResponse>(1, 6, HandleDeleteTopics),
    Api<DeleteRecordsResponse>(0, 2, HandleDeleteRecords),
    Api<InitProducerIdResponse>(0, 5, HandleInitProducerId),
    Api<OffsetForLeaderEpochResponse>(2, 4, HandleOffsetForLeaderEpoch),
    Api<DescribeConfigsResponse>(1, 4, HandleDescribeConfigs),
    Api<AlterConfigsResponse>(0, 2, HandleAlterConfigs),
    Api<DescribeLogDirsResponse>(1, 4, HandleDescribeLogDirs),
    Api<CreatePartitionsResponse>(0, 3, HandleCreatePartitions),
    Api<DeleteGroupsResponse>(0, 2, HandleDeleteGroups),
    Api<IncrementalAlterConfigsResponse>(0, 1, HandleIncrementalAlterConfigs),
    Api<OffsetDeleteResponse>(0, 0, HandleOffsetDelete),
    Api<DescribeClusterResponse>(0, 2, HandleDescribeCluster),
});

}  // namespace

std::span<const ApiEntry> Apis() {
  return kApis;
}

const ApiEntry* FindApi(std::int16_t key) {
  const auto found = std::ranges::find(kApis, static_cast<ApiKey>(key), &ApiEntry::key);
  return found == kApis.end() ? nullptr : &*found;
}

}  // namespace floe::kafka
