// SPDX-License-Identifier: Apache-2.0
// One function per api; each in its own file.
#pragma once

#include "kafka/server/request.h"

namespace floe::kafka {

HandlerResult HandleAlterConfigs(Services& services, Request& request);
HandlerResult HandleApiVersions(Services& services, Request& request);
HandlerResult HandleCreatePartitions(Services& services, Request& request);
HandlerResult HandleCreateTopics(Services& services, Request& request);
HandlerResult HandleDeleteGroups(Services& services, Request& request);
HandlerResult HandleDeleteRecords(Services& services, Request& request);
HandlerResult HandleDeleteTopics(Services& services, Request& request);
HandlerResult HandleDescribeCluster(Services& services, Request& request);
HandlerResult HandleDescribeConfigs(Services& services, Request& request);
HandlerResult HandleDescribeGroups(Services& services, Request& request);
HandlerResult HandleDescribeLogDirs(Services& services, Request& request);
HandlerResult HandleFetch(Services& services, Request& request);
HandlerResult HandleFindCoordinator(Services& services, Request& request);
HandlerResult HandleHeartbeat(Services& services, Request& request);
HandlerResult HandleIncrementalAlterConfigs(Services& services, Request& request);
HandlerResult HandleInitProducerId(Services& services, Request& request);
HandlerResult HandleJoinGroup(Services& services, Request& request);
HandlerResult HandleLeaveGroup(Services& services, Request& request);
HandlerResult HandleListGroups(Services& services, Request& request);
HandlerResult HandleListOffsets(Services& services, Request& request);
HandlerResult HandleMetadata(Services& services, Request& request);
HandlerResult HandleOffsetCommit(Services& services, Request& request);
HandlerResult HandleOffsetDelete(Services& services, Request& request);
HandlerResult HandleOffsetFetch(Services& services, Request& request);
HandlerResult HandleOffsetForLeaderEpoch(Services& services, Request& request);
HandlerResult HandleProduce(Services& services, Request& request);
HandlerResult HandleSyncGroup(Services& services, Request& request);

}  // namespace floe::kafka
