// SPDX-License-Identifier: Apache-2.0
// The subcommands; each Add… hangs one noun or verb on the command line and stores its exit code in
// `context.exit_code`.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/error.h"
#include "cli/transport.h"

namespace CLI {
class App;
}
namespace floe::server {
class Node;
struct NodeOptions;
}  // namespace floe::server

namespace floe::cli {

/// Exit codes that scripts can rely on.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,      ///< the work failed
  kExitUsage = 2,        ///< the command line or configuration is wrong
  kExitUnavailable = 3,  ///< no node answers, or the data directory is taken
  kExitNotFound = 4,     ///< what the command line names does not exist
  kExitInterrupted = 130,
};
int ExitCodeOf(const Error& error);
/// Of a SQL statement: what it does not find is not what the command line names.
int StatementExitCode(const Error& error);

/// What all commands share: where settings come from and where the answer goes.
struct Context {
  std::string config_file;
  std::map<std::string, std::string> flags;  ///< setting key -> value given on the command line
  std::string connect;                       ///< --connect URL
  bool json = false;                         ///< --json
  int exit_code = kExitOk;
  mutable bool usage = false;  ///< an error so far was the command line's or a setting's

  /// Marks what it returns as a mistake in usage.
  Error Usage(Error error) const;
  /// Refuses a number that was given and is less.
  Status AtLeast(const std::string& flag, std::optional<std::int64_t> number, std::int64_t least) const;
  Result<config::Config> LoadConfig() const;
  /// One inside this process; what it refuses of its settings is marked as a mistake in usage.
  Result<std::unique_ptr<server::Node>> StartNode(const config::Config& config, server::NodeOptions options) const;
};

/// A node to talk to: the one given with --connect, the one running on the data directory, or one started inside this
/// process.
class NodeAccess {
 public:
  struct Options {
    bool create = false;      ///< a data directory that is not there is made, instead of kNotFound
    bool start_jobs = false;  ///< a node inside this process also runs the directory's jobs
  };
  static Result<std::unique_ptr<NodeAccess>> Open(const Context& context, Options options = {false, false});
  ~NodeAccess();
  Transport& transport() { return *transport_; }
  /// The embedded node, or null when it is another process.
  server::Node* embedded() { return node_.get(); }

 private:
  NodeAccess();
  std::unique_ptr<server::Node> node_;
  std::unique_ptr<Transport> transport_;
};

/// Prints "error: …" and returns the exit code.
int Report(const Error& error);
int Report(const Context& context, const Error& error);
/// Prints `rows` (array of objects) as a table of the given keys, or as JSON with --json.
void PrintObjects(const Context& context, const std::string& json_array, const std::vector<std::string>& keys);

void AddNodeOptions(CLI::App& app, Context& context);
void AddServe(CLI::App& app, Context& context);
void AddSql(CLI::App& app, Context& context);
void AddRun(CLI::App& app, Context& context);
void AddDemo(CLI::App& app, Context& context);
void AddTopic(CLI::App& app, Context& context);
void AddProduce(CLI::App& app, Context& context);
void AddConsume(CLI::App& app, Context& context);
void AddGroup(CLI::App& app, Context& context);
void AddJob(CLI::App& app, Context& context);
void AddTable(CLI::App& app, Context& context);
void AddConfig(CLI::App& app, Context& context);
void AddCheck(CLI::App& app, Context& context);
void AddVersion(CLI::App& app, Context& context);

}  // namespace floe::cli
