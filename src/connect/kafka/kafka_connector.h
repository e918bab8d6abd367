// SPDX-License-Identifier: Apache-2.0
// 'kafka' and 'upsert-kafka': the node's own log, or an outside cluster.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "connect/api/connector.h"
#include "connect/kafka/group_offsets.h"
#include "connect/kafka/topic_writer.h"

namespace floe::connect::kafka {

/// All outlive the connector.
struct KafkaDependencies {
  TopicWriterDependencies writer;  ///< with the log
  GroupOffsets* groups = nullptr;  ///< may be null
  Clock* clock = nullptr;
  /// Whether a bootstrap server list names this node ("127.0.0.1:9092" while we listen there); may be empty.
  std::function<bool(const std::string&)> is_this_node;
};

std::unique_ptr<Connector> MakeKafkaConnector(KafkaDependencies dependencies);
std::unique_ptr<Connector> MakeUpsertKafkaConnector(KafkaDependencies dependencies);

}  // namespace floe::connect::kafka
