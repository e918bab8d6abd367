// SPDX-License-Identifier: Apache-2.0
// The node's settings under Kafka's names.
#include "kafka/server/config_resource.h"

namespace floe::kafka {

std::vector<BrokerSetting> BrokerSettings(const ServerOptions& options, const std::string& host, std::uint16_t port) {
  using enum BrokerConfigType;
  const auto text = [](auto number) { return std::to_string(number); };
  return {
      {"advertised.listeners", "PLAINTEXT://" + host + ":" + text(port), kString,
       "What clients are told to connect to."},
      {"auto.create.topics.enable", options.auto_create_topics ? "true" : "false", kBoolean,
       "Whether asking for an unknown topic makes it."},
      {"broker.id", text(options.node_id), kInt, "This node's id."},
      {"compression.type", "producer", kString, "Batches are stored as they were sent."},
      {"connections.max.idle.ms", text(options.idle_timeout.count()), kLong,
       "Idle connections are closed after this time."},
      {"default.replication.factor", "1", kInt, "One node holds one copy."},
      {"group.initial.rebalance.delay.ms", text(options.groups.initial_rebalance_delay.count()), kInt,
       "How long a new group waits for more members."},
      {"group.max.session.timeout.ms", text(options.groups.max_session_timeout.count()), kInt,
       "The longest session a member may ask for."},
      {"group.min.session.timeout.ms", text(options.groups.min_session_timeout.count()), kInt,
       "The shortest session a member may ask for."},
      {"listeners", "PLAINTEXT://" + options.listen.address.ToString(), kString, "Where the node listens."},
      {"log.dirs", options.log_directory, kString, "Where topics are stored."},
      {"max.connections", text(options.max_connections), kInt, "Connections beyond it are refused."},
      {"min.insync.replicas", "1", kInt, "One node holds one copy."},
      {"node.id", text(options.node_id), kInt, "This node's id."},
      {"num.partitions", text(options.default_partitions), kInt,
       "Partitions of topics made on demand or without a count."},
      {"offset.metadata.max.bytes", text(options.max_offset_metadata), kInt, "The longest text a commit may carry."},
      {"offsets.retention.check.interval.ms", text(options.offsets_retention_check.count()), kLong,
       "How often offsets that are over are looked for."},
      {"offsets.retention.minutes", text(options.offsets_retention.count()), kInt,
       "How long the offsets of a group without members are kept."},
      {"socket.request.max.bytes", text(options.max_request_bytes), kInt, "Larger requests close their connection."},
  };
}

}  // namespace floe::kafka
