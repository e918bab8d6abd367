// SPDX-License-Identifier: Apache-2.0
// Connectors, catalogs, sessions and jobs of a node.
#include <fmt/format.h>

#include "base/logging.h"
#include "base/result.h"
#include "connect/built_in.h"
#include "connect/iceberg/iceberg_connector.h"
#include "connect/table_format.h"
#include "io/file_system.h"
#include "query/iceberg_catalog.h"
#include "query/iceberg_scan.h"
#include "realtime/realtime_connector.h"
#include "server/parts.h"
#include "server/side_outputs.h"
#include "server/topic_users.h"
#include "sql/planner/planner.h"

namespace floe::server {
namespace {

/// Data that the node owns goes with its table; topics stay, since clients own them too.
void ForgetData(Node::Parts& p, const sql::catalog::CatalogTable& table) {
  if (table.connector() != "realtime") return;
  std::string name = realtime::TableName(sql::planner::DefinitionOf(table));
  if (Status dropped = p.realtime->Drop(name); !dropped) {
    logging::Warn("server", "rows of a dropped table stay on disk",
                  {{"table", name}, {"error", dropped.error().ToString()}});
  }
}

/// SET values of a job with the node's defaults below them.
std::map<std::string, std::string> JobSettings(const Node::Parts& p, std::map<std::string, std::string> settings) {
  settings.emplace("execution.checkpointing.interval", p.config.String("checkpoint.interval"));
  return settings;
}

Result<stream::Submission> SubmitJob(Node::Parts& p, const std::string& name, const std::string& program,
                                     std::map<std::string, std::string> settings) {
  settings = JobSettings(p, std::move(settings));
  auto foreground = settings.find(stream::kForegroundSetting);
  if (foreground != settings.end() && foreground->second == "true")
    return p.jobs->SubmitOrResume(name, program, std::move(settings));
  FLOE_TRY(std::string id, p.jobs->Submit(name, program, std::move(settings)));
  return stream::Submission{.id = std::move(id), .resumed = false};
}

}  // namespace

Status StartConnectors(Node::Parts& p) {
  io::FileSystem& files = io::LocalFileSystem();
  std::string staging = p.directory->Sub("staging");
  p.group_offsets = std::make_unique<NodeGroupOffsets>(*p.offsets, SystemClock(), [&p](const std::string& group) {
    return p.kafka && !p.kafka->groups().AllowsCommit(group);
  });
  connect::BuiltInDependencies built_in{
      .log = *p.log,
      .files = files,
      .duckdb = *p.duckdb,
      .clock = SystemClock(),
      .realtime = *p.realtime,
      .staging_directory = staging,
      .groups = p.group_offsets.get(),
      .is_this_node = [&p](const std::string& servers) { return NamesThisNode(p, servers); }};
  connect::AddBuiltInConnectors(p.connectors, built_in);
  p.connectors.Add(connect::MakeIcebergConnector(*p.iceberg, *p.duckdb));
  p.format_options = connect::FormatOptionSpecs();
  p.catalogs->AddBuiltIn({.name = "iceberg", .type = "iceberg", .comment = "the node's own warehouse", .options = {}},
                         query::MakeIcebergCatalog(*p.iceberg, "iceberg"));

  p.stream_services.reset(new stream::Services{.duck = *p.duckdb,
                                               .connectors = p.connectors,
                                               .meta = *p.store,
                                               .files = files,
                                               .clock = SystemClock(),
                                               .side_outputs = TopicSideOutputs(*p.log, files, SystemClock(), staging),
                                               .checkpoint_root = p.directory->Sub("checkpoints"),
                                               .memory = &p.memory,
                                               .memory_component = p.memory.Register("state of jobs")});
  p.jobs = std::make_unique<stream::JobManager>(
      *p.stream_services,
      [&p](const stream::JobDefinition& job) {
        return query::Session::PlanProgram(*p.session_services, job.program, job.settings);
      },
      SystemRandom());
  p.session_services.reset(new query::SessionServices{
      .catalogs = *p.catalogs,
      .connectors = p.connectors,
      .format_options = p.format_options,
      .duckdb = *p.duckdb,
      .scans = *p.scans,
      .jobs = *p.jobs,
      .stream = *p.stream_services,
      .submit =
          [&p](const std::string& name, const std::string& program, std::map<std::string, std::string> settings) {
            return SubmitJob(p, name, program, std::move(settings));
          },
      .native_scans = {{"iceberg", query::IcebergScan(*p.iceberg, *p.duckdb)}},
      .on_drop = [&p](const sql::catalog::CatalogTable& table) { ForgetData(p, table); }});
  p.sessions = std::make_unique<Sessions>(*p.session_services, SystemRandom());
  return {};
}

Status StartJobs(Node::Parts& p, bool paused) {
  FLOE_TRY_VOID(p.jobs->Start(paused));
  p.maintenance = std::make_unique<Maintenance>(*p.iceberg);
  return {};
}

}  // namespace floe::server
