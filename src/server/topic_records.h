// SPDX-License-Identifier: Apache-2.0
// Records of a topic as JSON lines, in and out.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.h"
#include "log/log.h"
#include "server/api.h"

namespace floe::server {

/// Each line {"key"?, "value", "headers"?: [{"key","value"}], "partition"?}; all lines are checked before anything is
/// written; returns how many records are durable. Keys choose partitions by murmur2, as Kafka's default partitioner
/// does.
Result<std::int64_t> AppendRecords(const log::Topic& topic, const std::string& ndjson, Clock& clock);

/// Query parameters: from (earliest, latest, an offset, an ISO-8601 time), partition, limit, follow. Lines
/// {"partition","offset","timestamp","key","value","headers"}; bytes that are not UTF-8 come as {"hex": ...}.
Status StreamRecords(const log::Topic& topic, const ApiRequest& request, ApiReply& reply);

}  // namespace floe::server
