// SPDX-License-Identifier: Apache-2.0
// HTTP in, durable records out.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "ingest/json_records.h"
#include "ingest/partition_writer.h"
#include "ingest/route_spec.h"
#include "ingest/template.h"
#include "net/http/router.h"

namespace floe::ingest {

struct IngestOptions {
  std::vector<RouteSpec> routes = {WeatherRoute()};
  JsonLimits json;
  WriterLimits writer;
  std::chrono::milliseconds durable_timeout{30'000};
};

/// The body of every error on this port: {"status":"error","message":..,"kind":..}. Give it to HttpServerOptions.
net::Response ErrorAnswer(const Error& error);

/// Adds to a router: GET /health, POST /topics/{topic}, and the configured routes. 200 means durable. Thread-safe.
/// Must outlive the server that uses the router; the log, pool and clock must outlive it.
class Ingest {
 public:
  Ingest(log::Log& log, ComputePool& pool, Clock& clock, metrics::Registry& metrics, IngestOptions options);

  /// kInvalidInput (a route's path, fields or template), kAlreadyExists (two routes for one path).
  Status AddRoutes(net::Router& router);

 private:
  struct Compiled {
    RouteSpec spec;
    Template value;
    Template answer;
    int key = -1;  ///< index into spec.fields
  };
  struct Written {
    PartitionId partition;
    Offset first;
    Offset last;
  };

  static Result<Compiled> Compile(const RouteSpec& spec);
  Task<Result<net::Response>> Log(std::shared_ptr<const Compiled> route, const net::Request& request);
  Task<Result<net::Response>> Produce(const net::Request& request);
  Task<Result<std::vector<Written>>> Write(std::shared_ptr<const log::Topic> topic, std::vector<Record> records);
  Result<std::shared_ptr<const log::Topic>> TopicFor(const std::string& name) const;
  std::shared_ptr<PartitionWriter> WriterFor(const log::Topic& topic, PartitionId partition);

  log::Log& log_;
  ComputePool& pool_;
  Clock& clock_;
  const IngestOptions options_;
  metrics::Counter& records_;
  metrics::Counter& rejected_;
  std::atomic<std::uint32_t> next_partition_{0};
  std::mutex mu_;
  /// Guarded by mu_. By topic id, so that a topic made again under the same name gets its own writers.
  std::map<std::pair<log::TopicId, PartitionId>, std::shared_ptr<PartitionWriter>> writers_;
};

}  // namespace floe::ingest
