// SPDX-License-Identifier: Apache-2.0
// What can be set on the Kafka service.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/piece_pool.h"
#include "kafka/server/group.h"
#include "net/tcp.h"

namespace floe::kafka {

/// Of an answer whose records are read while it is sent.
inline constexpr std::size_t kSendPieceBytes = PiecePool::kHugePage;

struct ServerOptions {
  net::ListenOptions listen{.service = "kafka", .address = {.host = "127.0.0.1", .port = 9092}};
  std::string advertised_host;  ///< what clients are told to connect to; empty: the listen address
  std::string cluster_id;       ///< stable over restarts
  std::string log_directory;    ///< shown by DescribeLogDirs
  std::int32_t node_id = 1;
  bool auto_create_topics = true;
  int default_partitions = 1;
  std::uint32_t max_request_bytes = 100U << 20;
  std::uint32_t max_fetch_bytes = 55U << 20;
  std::uint64_t request_memory = 256ULL << 20;   ///< bytes of requests in flight, over all connections
  std::uint64_t response_memory = 256ULL << 20;  ///< bytes of fetched records in flight, over all connections
  std::size_t max_connections = 2'000;
  std::size_t max_pipelined = 1'000;  ///< answered requests a connection may be ahead of its responses
  std::chrono::milliseconds idle_timeout{600'000};
  std::chrono::milliseconds stall_timeout{30'000};  ///< no byte of a begun request or response moved
  std::chrono::milliseconds health_check{5'000};    ///< how often idle and stalled connections are looked for
  std::chrono::milliseconds stop_grace{500};        ///< for the answers to what was taken up, when the node stops
  std::size_t max_fetch_sessions = 1'000;
  std::size_t max_offset_metadata = 4'096;
  std::chrono::minutes offsets_retention{7 * 24 * 60};  ///< of groups without members; negative: for ever
  std::chrono::milliseconds offsets_retention_check{600'000};
  GroupOptions groups;
};

/// This node is the only replica and never loses the lead, so one epoch serves for ever.
inline constexpr std::int32_t kLeaderEpoch = 0;

}  // namespace floe::kafka
