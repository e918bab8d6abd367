// SPDX-License-Identifier: Apache-2.0
// API: SQL sessions and statements. An answer is NDJSON: {"columns"}, {"rows"}, {"progress"}, {"warning"}, then
// {"done"} or {"error"}.
#include <chrono>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "query/row_json.h"
#include "server/json_body.h"
#include "server/parts.h"

namespace floe::server {
namespace {

using nlohmann::ordered_json;

/// Rows of one statement as lines; up to kFlushBytes of rows share a line's write.
class NdjsonConsumer final : public query::ResultConsumer {
 public:
  NdjsonConsumer(ApiReply& reply, const ApiRequest& request) : reply_(reply), request_(request) {}

  Status OnSchema(const data::Schema& schema, bool changelog, bool live) override {
    schema_ = schema;
    changelog_ = changelog;
    ordered_json columns = ordered_json::array();
    for (const data::Field& field : schema.fields)
      columns.push_back({{"name", field.name}, {"type", field.type.ToString()}});
    return Send(JsonText({{"columns", columns}, {"changelog", changelog}, {"live", live}}));
  }

  Status OnRows(const data::Batch& batch) override {
    std::string line = "{\"rows\":[";
    for (duckdb::idx_t row = 0; row < batch.size(); ++row)
      line += (row > 0 ? "," : "") + query::RowJson(batch, row, schema_);
    line += "]";
    if (changelog_) {
      line += ",\"ops\":[";
      for (duckdb::idx_t row = 0; row < batch.size(); ++row)
        line += fmt::format("{}\"{}\"", row > 0 ? "," : "", data::ToString(batch.kind(row)));
      line += "]";
    }
    rows_ += static_cast<std::int64_t>(batch.size());
    return Send(line + "}");
  }

  void OnProgress(double fraction) override { (void)Send(fmt::format("{{\"progress\":{:.3f}}}", fraction)); }
  void OnWarning(const std::string& warning) override { (void)Send(JsonText({{"warning", warning}})); }
  bool Cancelled() const override { return gone_ || request_.IsCancelled(); }

  /// At once, so that the connection is watched while a query has no rows yet.
  void Begin() {
    if (!std::exchange(begun_, true)) reply_.Begin(200, "application/x-ndjson");
  }
  Status Send(const std::string& line) {
    Begin();
    if (!reply_.Write(line + "\n")) gone_ = true;
    return gone_ ? Fail(ErrorKind::kCancelled, "the client went away") : Status{};
  }
  std::int64_t rows() const { return rows_; }

 private:
  ApiReply& reply_;
  const ApiRequest& request_;
  data::Schema schema_;
  bool changelog_ = false;
  bool begun_ = false;
  std::atomic<bool> gone_{false};
  std::int64_t rows_ = 0;
};

/// Keeps everything; for /api/v1/query.
class CollectingConsumer final : public query::ResultConsumer {
 public:
  explicit CollectingConsumer(const ApiRequest& request) : request_(request) {}
  Status OnSchema(const data::Schema& schema, bool, bool) override {
    schema_ = schema;
    return {};
  }
  Status OnRows(const data::Batch& batch) override {
    for (duckdb::idx_t row = 0; row < batch.size(); ++row)
      rows_ += (rows_.empty() ? "" : ",") + query::RowJson(batch, row, schema_);
    constexpr std::size_t kLimit = 64U << 20;
    if (rows_.size() > kLimit)
      return Fail(ErrorKind::kTooLarge, "the result is over 64 MB; use a session's statements, which stream");
    return {};
  }
  void OnProgress(double) override {}
  void OnWarning(const std::string&) override {}
  bool Cancelled() const override { return request_.IsCancelled(); }
  std::string Json() const {
    ordered_json columns = ordered_json::array();
    for (const data::Field& field : schema_.fields)
      columns.push_back({{"name", field.name}, {"type", field.type.ToString()}});
    return "{\"columns\":" + JsonText(columns) + ",\"rows\":[" + rows_ + "]}";
  }

 private:
  const ApiRequest& request_;
  data::Schema schema_;
  std::string rows_;
};

Result<std::string> StatementOf(const ApiRequest& request) {
  FLOE_TRY(const ordered_json body, ParseJson(request.body));
  if (!body.is_object()) return Fail(ErrorKind::kInvalidInput, "the body must be {\"statement\": \"...\"}");
  return TextMember(body, "statement");
}

Status Execute(Node::Parts& p, const ApiRequest& request, const std::string& id, ApiReply& reply) {
  FLOE_TRY(std::string statement, StatementOf(request));
  FLOE_TRY(std::shared_ptr<OpenSession> open, p.sessions->Find(id));
  NdjsonConsumer consumer(reply, request);
  consumer.Begin();
  std::lock_guard lock(open->mu);
  auto start = std::chrono::steady_clock::now();
  auto result = open->session.Execute(statement, consumer);
  if (!result) return consumer.Send(ErrorJson(result.error()));
  auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  ordered_json done = {{"message", result->message},
                       {"job", result->job_id},
                       {"resumed", result->resumed},
                       {"rows", consumer.rows()},
                       {"elapsed_ms", elapsed.count()}};
  if (result->written) done["written"] = *result->written;
  if (result->prints) done["prints"] = true;
  return consumer.Send(JsonText({{"done", done}}));
}

Status QueryOnce(Node::Parts& p, const ApiRequest& request, ApiReply& reply) {
  FLOE_TRY(std::string statement, StatementOf(request));
  query::Session session(*p.session_services);
  CollectingConsumer consumer(request);
  FLOE_TRY(query::StatementResult ignored, session.Execute(statement, consumer));
  return ReplyText(reply, consumer.Json());
}

Status Complete(Node::Parts& p, const ApiRequest& request, const std::string& id, ApiReply& reply) {
  FLOE_TRY(std::shared_ptr<OpenSession> open, p.sessions->Find(id));
  auto text = request.query.find("text");
  std::lock_guard lock(open->mu);
  ordered_json words = open->session.Complete(text == request.query.end() ? "" : text->second);
  return ReplyJson(reply, ordered_json{{"completions", words}});
}

}  // namespace

void AddSqlApi(Node::Parts& p) {
  p.api.Add("POST", "/api/v1/sessions", [&p](const ApiRequest&, const Api::Parameters&, ApiReply& reply) {
    return ReplyJson(reply, ordered_json{{"session", p.sessions->Open()}}, 201);
  });
  p.api.Add("DELETE", "/api/v1/sessions/{id}",
            [&p](const ApiRequest&, const Api::Parameters& parameters, ApiReply& reply) {
              p.sessions->Close(parameters.at("id"));
              return ReplyJson(reply, ordered_json::object());
            });
  p.api.Add("POST", "/api/v1/sessions/{id}/statements",
            [&p](const ApiRequest& request, const Api::Parameters& parameters, ApiReply& reply) {
              return Execute(p, request, parameters.at("id"), reply);
            });
  p.api.Add("GET", "/api/v1/sessions/{id}/completions",
            [&p](const ApiRequest& request, const Api::Parameters& parameters, ApiReply& reply) {
              return Complete(p, request, parameters.at("id"), reply);
            });
  p.api.Add("POST", "/api/v1/query", [&p](const ApiRequest& request, const Api::Parameters&, ApiReply& reply) {
    return QueryOnce(p, request, reply);
  });
}

}  // namespace floe::server
