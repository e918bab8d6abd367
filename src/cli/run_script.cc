// SPDX-License-Identifier: Apache-2.0
#include "cli/run_script.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/shell.h"
#include "sql/dialect/parser.h"
#include "stream/runtime/job_manager.h"

namespace floe::cli {
namespace {

using nlohmann::ordered_json;

Result<ordered_json> FetchJson(Transport& transport, server::ApiRequest request) {
  FLOE_TRY(std::string text, transport.Fetch(request));
  return ordered_json::parse(text, nullptr, false);
}

bool Ended(const std::string& state) {
  return state == "FINISHED" || state == "FAILED" || state == "CANCELED" || state == "STOPPED";
}

/// Waits for one job; asks it to stop once Ctrl-C was pressed.
Result<ordered_json> WaitForJob(Transport& transport, const std::string& id) {
  bool stopping = false;
  while (true) {
    FLOE_TRY(ordered_json job,
             FetchJson(transport, {.method = "GET", .path = "/api/v1/jobs/" + id, .query = {{"wait_ms", "500"}}}));
    if (Ended(job.value("state", ""))) return job;
    if (InterruptFlag() && !stopping) {
      stopping = true;
      InterruptFlag() = false;
      fmt::print(stderr, "Stopping job {} with a last checkpoint ...\n", id);
      FLOE_TRY(std::string ignored,
               transport.Fetch({.method = "POST", .path = "/api/v1/jobs/" + id + "/stop", .body = "{}"}));
    }
  }
}

void PrintSummary(const ordered_json& job) {
  fmt::print("Job {} '{}' {}: {} records in, {} filtered, {} late, {} dead-lettered\n", job.value("id", ""),
             job.value("name", ""), job.value("state", ""), HumanCount(job.value("records_in", std::int64_t{0})),
             HumanCount(job.value("filtered", std::int64_t{0})), HumanCount(job.value("late", std::int64_t{0})),
             HumanCount(job.value("dead_lettered", std::int64_t{0})));
  if (!job.contains("sinks")) return;
  for (const auto& sink : job["sinks"]) {
    fmt::print("  {}: {} rows in, {} rows out\n", sink.value("name", ""),
               HumanCount(sink.value("rows_in", std::int64_t{0})), HumanCount(sink.value("rows_out", std::int64_t{0})));
  }
}

/// Best effort, after an error: nothing that this command started goes on without it.
void StopAll(Transport& transport, const std::vector<std::string>& jobs) {
  for (const std::string& id : jobs)
    (void)transport.Fetch({.method = "POST", .path = "/api/v1/jobs/" + id + "/stop", .body = "{}"});
}

Result<int> WaitForAll(Transport& transport, const std::vector<std::string>& jobs) {
  int code = kExitOk;
  for (const std::string& id : jobs) {
    FLOE_TRY(ordered_json job, WaitForJob(transport, id));
    PrintSummary(job);
    const std::string state = job.value("state", "");
    if (state == "FAILED") {
      fmt::print(stderr, "error: job {} failed: {}\n", id, job.value("failure", "no reason was kept"));
      code = kExitFailure;
    } else if (state == "STOPPED" && code == kExitOk) {
      fmt::print(stderr, "The same command goes on from here; 'floe job remove {}' forgets where it was.\n",
                 job.value("name", ""));
      code = kExitInterrupted;
    }
  }
  return code;
}

}  // namespace

Result<int> RunInForeground(Transport& transport, const std::string& script, const std::string& name) {
  FLOE_TRY(auto client, StatementClient::Open(transport, &InterruptFlag()));
  // Its jobs end with this command, and go on when it is called again.
  FLOE_TRY(StatementOutcome set, client->Execute("SET '" + std::string(stream::kForegroundSetting) + "' = 'true'",
                                                 OutputFormat::kTable, stdout));
  std::vector<std::string> jobs;
  for (const auto& statement : sql::dialect::SplitScript(script)) {
    std::string text = script.substr(statement.span.offset, statement.span.length);
    auto outcome = client->Execute(text, OutputFormat::kTable, stdout);
    if (!outcome) {
      StopAll(transport, jobs);
      const Error error = InScript(outcome.error(), statement.span.position);
      if (error.position()) {
        fmt::print(stderr, "{}: {}\n", name, sql::dialect::RenderError(script, error));
      } else {
        fmt::print(stderr, "{}:{}: error: {}\n", name, statement.span.position.line, error.ToString());
      }
      return ExitCodeOf(error);
    }
    if (outcome->job_id.empty()) continue;
    jobs.push_back(outcome->job_id);
    if (outcome->resumed) fmt::print(stderr, "{}\n", outcome->message);
  }
  return WaitForAll(transport, jobs);
}

}  // namespace floe::cli
