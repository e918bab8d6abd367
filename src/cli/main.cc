// SPDX-License-Identifier: Apache-2.0
// The floe program.
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>

#include "base/logging.h"
#include "cli/commands.h"
#include "cli/usage.h"

namespace {

constexpr const char* kAbout = R"(Floe: the streaming lakehouse in one program.
Events in over Kafka and HTTP, continuous Flink SQL, Iceberg and live tables out.

To see it work:   floe demo weather
To run a node:    floe serve            then: floe sql, any Kafka client on port 9092, http://127.0.0.1:3000)";

constexpr const char* kFooter =
    "'floe COMMAND --help' tells more. Settings: flags, FLOE_… variables, floe.yaml ('floe config show --origin').\n"
    "Exit codes: 0 done, 1 the work failed, 2 the command line or a setting is wrong, 3 no node answers or the\n"
    "directory is taken, 4 what the command line names does not exist, 130 interrupted.";

/// A connection, a segment and a data file each take a descriptor, and service managers start programs with 1024.
void AllowManyFiles() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  static_cast<void>(::setrlimit(RLIMIT_NOFILE, &limit));
}

}  // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  AllowManyFiles();
  floe::cli::Context context;
  CLI::App app{kAbout, "floe"};
  app.footer(kFooter);
  app.require_subcommand(1);
  app.get_formatter()->column_width(28);
  floe::cli::AddServe(app, context);
  floe::cli::AddSql(app, context);
  floe::cli::AddRun(app, context);
  floe::cli::AddDemo(app, context);
  floe::cli::AddTopic(app, context);
  floe::cli::AddProduce(app, context);
  floe::cli::AddConsume(app, context);
  floe::cli::AddGroup(app, context);
  floe::cli::AddJob(app, context);
  floe::cli::AddTable(app, context);
  floe::cli::AddConfig(app, context);
  floe::cli::AddCheck(app, context);
  floe::cli::AddVersion(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return app.exit(e);
  } catch (const CLI::ParseError& e) {
    return floe::cli::ExplainUsage(app, {argv + 1, argv + argc}, e);
  } catch (const std::system_error& e) {
    // Printing throws when whoever reads is gone ("| head").
    if (e.code() == std::errc::broken_pipe) return floe::cli::kExitInterrupted;
    fmt::print(stderr, "error: {}\n", e.what());
    return floe::cli::kExitFailure;
  }
  return context.exit_code;
}
