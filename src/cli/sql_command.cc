// SPDX-License-Identifier: Apache-2.0
// floe sql and floe run.
#include <iostream>
#include <iterator>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/result.h"
#include "cli/commands.h"
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

Result<int> Sql(const Context& context, const SqlOptions& options) {
  bool interactive = options.statements.empty() && options.file.empty() && ::isatty(STDIN_FILENO) == 1;
  OutputFormat format = OutputFormat::kTable;
  if (!options.format.empty()) {
    FLOE_TRY(format, ParseOutputFormat(options.format));
  }
  FLOE_TRY(auto access, NodeAccess::Open(context));
  CatchInterrupts();
  FLOE_TRY(auto client, StatementClient::Open(access->transport(), &InterruptFlag()));
  if (interactive) return RunShell(*client, format, access->transport().Describe());
  if (!options.file.empty()) {
    FLOE_TRY(std::string script, ReadScript(options.file));
    return RunScript(*client, script, format, true);
  }
  if (options.statements.empty()) {
    FLOE_TRY(std::string script, ReadScript("-"));
    return RunScript(*client, script, format, true);
  }
  for (const std::string& statement : options.statements) {
    if (int code = RunScript(*client, statement, format, true); code != 0) return code;
  }
  return 0;
}

Result<int> Run(const Context& context, const std::string& file) {
  FLOE_TRY(std::string script, ReadScript(file));
  FLOE_TRY(auto access, NodeAccess::Open(context));
  CatchInterrupts();
  return RunInForeground(access->transport(), script, file);
}

void Finish(Context& context, const Result<int>& code) {
  context.exit_code = code ? *code : Report(code.error());
}

}  // namespace

void AddSql(CLI::App& app, Context& context) {
  CLI::App* sql =
      app.add_subcommand("sql", "SQL shell; finds the node running on the data directory, else opens it itself");
  auto options = std::make_shared<SqlOptions>();
  AddNodeOptions(*sql, context);
  sql->add_option("--connect", context.connect, "address of a node's console, http://HOST:PORT");
  sql->add_option("-e,--execute", options->statements, "run these statements and leave");
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
  run->add_option("script", *file, "SQL file; - reads standard input")->required();
  run->callback([&context, file] { Finish(context, Run(context, *file)); });
}

}  // namespace floe::cli
