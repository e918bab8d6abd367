// SPDX-License-Identifier: Apache-2.0
// The offer of one real release (Kafka 4.x): clients guess the broker's version from these ranges.
#include "kafka/server/api_table.h"

#include <algorithm>
#include <array>

#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {
namespace {

constexpr auto kApis = std::to_array<ApiEntry>({
    // Produce 0 to 2 are offered and refused, as Kafka 4 does: librdkafka up to 2.11.0 turns compression off otherwise
    // (KAFKA-18659).
    {ApiKey::kProduce, 0, 13, 3, HandleProduce},
    {ApiKey::kFetch, 4, 18, 4, HandleFetch},
    {ApiKey::kListOffsets, 1, 11, 1, HandleListOffsets},
    {ApiKey::kMetadata, 0, 13, 0, HandleMetadata},
    {ApiKey::kOffsetCommit, 2, 10, 2, HandleOffsetCommit},
    {ApiKey::kOffsetFetch, 1, 10, 1, HandleOffsetFetch},
    {ApiKey::kFindCoordinator, 0, 6, 0, HandleFindCoordinator},
    {ApiKey::kJoinGroup, 0, 9, 0, HandleJoinGroup},
    {ApiKey::kHeartbeat, 0, 4, 0, HandleHeartbeat},
    {ApiKey::kLeaveGroup, 0, 5, 0, HandleLeaveGroup},
    {ApiKey::kSyncGroup, 0, 5, 0, HandleSyncGroup},
    {ApiKey::kDescribeGroups, 0, 6, 0, HandleDescribeGroups},
    {ApiKey::kListGroups, 0, 5, 0, HandleListGroups},
    {ApiKey::kApiVersions, 0, 4, 0, HandleApiVersions},
    {ApiKey::kCreateTopics, 2, 7, 2, HandleCreateTopics},
    {ApiKey::kDeleteTopics, 1, 6, 1, HandleDeleteTopics},
    {ApiKey::kInitProducerId, 0, 5, 0, HandleInitProducerId},
    {ApiKey::kOffsetForLeaderEpoch, 2, 4, 2, HandleOffsetForLeaderEpoch},
    {ApiKey::kDescribeConfigs, 1, 4, 1, HandleDescribeConfigs},
    {ApiKey::kAlterConfigs, 0, 2, 0, HandleAlterConfigs},
    {ApiKey::kDescribeLogDirs, 1, 4, 1, HandleDescribeLogDirs},
    {ApiKey::kCreatePartitions, 0, 3, 0, HandleCreatePartitions},
    {ApiKey::kDeleteGroups, 0, 2, 0, HandleDeleteGroups},
    {ApiKey::kIncrementalAlterConfigs, 0, 1, 0, HandleIncrementalAlterConfigs},
    {ApiKey::kOffsetDelete, 0, 0, 0, HandleOffsetDelete},
    {ApiKey::kDescribeCluster, 0, 2, 0, HandleDescribeCluster},
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
