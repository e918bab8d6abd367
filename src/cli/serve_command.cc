// SPDX-License-Identifier: Apache-2.0
// floe serve: the node in the foreground until SIGTERM or Ctrl-C.
#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <signal.h>

#include "base/logging.h"
#include "base/result.h"
#include "cli/commands.h"
#include "cli/listen_options.h"
#include "server/node.h"

namespace floe::cli {
namespace {

Status Serve(const Context& context) {
  FLOE_TRY(config::Config config, context.LoadConfig());
  FLOE_TRY(auto level, logging::ParseLevel(config.String("log.level")));
  FLOE_TRY(auto format, logging::ParseFormat(config.String("log.format")));
  logging::Init(level, format);
  // Blocked before any thread starts, so that only sigwait below takes them.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGINT);
  sigaddset(&stop_signals, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);

  FLOE_TRY(auto node, context.StartNode(config, {}));
  for (const auto& [service, address] : node->addresses())
    logging::Info("server", "listening", {{"service", service}, {"address", address}});
  logging::Info("server", "ready", {{"data", config.String("data.dir")}});
  int signal = 0;
  ::sigwait(&stop_signals, &signal);
  logging::Info("server", "stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
  return node->Stop();
}

}  // namespace

void AddListenOptions(CLI::App& app, Context& context) {
  app.add_option_function<std::string>(
      "--ports",
      [&context](const std::string& value) {
        if (value != "auto")
          throw CLI::ValidationError("--ports", "the only value is 'auto' (free ports, written to DIR/addresses.json)");
        context.flags["ports.auto"] = "true";
      },
      "'auto': take free ports, written to DIR/addresses.json");
  app.add_option_function<std::string>(
      "--port-offset", [&context](const std::string& value) { context.flags["ports.offset"] = value; },
      "add N to every default port");
  app.add_option_function<std::vector<std::string>>(
         "--listen",
         [&context](const std::vector<std::string>& values) {
           for (const std::string& value : values) {
             std::size_t equals = value.find('=');
             if (equals == std::string::npos)
               throw CLI::ValidationError("--listen",
                                          "'" + value + "' is not NAME=HOST:PORT, for example kafka=127.0.0.1:9092");
             context.flags["listen." + value.substr(0, equals)] = value.substr(equals + 1);
           }
         },
         "address of one service: NAME=HOST:PORT (kafka, ingest, console)")
      ->take_all()
      ->allow_extra_args(false);
}

void AddServe(CLI::App& app, Context& context) {
  CLI::App* serve = app.add_subcommand("serve", "Run the node: every service in one process");
  AddNodeOptions(*serve, context);
  AddListenOptions(*serve, context);
  serve->callback([&context] {
    if (Status done = Serve(context); !done) context.exit_code = Report(context, done.error());
  });
}

}  // namespace floe::cli
