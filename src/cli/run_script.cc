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

/// Best effort, after Ctrl-C or an error: nothing that this command started goes on without it.
void StopAll(Transport& transport, const std::vector<std::string>& jobs) {
  for (const std::string& id : jobs)
    (void)transport.Fetch({.method = "POST", .path = "/api/v1/jobs/" + id + "/stop", .body = "{}"});
}

/// Waits for one job; asks it and those after it to stop once Ctrl-C was pressed.
Result<ordered_json> WaitForJob(Transport& transport, const std::string& id, const std::vector<std::string>& all) {
  while (true) {
    FLOE_TRY(ordered_json job,
             FetchJson(transport, {.method = "GET", .path = "/api/v1/jobs/" + id, .query = {{"wait_ms", "500"}}}));
    if (Ended(job.value("state", ""))) return job;
    if (InterruptFlag().exchange(false)) {
      fmt::print(stderr, "Stopping with a last checkpoint ...\n");
      StopAll(transport, all);
    }
  }
}

/// ", 3 skipped": left out where there were none.
std::string IfAny(const ordered_json& counters, const char* key, const char* word) {
  const auto count = counters.value(key, std::int64_t{0});
  return count == 0 ? "" : fmt::format(", {} {}", HumanCount(count), word);
}

/// Fate of the rows that did not come out as they went in.
std::string Fates(const ordered_json& counters) {
  auto count = [&](const char* key) { return HumanCount(counters.value(key, std::int64_t{0})); };
  return fmt::format("{} filtered, {} late, {} dead-lettered{}{}", count("filtered"), count("late"),
                     count("dead_lettered"), IfAny(counters, "skipped", "skipped"),
                     IfAny(counters, "absorbed", "aggregated"));
}

void PrintSummary(const ordered_json& job) {
  fmt::print("Job {} '{}' {}: {} records in, {}\n", job.value("id", ""), job.value("name", ""), job.value("state", ""),
             HumanCount(job.value("records_in", std::int64_t{0})), Fates(job));
  if (!job.contains("sinks")) return;
  for (const auto& sink : job["sinks"]) {
    fmt::print("  {}: {} rows in, {} rows out ({})\n", sink.value("name", ""),
               HumanCount(sink.value("rows_in", std::int64_t{0})), HumanCount(sink.value("rows_out", std::int64_t{0})),
               Fates(sink));
  }
  for (const auto& topic : job.value("side_topics", ordered_json::array()))
    fmt::print("  kept in topic {0}: 'floe consume {0}'\n", topic.get<std::string>());
}

Result<int> WaitForAll(Transport& transport, const std::vector<std::string>& jobs, bool json) {
  int code = kExitOk;
  for (const std::string& id : jobs) {
    FLOE_TRY(ordered_json job, WaitForJob(transport, id, jobs));
    if (json) {
      fmt::print("{}\n", ordered_json{{"job", job}}.dump());
    } else {
      PrintSummary(job);
    }
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

Result<int> RunInForeground(Transport& transport, const std::string& script, const std::string& name, bool json) {
  const OutputFormat format = json ? OutputFormat::kNdjson : OutputFormat::kTable;
  FLOE_TRY(auto client, StatementClient::Open(transport, &InterruptFlag()));
  // Its jobs end with this command, and go on when it is called again.
  FLOE_TRY(StatementOutcome set, client->Execute("SET '" + std::string(stream::kForegroundSetting) + "' = 'true'",
                                                 OutputFormat::kTable, stdout));
  std::vector<std::string> jobs;
  for (const auto& statement : sql::dialect::SplitScript(script)) {
    std::string text = script.substr(statement.span.offset, statement.span.length);
    auto outcome = client->Execute(text, format, stdout);
    if (!outcome) {
      StopAll(transport, jobs);
      PrintStatementError(name, script, statement.span.position, outcome.error());
      return StatementExitCode(outcome.error());
    }
    if (outcome->job_id.empty()) {
      // Plans, and the rows of an INSERT that is done.
      if (outcome->message.empty() || outcome->message.starts_with("OK")) continue;
      if (json) {
        fmt::print("{}\n", ordered_json{{"message", outcome->message}}.dump());
      } else {
        fmt::print("{}\n", outcome->message);
      }
      continue;
    }
    jobs.push_back(outcome->job_id);
    if (outcome->resumed) fmt::print(stderr, "{}\n", outcome->message);
  }
  return WaitForAll(transport, jobs, json);
}

}  // namespace floe::cli
