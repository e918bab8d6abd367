// SPDX-License-Identifier: Apache-2.0
// Reads topics of this node's own log.
#pragma once

#include <memory>

#include "base/clock.h"
#include "connect/api/connector.h"
#include "connect/kafka/group_offsets.h"
#include "connect/kafka/start.h"
#include "connect/table_format.h"
#include "log/log.h"

namespace floe::connect::kafka {

/// What the reader uses; all outlive it.
struct LogSourceDependencies {
  log::Log* log = nullptr;
  GroupOffsets* groups = nullptr;  ///< may be null: then groups have no offsets and commits go nowhere
  Clock* clock = nullptr;
};

/// A topic that does not exist is created with one partition (as Kafka's brokers do by default), except for bounded
/// reads, which answer kNotFound.
Result<std::unique_ptr<SourceReader>> OpenLogSource(const LogSourceDependencies& dependencies, ScanRequest request,
                                                    KafkaScan scan, const MessageLayout& layout);

}  // namespace floe::connect::kafka
