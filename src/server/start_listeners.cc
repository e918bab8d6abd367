// SPDX-License-Identifier: Apache-2.0
// Sockets of a node: Kafka, HTTP ingest, console.
#include <duckdb.hpp>
#include <fmt/format.h>

#include "base/logging.h"
#include "base/result.h"
#include "base/text.h"
#include "server/http_bridge.h"
#include "server/ingest_routes.h"
#include "server/node_view.h"
#include "server/parts.h"
#include "server/settings.h"

namespace floe::server {
namespace {

constexpr int kIoThreads = 2;
constexpr int kComputeThreads = 4;
/// Each running statement of the API holds one.
constexpr int kApiThreads = 16;

Result<net::ListenOptions> ListenOn(const Node::Parts& p, const std::string& service) {
  FLOE_TRY(std::string text, ServiceAddress(p.config, service));
  FLOE_TRY(net::ListenAddress address, net::ParseListenAddress(text));
  return net::ListenOptions{.service = service, .address = address, .allow_public = p.config.Boolean("listen.public")};
}

/// What the HTTP services have in common.
Result<net::HttpServerOptions> HttpOptions(const Node::Parts& p, const std::string& service) {
  net::HttpServerOptions http;
  FLOE_TRY(http.listen, ListenOn(p, service));
  http.max_body_bytes = p.config.MemorySize("ingest.max-body");
  http.same_site.allowed_hosts = SplitList(p.config.String("http.allowed-hosts"), ',');
  http.same_site.allowed_origins = SplitList(p.config.String("http.allowed-origins"), ',');
  return http;
}

Status StartKafka(Node::Parts& p) {
  kafka::ServerOptions options;
  FLOE_TRY(options.listen, ListenOn(p, "kafka"));
  options.auto_create_topics = p.config.Boolean("kafka.auto-create-topics");
  options.default_partitions = static_cast<int>(p.config.Integer("kafka.num-partitions"));
  options.log_directory = p.directory->Sub("log");
  options.offsets_retention = std::chrono::minutes(p.config.Integer("kafka.offsets.retention.minutes"));
  kafka::ServerDependencies dependencies{.io = *p.io,
                                         .compute = *p.compute,
                                         .log = *p.log,
                                         .store = *p.store,
                                         .offsets = *p.offsets,
                                         .clock = SystemClock(),
                                         .random = SystemRandom(),
                                         .metrics = &p.metrics,
                                         .memory = &p.memory};
  FLOE_TRY(p.kafka, kafka::Server::Start(dependencies, options));
  p.addresses["kafka"] = p.kafka->address().ToString();
  return {};
}

Status StartIngest(Node::Parts& p) {
  ingest::IngestOptions options;
  FLOE_TRY(options.routes, ParseIngestRoutes(p.config.String("ingest.routes")));
  for (const auto& route : options.routes) {
    if (p.log->FindTopic(route.topic)) continue;
    int partitions = static_cast<int>(p.config.Integer("kafka.num-partitions"));
    auto made = p.log->CreateTopic(route.topic, partitions, {});
    if (!made)
      return Fail(std::move(made).error().WithContext(
          fmt::format("while creating topic '{}' of ingest route {}", route.topic, route.path)));
  }
  p.ingest = std::make_unique<ingest::Ingest>(*p.log, *p.compute, SystemClock(), p.metrics, options);
  net::Router router;
  FLOE_TRY_VOID(p.ingest->AddRoutes(router));
  FLOE_TRY(net::HttpServerOptions http, HttpOptions(p, "ingest"));
  http.render_error = ingest::ErrorAnswer;
  FLOE_TRY(p.ingest_server, net::HttpServer::Start(*p.io, std::move(router), std::move(http)));
  p.addresses["ingest"] = p.ingest_server->address().ToString();
  return {};
}

Status StartConsole(Node::Parts& p) {
  console::ConsoleOptions options;
  options.table = p.config.String("console.live-table");
  p.console = std::make_unique<console::Console>(*p.io, *p.compute, SystemClock(), ViewOf(p), options);
  net::Router router;
  FLOE_TRY_VOID(p.console->AddRoutes(router));
  AddApiRoutes(p.api, *p.api_pool, router);
  FLOE_TRY(net::HttpServerOptions http, HttpOptions(p, "console"));
  http.serves_pages = true;
  FLOE_TRY(p.console_server, net::HttpServer::Start(*p.io, std::move(router), std::move(http)));
  p.console->Start();
  p.addresses["console"] = p.console_server->address().ToString();
  return {};
}

}  // namespace

Status StartListeners(Node::Parts& p) {
  p.io = std::make_unique<IoThreads>(kIoThreads);
  p.compute = std::make_unique<ComputePool>(kComputeThreads);
  p.api_pool = std::make_unique<ComputePool>(kApiThreads);
  FLOE_TRY_VOID(StartKafka(p));
  FLOE_TRY_VOID(StartIngest(p));
  return StartConsole(p);
}

}  // namespace floe::server
