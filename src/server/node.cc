// SPDX-License-Identifier: Apache-2.0
#include "server/node.h"

#include <fmt/format.h>

#include "base/logging.h"
#include "base/result.h"
#include "server/node_metrics.h"
#include "server/parts.h"

namespace floe::server {

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Node::~Node() {
  if (Status stopped = Stop(); !stopped)
    logging::Failure("server", "stopping failed", {{"error", stopped.error().ToString()}});
}

const Api& Node::api() const {
  return parts_->api;
}
const std::map<std::string, std::string>& Node::addresses() const {
  return parts_->addresses;
}

Result<std::unique_ptr<Node>> Node::Start(const config::Config& config, NodeOptions options) {
  auto parts = std::make_unique<Parts>(config);
  FLOE_TRY(parts->directory, DataDirectory::Open(config.String("data.dir")));
  std::unique_ptr<Node> node(new Node(std::move(parts)));
  Parts& p = *node->parts_;
  metrics::AddProcessMetrics(p.metrics);
  FLOE_TRY_VOID(StartStorage(p));
  FLOE_TRY_VOID(StartEngines(p));
  FLOE_TRY_VOID(StartConnectors(p));
  AddSqlApi(p);
  AddTopicApi(p);
  AddJobApi(p);
  AddTableApi(p);
  AddGroupApi(p);
  AddNodeMetrics(p);
  if (options.listen) FLOE_TRY_VOID(StartListeners(p));
  // Last, so that a job that names this node's own broker finds it.
  FLOE_TRY_VOID(StartJobs(p, !options.start_jobs));
  if (options.listen) FLOE_TRY_VOID(p.directory->WriteAddresses(p.addresses));
  return node;
}

Status Node::Stop() {
  Parts& p = *parts_;
  if (p.stopped) return {};
  p.stopped = true;
  constexpr std::chrono::milliseconds kGrace{500};
  if (p.console) p.console->Stop();
  if (p.ingest_server) p.ingest_server->Stop(kGrace);
  if (p.console_server) p.console_server->Stop(kGrace);
  if (p.kafka) p.kafka->Stop();
  p.maintenance.reset();
  if (p.jobs) p.jobs->Shutdown();
  if (p.api_pool) p.api_pool->Stop();
  if (p.compute) p.compute->Stop();
  if (p.io) p.io->Stop();
  return p.log ? p.log->Close() : Status{};
}

}  // namespace floe::server
