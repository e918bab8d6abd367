// SPDX-License-Identifier: Apache-2.0
// API: jobs.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "base/text.h"
#include "console/iso_time.h"
#include "query/session_parts.h"
#include "server/json_body.h"
#include "server/node_view.h"
#include "server/parts.h"
#include "sql/dialect/parser.h"

namespace floe::server {
namespace {

using nlohmann::ordered_json;

std::string Iso(std::int64_t ms) {
  return console::IsoTime(TimestampMs(ms));
}

ordered_json Counters(const stream::Counters& c) {
  return {{"in", c.in},
          {"out", c.out},
          {"filtered", c.filtered},
          {"late", c.late},
          {"dead_lettered", c.dead_lettered},
          {"skipped", c.skipped},
          {"absorbed", c.absorbed},
          {"generated", c.generated}};
}

ordered_json Summary(const stream::JobStatus& job) {
  JobTotals totals = TotalsOf(job.task);
  ordered_json json = {{"id", job.job.id}, {"name", job.job.name}, {"state", stream::ToString(job.state)}};
  json["records_in"] = totals.in;
  json["records_out"] = totals.out;
  json["filtered"] = totals.filtered;
  json["late"] = totals.late;
  json["dead_lettered"] = totals.dead_lettered;
  json["skipped"] = totals.skipped;
  json["lag"] = totals.lag;
  json["last_checkpoint"] = job.task.last_checkpoint ? Iso(job.task.last_checkpoint->completed_ms) : "";
  return json;
}

ordered_json Whole(const stream::JobStatus& job) {
  ordered_json json = Summary(job);
  json["created"] = Iso(job.job.created_ms);
  json["restarts"] = job.restarts;
  if (job.task.watermark != stream::kNoWatermark && job.task.watermark != stream::kFinalWatermark) {
    json["watermark"] = Iso(job.task.watermark.value() / 1000);
  }
  if (job.task.last_checkpoint) {
    const stream::CheckpointInfo& checkpoint = *job.task.last_checkpoint;
    json["checkpoint"] = {{"id", checkpoint.id.value()},
                          {"completed", Iso(checkpoint.completed_ms)},
                          {"duration_us", checkpoint.duration.count()},
                          {"state_bytes", checkpoint.state_bytes}};
  }
  const bool fails = job.state == stream::JobState::kFailed || job.state == stream::JobState::kRestarting;
  if (fails && !job.exceptions.empty()) json["failure"] = job.exceptions.back().message;
  json["sources"] = ordered_json::array();
  for (const auto& source : job.task.sources) {
    ordered_json one = {{"name", source.table}};
    one.update(Counters(source.counters));
    if (source.lag) one["lag"] = *source.lag;
    json["sources"].push_back(std::move(one));
  }
  json["sinks"] = ordered_json::array();
  for (const auto& sink : job.task.sinks) {
    json["sinks"].push_back({{"name", sink.table},
                             {"rows_in", sink.counters.in},
                             {"rows_out", sink.counters.out},
                             {"filtered", sink.counters.filtered},
                             {"late", sink.counters.late},
                             {"dead_lettered", sink.counters.dead_lettered},
                             {"skipped", sink.counters.skipped},
                             {"absorbed", sink.counters.absorbed},
                             {"generated", sink.counters.generated}});
  }
  json["operators"] = ordered_json::array();
  for (const auto& [name, counters] : job.task.operators) {
    ordered_json one = {{"name", name}};
    one.update(Counters(counters));
    json["operators"].push_back(std::move(one));
  }
  json["side_topics"] = job.task.side_topics;
  json["exceptions"] = ordered_json::array();
  for (const auto& exception : job.exceptions) {
    json["exceptions"].push_back(
        {{"at", Iso(exception.at_ms)}, {"kind", exception.kind}, {"message", exception.message}});
  }
  return json;
}

Status Submit(Node::Parts& p, const ApiRequest& request, ApiReply& reply) {
  FLOE_TRY(const ordered_json body, ParseJson(request.body));
  if (!body.is_object())
    return Fail(ErrorKind::kInvalidInput, "the body must be {\"script\": \"...\", \"name\": \"...\"}");
  FLOE_TRY(const std::string script, TextMember(body, "script"));
  FLOE_TRY(const std::string name, TextMember(body, "name", ""));
  query::Session session(*p.session_services);
  query::NullConsumer nobody;
  ordered_json jobs = ordered_json::array();
  for (const auto& part : sql::dialect::SplitScript(script)) {
    if (!name.empty()) session.SetSetting("pipeline.name", name);
    auto result = session.Execute(std::string(part.span.In(script)), nobody);
    if (!result) {
      Error error = result.error();
      // Positions count from the script's start for whoever sent a script.
      if (auto at = error.position()) {
        TextPosition start = part.span.position;
        TextPosition absolute{at->line + start.line - 1, at->line == 1 ? at->column + start.column - 1 : at->column};
        return Fail(std::move(error).WithPosition(absolute));
      }
      return Fail(std::move(error).WithPosition(part.span.position));
    }
    if (result->job_id.empty()) continue;
    FLOE_TRY(stream::JobStatus status, p.jobs->Show(result->job_id));
    jobs.push_back(Summary(status));
  }
  if (jobs.empty())
    return Fail(ErrorKind::kInvalidInput,
                "the script holds no continuous INSERT, so there is no job; 'floe sql -f' runs it");
  return ReplyJson(reply, ordered_json{{"jobs", jobs}}, 201);
}

Status ShowJob(Node::Parts& p, const ApiRequest& request, const std::string& id, ApiReply& reply) {
  auto wait = request.query.find("wait_ms");
  if (wait != request.query.end()) {
    auto ms = ParseInteger(wait->second);
    if (ms && *ms > 0) {
      auto waited = p.jobs->Wait(id, std::chrono::milliseconds(std::min<std::int64_t>(*ms, 30'000)));
      if (!waited && waited.error().kind() != ErrorKind::kTimeout) return Fail(std::move(waited).error());
    }
  }
  FLOE_TRY(stream::JobStatus job, p.jobs->Show(id));
  return ReplyJson(reply, Whole(job));
}

Status StopJob(Node::Parts& p, const ApiRequest& request, const std::string& id, ApiReply& reply) {
  FLOE_TRY(const ordered_json body, ParseJson(request.body.empty() ? "{}" : request.body));
  const bool drain = body.is_object() && body.contains("drain") && body["drain"] == true;
  // By its id from here on: once it has ended, the name may mean another one.
  FLOE_TRY(stream::JobStatus job, p.jobs->Show(id));
  FLOE_TRY_VOID(drain ? p.jobs->Drain(job.job.id) : p.jobs->Stop(job.job.id));
  FLOE_TRY(job, p.jobs->Show(job.job.id));
  return ReplyJson(reply, Whole(job));
}

}  // namespace

void AddJobApi(Node::Parts& p) {
  p.api.Add("GET", "/api/v1/jobs", [&p](const ApiRequest&, const Api::Parameters&, ApiReply& reply) {
    ordered_json jobs = ordered_json::array();
    for (const auto& job : p.jobs->List()) jobs.push_back(Summary(job));
    return ReplyJson(reply, ordered_json{{"jobs", jobs}});
  });
  p.api.Add("POST", "/api/v1/jobs", [&p](const ApiRequest& request, const Api::Parameters&, ApiReply& reply) {
    return Submit(p, request, reply);
  });
  p.api.Add("GET", "/api/v1/jobs/{id}",
            [&p](const ApiRequest& request, const Api::Parameters& parameters, ApiReply& reply) {
              return ShowJob(p, request, parameters.at("id"), reply);
            });
  p.api.Add("POST", "/api/v1/jobs/{id}/stop",
            [&p](const ApiRequest& request, const Api::Parameters& parameters, ApiReply& reply) {
              return StopJob(p, request, parameters.at("id"), reply);
            });
  p.api.Add("POST", "/api/v1/jobs/{id}/resume",
            [&p](const ApiRequest&, const Api::Parameters& parameters, ApiReply& reply) -> Status {
              FLOE_TRY_VOID(p.jobs->Resume(parameters.at("id")));
              return ReplyJson(reply, ordered_json::object());
            });
  p.api.Add("POST", "/api/v1/jobs/{id}/checkpoint",
            [&p](const ApiRequest&, const Api::Parameters& parameters, ApiReply& reply) -> Status {
              FLOE_TRY_VOID(p.jobs->Checkpoint(parameters.at("id")));
              return ReplyJson(reply, ordered_json::object());
            });
  p.api.Add("DELETE", "/api/v1/jobs/{id}",
            [&p](const ApiRequest&, const Api::Parameters& parameters, ApiReply& reply) -> Status {
              FLOE_TRY_VOID(p.jobs->Remove(parameters.at("id")));
              return ReplyJson(reply, ordered_json::object());
            });
}

}  // namespace floe::server
