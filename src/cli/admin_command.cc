// SPDX-License-Identifier: Apache-2.0
// floe config, floe check and floe version.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "cli/commands.h"
#include "server/check.h"
#include "server/data_directory.h"
#include "server/settings.h"

namespace floe::cli {
namespace {

Status ShowConfig(const Context& context, bool origin) {
  FLOE_TRY(config::Config config, context.LoadConfig());
  if (!context.json) {
    fmt::print("{}", config.Show(origin));
    return {};
  }
  nlohmann::ordered_json all = nlohmann::ordered_json::object();
  for (const auto& [key, setting] : config.settings())
    all[key] = {{"value", setting.value}, {"origin", setting.origin}};
  fmt::print("{}\n", all.dump(2));
  return {};
}

void ExplainConfig() {
  for (const auto& spec : server::Settings()) {
    fmt::print("{}\n    {}\n    default: {}   environment: {}\n", spec.key, spec.help,
               spec.type == config::KeyType::kYaml ? "the weather route (docs/ingest.md)"
               : spec.default_value.empty()        ? "-"
                                                   : spec.default_value,
               config::EnvironmentName(spec.key));
  }
}

Result<int> Check(const Context& context) {
  FLOE_TRY(config::Config config, context.LoadConfig());
  FLOE_TRY(server::CheckReport report, server::CheckDataDirectory(config.String("data.dir")));
  if (context.json) {
    fmt::print("{}\n", report.json);
  } else {
    fmt::print("{}", report.text);
  }
  return report.problems == 0 ? kExitOk : kExitFailure;
}

}  // namespace

void AddConfig(CLI::App& app, Context& context) {
  CLI::App* config = app.add_subcommand("config", "Show the settings and where each comes from");
  config->require_subcommand(1);
  CLI::App* show = config->add_subcommand("show", "The effective settings");
  auto origin = std::make_shared<bool>(false);
  AddNodeOptions(*show, context);
  show->add_flag("--origin", *origin, "also say where each value comes from");
  show->add_flag("--json", context.json, "as JSON");
  show->callback([&context, origin] {
    if (Status done = ShowConfig(context, *origin); !done) {
      Report(done.error());
      context.exit_code = kExitUsage;
    }
  });
  config->add_subcommand("explain", "What each setting does")->callback(ExplainConfig);
}

void AddCheck(CLI::App& app, Context& context) {
  CLI::App* check =
      app.add_subcommand("check",
                         "Verify a data directory that no node is using: checksums of all records and their indexes, "
                         "integrity of meta.db, state of jobs, and all table files read and compared with what the "
                         "tables say of them");
  AddNodeOptions(*check, context);
  check->add_flag("--json", context.json, "as JSON");
  check->callback([&context] {
    auto code = Check(context);
    context.exit_code = code ? *code : Report(context, code.error());
  });
}

void AddVersion(CLI::App& app, Context& context) {
  const std::string text =
      fmt::format("floe {} (DuckDB {}, data format {})", FLOE_VERSION, FLOE_DUCKDB_VERSION, server::kDataFormat);
  app.set_version_flag("-V,--version", text, "the same as 'floe version'");
  CLI::App* version = app.add_subcommand("version", "Versions of floe and of what it is built with");
  version->add_flag("--json", context.json, "as JSON");
  version->callback([&context, text] {
    if (context.json) {
      fmt::print("{}\n",
                 nlohmann::ordered_json{
                     {"floe", FLOE_VERSION}, {"duckdb", FLOE_DUCKDB_VERSION}, {"data-format", server::kDataFormat}}
                     .dump());
    } else {
      fmt::print("{}\n", text);
    }
  });
}

}  // namespace floe::cli
