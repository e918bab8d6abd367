// SPDX-License-Identifier: Apache-2.0
// All built-in connectors of a node, put into its registry by the composition root.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "connect/api/connector.h"
#include "connect/kafka/group_offsets.h"
#include "connect/print/print.h"
#include "duck/instance.h"
#include "io/file_system.h"
#include "log/log.h"
#include "realtime/table.h"

namespace floe::connect {

/// All outlive the registry.
struct BuiltInDependencies {
  log::Log& log;
  io::FileSystem& files;
  duck::Instance& duckdb;
  Clock& clock;
  realtime::Tables& realtime;
  std::string staging_directory;   ///< for staged records of topic sinks, "DIR/staging"
  GroupOffsets* groups = nullptr;  ///< may be null
  PrintTarget print = ProcessOutput();
  /// Whether a bootstrap server list names this node; may be empty.
  std::function<bool(const std::string& servers)> is_this_node;
};

/// kafka, upsert-kafka, faker, datagen, print, blackhole, filesystem, jdbc, realtime; also the formats' options.
void AddBuiltInConnectors(ConnectorRegistry& registry, const BuiltInDependencies& dependencies);

}  // namespace floe::connect
