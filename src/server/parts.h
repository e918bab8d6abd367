// SPDX-License-Identifier: Apache-2.0
// Everything a node is made of, in the order it starts. Only src/server sees all of it.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/async/compute_pool.h"
#include "base/async/io_threads.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/memory_budget.h"
#include "base/metrics.h"
#include "connect/api/connector.h"
#include "console/console.h"
#include "duck/instance.h"
#include "iceberg/commit/catalog.h"
#include "ingest/ingest.h"
#include "kafka/server/server.h"
#include "log/log.h"
#include "meta/store.h"
#include "net/http/server.h"
#include "query/scan_function.h"
#include "query/session.h"
#include "realtime/table.h"
#include "server/api.h"
#include "server/data_directory.h"
#include "server/group_offsets.h"
#include "server/maintenance.h"
#include "server/node.h"
#include "server/sessions.h"
#include "sql/catalog/manager.h"
#include "stream/runtime/job_manager.h"

namespace floe::server {

/// Members die in the reverse order of their declaration, which is the order in which they may no longer be used.
struct Node::Parts {
  explicit Parts(config::Config c) : config(std::move(c)), memory(MemoryLimit(config)) {}

  static std::uint64_t MemoryLimit(const config::Config& config) {
    return config.String("memory.limit").empty() ? DefaultMemoryLimit() : config.MemorySize("memory.limit");
  }

  config::Config config;
  metrics::Registry metrics;
  MemoryBudget memory;
  std::optional<MemoryReservation> query_memory;
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();

  std::unique_ptr<DataDirectory> directory;
  std::unique_ptr<meta::Store> store;
  std::unique_ptr<log::Log> log;
  std::unique_ptr<ComputePool> offsets_pool;
  std::unique_ptr<kafka::OffsetStore> offsets;
  std::unique_ptr<NodeGroupOffsets> group_offsets;
  std::unique_ptr<iceberg::Catalog> iceberg;
  std::unique_ptr<realtime::Tables> realtime;
  std::unique_ptr<duck::Instance> duckdb;
  std::unique_ptr<query::ScanFunction> scans;
  connect::ConnectorRegistry connectors;
  std::vector<connect::OptionSpec> format_options;
  std::unique_ptr<sql::catalog::CatalogManager> catalogs;
  std::unique_ptr<stream::Services> stream_services;
  std::unique_ptr<query::SessionServices> session_services;
  std::unique_ptr<stream::JobManager> jobs;
  std::unique_ptr<Sessions> sessions;
  std::unique_ptr<Maintenance> maintenance;
  Api api;

  // Only with listeners.
  std::unique_ptr<IoThreads> io;
  std::unique_ptr<ComputePool> compute;
  std::unique_ptr<ComputePool> api_pool;
  std::unique_ptr<kafka::Server> kafka;
  std::unique_ptr<ingest::Ingest> ingest;
  std::unique_ptr<net::HttpServer> ingest_server;
  std::unique_ptr<console::Console> console;
  std::unique_ptr<net::HttpServer> console_server;
  std::map<std::string, std::string> addresses;
  bool stopped = false;
};

// One function per subsystem, in the order they are called.
Status StartStorage(Node::Parts& parts);
Status StartEngines(Node::Parts& parts);
Status StartConnectors(Node::Parts& parts);
/// `paused`: jobs of the directory stay as they are.
Status StartJobs(Node::Parts& parts, bool paused);
Status StartListeners(Node::Parts& parts);

// The API's parts.
void AddSqlApi(Node::Parts& parts);
void AddTopicApi(Node::Parts& parts);
void AddJobApi(Node::Parts& parts);
void AddTableApi(Node::Parts& parts);
void AddGroupApi(Node::Parts& parts);

}  // namespace floe::server
