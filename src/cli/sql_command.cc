// SPDX-License-Identifier: Apache-2.0
// floe sql and floe run.
#include <algorithm>
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/result.h"
#include "cli/commands.h"
#include "cli/noun.h"
#include "cli/run_script.h"
#include "cli/shell.h"
#include "io/file_system.h"

namespace floe::cli {
namespace {

struct SqlOptions {
  std::vector<std::string> statements;
  std::string file;
  std::string format;
};

Result<std::string> ReadScript(const std::string& file) {
  if (file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  auto text = io::ReadFile(io::LocalFileSystem(), std::filesystem::absolute(file).string());
  if (!text) return Fail(std::move(text).error().WithContext("while reading the script '" + file + "'"));
  return text;
}

/// Jobs of a node that lives only as long as this command.
void TellOfJobs(Transport& transport) {
  auto text = transport.Fetch({.method = "GET", .path = "/api/v1/jobs"});
  auto answer = nlohmann::json::parse(text ? *text : "{}", nullptr, false);
  const auto jobs = answer.value("jobs", nlohmann::json::array());
  const auto running =
      std::ranges::count_if(jobs, [](const nlohmann::json& job) { return job.value("state", "") == "RUNNING"; });
  if (running == 0) return;
  fmt::print(stderr,
             "note: no node runs on this data directory, so its {} running {} pause here; 'floe serve' goes on with "
             "them, 'floe run' runs a script's jobs to their end.\n",
             running, running == 1 ? "job" : "jobs");
}

/// Of the command line, a file or standard input.
Result<int> RunStatements(StatementClient& client, const SqlOptions& options, OutputFormat format) {
  if (!options.file.empty()) {
    FLOE_TRY(std::string script, ReadScript(options.file));
    return RunScript(client, script, format, options.file == "-" ? "standard input" : options.file);
  }
  if (options.statements.empty()) {
    FLOE_TRY(std::string script, ReadScript("-"));
    return RunScript(client, script, format, "standard input");
  }
  for (const std::string& statement : options.statements) {
    if (int code = RunScript(client, statement, format, ""); code != 0) return code;
  }
  return 0;
}

Result<int> Sql(const Context& context, const SqlOptions& options) {
  bool interactive = options.statements.empty() && options.file.empty() && ::isatty(STDIN_FILENO) == 1;
  OutputFormat format = OutputFormat::kTable;
  if (!options.format.empty()) {
    auto parsed = ParseOutputFormat(options.format);
    if (!parsed) return Fail(context.Usage(std::move(parsed).error()));
    format = *parsed;
  }
  FLOE_TRY(auto access, NodeAccess::Open(context, {.create = true, .start_jobs = true}));
  CatchInterrupts();
  FLOE_TRY(auto client, StatementClient::Open(access->transport(), &InterruptFlag()));
  if (interactive) return RunShell(*client, format, access->transport().Describe());
  FLOE_TRY(int code, RunStatements(*client, options, format));
  if (access->embedded() != nullptr) TellOfJobs(access->transport());
  return code;
}

Result<int> Run(const Context& context, const std::string& file) {
  FLOE_TRY(std::string script, ReadScript(file));
  FLOE_TRY(auto access, NodeAccess::Open(context, {.create = true}));
  CatchInterrupts();
  CatchTermination();
  return RunInForeground(access->transport(), script, file, context.json);
}

}  // namespace

void AddSql(CLI::App& app, Context& context) {
  CLI::App* sql =
      app.add_subcommand("sql", "SQL shell; finds the node running on the data directory, else opens it itself");
  auto options = std::make_shared<SqlOptions>();
  AddNodeOptions(*sql, context);
  sql->add_option("--connect", context.connect, "address of a node's console, http://HOST:PORT");
  sql->add_option("-e,--execute", options->statements, "run these statements and leave")->allow_extra_args(false);
  sql->add_option("-f,--file", options->file, "run a script and leave; - reads standard input");
  sql->add_option("--format", options->format, "table, csv, json, ndjson or markdown");
  sql->callback([&context, options] { Finish(context, Sql(context, *options)); });
}

void AddRun(CLI::App& app, Context& context) {
  CLI::App* run =
      app.add_subcommand("run", "Run a Flink SQL script in the foreground until its jobs are done or Ctrl-C");
  auto file = std::make_shared<std::string>();
  AddNodeOptions(*run, context);
  run->add_option("--connect", context.connect, "run it on this node instead: its console address");
  run->add_flag("--json", context.json, "rows, messages and the jobs' counters as JSON, one object per line");
  run->add_option("script", *file,
                  "SQL file; - reads standard input. Run again it goes on: a CREATE of what is there with the same "
                  "definition makes nothing and is no error; 'floe sql' and 'floe job submit' need IF NOT EXISTS there")
      ->required();
  run->callback([&context, file] { Finish(context, Run(context, *file)); });
}

}  // namespace floe::cli
