// SPDX-License-Identifier: Apache-2.0
// Runs SQL statements in a session of a node and prints what comes back.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/output.h"
#include "cli/transport.h"

namespace floe::cli {

struct StatementOutcome {
  std::string message;   ///< "OK", or what was done
  std::string job_id;    ///< of a submitted job
  bool resumed = false;  ///< it goes on from an earlier run
  std::int64_t rows = 0;
  std::optional<std::int64_t> written;  ///< rows of an INSERT that is done
  bool prints = false;                  ///< the process that runs it prints them
  std::int64_t elapsed_ms = 0;
};

/// One SQL session on a node, closed when it dies. One thread; `cancel` may be set from a signal handler.
class StatementClient {
 public:
  static Result<std::unique_ptr<StatementClient>> Open(Transport& transport, const std::atomic<bool>* cancel);
  ~StatementClient();
  StatementClient(const StatementClient&) = delete;
  StatementClient& operator=(const StatementClient&) = delete;

  /// Rows go to `out`, progress and warnings to standard error. kCancelled after Ctrl-C. kConflict when the node has
  /// lost the session: the next statement runs in a new one. This one does not, since it may count on a USE or SET.
  Result<StatementOutcome> Execute(const std::string& statement, OutputFormat format, std::FILE* out);
  /// Words that may stand where `text` ends.
  std::vector<std::string> Complete(const std::string& text);
  const std::string& session_id() const { return session_; }

 private:
  StatementClient(Transport& transport, const std::atomic<bool>* cancel, std::string session)
      : transport_(transport), cancel_(cancel), session_(std::move(session)) {}
  static Result<std::string> OpenSession(Transport& transport);

  Transport& transport_;
  const std::atomic<bool>* cancel_;
  std::string session_;
};

}  // namespace floe::cli
