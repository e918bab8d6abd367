// SPDX-License-Identifier: Apache-2.0
// floe job and floe table.
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "cli/commands.h"
#include "cli/noun.h"
#include "cli/shell.h"
#include "io/file_system.h"
#include "server/data_directory.h"

namespace floe::cli {
namespace {

using nlohmann::ordered_json;

/// A job that a command started inside its own process would end with it.
Status NeedRunningNode(const Context& context) {
  if (!context.connect.empty()) return {};
  FLOE_TRY(config::Config config, context.LoadConfig());
  if (server::RunningNode(config.String("data.dir")).contains("console")) return {};
  return Fail(ErrorKind::kUnavailable, fmt::format("no node runs on '{}'; start one with 'floe serve --data {}', or "
                                                   "run the script in the foreground with 'floe run'",
                                                   config.String("data.dir"), config.String("data.dir")));
}

Result<int> Submit(const Context& context, const std::string& file, const std::string& name) {
  FLOE_TRY_VOID(NeedRunningNode(context));
  FLOE_TRY(std::string script, io::ReadFile(io::LocalFileSystem(), std::filesystem::absolute(file).string()));
  FLOE_TRY(auto access, NodeAccess::Open(context));
  ordered_json body = {{"script", script}, {"name", name}};
  auto text = access->transport().Fetch({.method = "POST", .path = "/api/v1/jobs", .body = body.dump()});
  if (!text) {
    if (!text.error().position()) {
      Report(text.error());
    } else {
      PrintStatementError(file, script, {1, 1}, text.error());
    }
    return StatementExitCode(text.error());
  }
  ordered_json answer = ordered_json::parse(*text, nullptr, false);
  if (context.json) {
    fmt::print("{}\n", answer.dump(2));
    return kExitOk;
  }
  for (const auto& job : answer["jobs"])
    fmt::print("Submitted job {} '{}'.\n", job.value("id", ""), job.value("name", ""));
  return kExitOk;
}

/// What a command resumes in its own process would end with it.
Status Resume(const Context& context, const std::string& job) {
  FLOE_TRY_VOID(NeedRunningNode(context));
  return CallAndPrint(context, {.method = "POST", .path = "/api/v1/jobs/" + job + "/resume", .body = "{}"},
                      fmt::format("Resumed job '{}'.", job));
}

}  // namespace

void AddJob(CLI::App& app, Context& context) {
  CLI::App* job = AddNoun(app, "job", "Submit, list, show, stop and resume jobs of a running node");
  auto name = std::make_shared<std::string>();
  auto file = std::make_shared<std::string>();
  CLI::App* submit =
      AddVerb(*job, context, "submit", "Start a script's jobs in the node; they come back after a restart");
  submit->add_option("script", *file, "SQL file")->required();
  submit->add_option("--name", *name, "name of the job (default: the script's 'pipeline.name' or its sinks)");
  submit->callback([&context, file, name] { Finish(context, Submit(context, *file, *name)); });
  CLI::App* list = AddVerb(*job, context, "list", "All jobs");
  list->callback([&context] {
    Finish(context, ListAndPrint(context, "/api/v1/jobs", "jobs",
                                 {"id", "name", "state", "records_in", "records_out", "late", "dead_lettered",
                                  "skipped", "lag", "last_checkpoint"}));
  });
  CLI::App* resume = AddVerb(*job, context, "resume", "Go on with a stopped or failed job from its last checkpoint");
  resume->add_option("job", *name, "id or name")->required();
  resume->callback([&context, name] { Finish(context, Resume(context, *name)); });
  CLI::App* remove = AddVerb(*job, context, "remove", "Forget an ended job, its checkpoint and where it was");
  remove->add_option("job", *name, "id or name")->required();
  remove->callback([&context, name] {
    Finish(context, CallAndPrint(context, {.method = "DELETE", .path = "/api/v1/jobs/" + *name},
                                 fmt::format("Removed job '{}'.", *name)));
  });
  CLI::App* show = AddVerb(*job, context, "show", "Counters, watermark, checkpoints and failures of one job");
  show->add_option("job", *name, "id or name")->required();
  show->callback([&context, name] { Finish(context, ShowAndPrint(context, "/api/v1/jobs/" + *name)); });
  CLI::App* stop = AddVerb(*job, context, "stop", "Stop a job with a last checkpoint");
  stop->add_option("job", *name, "id or name")->required();
  stop->callback([&context, name] {
    Finish(context,
           CallAndPrint(
               context, {.method = "POST", .path = "/api/v1/jobs/" + *name + "/stop", .body = "{}"},
               fmt::format("Stopped job '{0}' with a checkpoint; 'floe job resume {0}' goes on from there.", *name)));
  });
}

void AddTable(CLI::App& app, Context& context) {
  CLI::App* table = AddNoun(app, "table", "List and show tables of all catalogs");
  auto name = std::make_shared<std::string>();
  CLI::App* list = AddVerb(*table, context, "list", "All tables");
  list->callback([&context] {
    Finish(context, ListAndPrint(context, "/api/v1/tables", "tables", {"catalog", "database", "name", "connector"}));
  });
  CLI::App* show =
      AddVerb(*table, context, "show", "Columns and options; of an Iceberg table also snapshot and metadata-location");
  show->add_option("table", *name, "name, database.name or catalog.database.name")->required();
  show->callback([&context, name] { Finish(context, ShowAndPrint(context, "/api/v1/tables/" + *name)); });
}

}  // namespace floe::cli
