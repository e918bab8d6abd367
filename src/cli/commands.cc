// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/result.h"
#include "cli/output.h"
#include "io/file_system.h"
#include "server/data_directory.h"
#include "server/node.h"
#include "server/settings.h"

extern char** environ;

namespace floe::cli {
namespace {

std::map<std::string, std::string> Environment() {
  std::map<std::string, std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string text = *entry;
    if (std::size_t equals = text.find('='); equals != std::string::npos)
      all[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return all;
}

}  // namespace

int ExitCodeOf(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::kNotFound: return kExitNotFound;
    case ErrorKind::kUnavailable: return kExitUnavailable;
    case ErrorKind::kCancelled: return kExitInterrupted;
    case ErrorKind::kInvalidInput:
    case ErrorKind::kAlreadyExists:
    case ErrorKind::kFailedPrecondition:
    case ErrorKind::kConflict:
    case ErrorKind::kOutOfRange:
    case ErrorKind::kNotSupported:
    case ErrorKind::kPermissionDenied:
    case ErrorKind::kResourceExhausted:
    case ErrorKind::kDiskFull:
    case ErrorKind::kTooLarge:
    case ErrorKind::kTimeout:
    case ErrorKind::kCorruption:
    case ErrorKind::kIo:
    case ErrorKind::kCommitStateUnknown:
    case ErrorKind::kInternal: return kExitFailure;
  }
  return kExitFailure;
}

int StatementExitCode(const Error& error) {
  return error.kind() == ErrorKind::kNotFound ? kExitFailure : ExitCodeOf(error);
}

int Report(const Error& error) {
  bool colour = UseColour(stderr);
  fmt::print(stderr, "{}error:{} {}\n", colour ? "\x1b[1;31m" : "", colour ? "\x1b[0m" : "", error.ToString());
  return ExitCodeOf(error);
}

int Report(const Context& context, const Error& error) {
  const int code = Report(error);
  return context.usage ? kExitUsage : code;
}

Result<config::Config> Context::LoadConfig() const {
  config::Sources sources;
  sources.flags = flags;
  sources.environment = Environment();
  std::string file = config_file.empty() ? "floe.yaml" : config_file;
  auto yaml = io::ReadFile(io::LocalFileSystem(), std::filesystem::absolute(file).string());
  if (yaml) {
    sources.yaml = *yaml;
    sources.yaml_name = file;
  } else if (!config_file.empty() || yaml.error().kind() != ErrorKind::kNotFound) {
    return Fail(Usage(std::move(yaml).error().WithContext("while reading the configuration file")));
  }
  auto config = config::Config::Load(server::Settings(), sources);
  if (!config) return Fail(Usage(std::move(config).error()));
  return config;
}

Error Context::Usage(Error error) const {
  usage = true;
  return error;
}

Status Context::AtLeast(const std::string& flag, std::optional<std::int64_t> number, std::int64_t least) const {
  if (!number || *number >= least) return {};
  return Fail(Usage(Error(ErrorKind::kInvalidInput, fmt::format("{} {}: {} is the least", flag, *number, least))));
}

Result<std::unique_ptr<server::Node>> Context::StartNode(const config::Config& config,
                                                         server::NodeOptions options) const {
  auto node = server::Node::Start(config, options);
  // All that a node is given to start with are settings.
  if (!node && node.error().kind() == ErrorKind::kInvalidInput) return Fail(Usage(std::move(node).error()));
  return node;
}

NodeAccess::NodeAccess() = default;
NodeAccess::~NodeAccess() {
  transport_.reset();
  if (!node_) return;
  if (Status stopped = node_->Stop(); !stopped) Report(stopped.error());
}

Result<std::unique_ptr<NodeAccess>> NodeAccess::Open(const Context& context, Options options) {
  std::unique_ptr<NodeAccess> access(new NodeAccess());
  if (!context.connect.empty()) {
    access->transport_ = MakeHttpTransport(context.connect);
    return access;
  }
  FLOE_TRY(config::Config config, context.LoadConfig());
  const std::string& directory = config.String("data.dir");
  auto find = [directory] { return server::RunningNode(directory)["console"]; };
  if (const std::string console = find(); !console.empty()) {
    access->transport_ = MakeHttpTransport(console, find);
    return access;
  }
  FLOE_TRY(const bool exists,
           io::LocalFileSystem().Exists(std::filesystem::absolute(directory).string() + "/floe.json"));
  if (!exists && !options.create) {
    return Fail(ErrorKind::kNotFound, fmt::format("there is no data directory '{}'; --data names another one, 'floe "
                                                  "serve --data {}' makes it",
                                                  directory, directory));
  }
  if (!exists) fmt::print(stderr, "note: there was no data directory '{}'; this makes it\n", directory);
  FLOE_TRY(access->node_, context.StartNode(config, {.listen = false, .start_jobs = options.start_jobs}));
  access->transport_ = MakeLocalTransport(access->node_->api());
  return access;
}

void PrintObjects(const Context& context, const std::string& json_array, const std::vector<std::string>& keys) {
  auto rows = nlohmann::ordered_json::parse(json_array, nullptr, false);
  if (context.json) {
    fmt::print("{}\n", rows.dump(2));
    return;
  }
  std::vector<OutputColumn> columns;
  for (const std::string& key : keys) {
    bool numeric = !rows.empty() && rows[0].contains(key) && rows[0][key].is_number();
    columns.push_back({key, numeric ? "BIGINT" : "STRING"});
  }
  RowPrinter printer(columns, {.width = TerminalWidth(stdout)});
  for (const auto& row : rows) {
    auto cells = nlohmann::ordered_json::array();
    for (const std::string& key : keys) cells.push_back(row.contains(key) ? row[key] : nlohmann::ordered_json());
    printer.Add("+I", cells);
  }
  printer.Finish();
}

void AddNodeOptions(CLI::App& app, Context& context) {
  auto flag = [&](const std::string& name, const std::string& key, const std::string& help) {
    app.add_option_function<std::string>(
        name, [&context, key](const std::string& value) { context.flags[key] = value; }, help);
  };
  flag("--data", "data.dir", "data directory (default ./floe-data)");
  app.add_option("-c,--config-file", context.config_file, "configuration file (default ./floe.yaml when there is one)");
  flag("--log-level", "log.level", "debug, info, warn, error, off");
  flag("--log-format", "log.format", "human or json");
  app.add_option_function<std::vector<std::string>>(
         "--set",
         [&context](const std::vector<std::string>& pairs) {
           for (const std::string& pair : pairs) {
             std::size_t equals = pair.find('=');
             if (equals == std::string::npos) throw CLI::ValidationError("--set", "'" + pair + "' is not KEY=VALUE");
             context.flags[pair.substr(0, equals)] = pair.substr(equals + 1);
           }
         },
         "any setting: KEY=VALUE ('floe config show' lists them)")
      ->take_all()
      ->allow_extra_args(false);
}

}  // namespace floe::cli
