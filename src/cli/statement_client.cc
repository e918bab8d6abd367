// SPDX-License-Identifier: Apache-2.0
#include "cli/statement_client.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/result.h"

namespace floe::cli {
namespace {

using nlohmann::ordered_json;

/// Reads the node's answer line by line: columns, rows, progress, warnings, and one end.
class AnswerReader {
 public:
  AnswerReader(OutputFormat format, std::FILE* out) : format_(format), out_(out), tty_(::isatty(STDERR_FILENO) == 1) {}

  bool Take(std::string_view bytes) {
    buffer_.append(bytes);
    std::size_t start = 0;
    for (std::size_t end; (end = buffer_.find('\n', start)) != std::string::npos; start = end + 1) {
      Line(std::string_view(buffer_).substr(start, end - start));
    }
    buffer_.erase(0, start);
    return true;
  }

  Result<StatementOutcome> Finish(const Status& called) {
    ClearProgress();
    if (printer_) printer_->Finish();
    if (error_) return Fail(std::move(*error_));
    if (!called) return Fail(called.error());
    if (!done_) return Fail(ErrorKind::kUnavailable, "the node closed the connection before the statement was done");
    return outcome_;
  }

 private:
  void Line(std::string_view line) {
    ordered_json parsed = ordered_json::parse(line, nullptr, false);
    if (!parsed.is_object()) return;
    if (parsed.contains("error")) error_ = ErrorFromJson(line);
    if (parsed.contains("columns")) Columns(parsed);
    if (parsed.contains("rows") && printer_) Rows(parsed);
    if (parsed.contains("warning")) {
      ClearProgress();
      fmt::print(stderr, "warning: {}\n", parsed["warning"].get<std::string>());
    }
    if (parsed.contains("progress") && tty_) {
      fmt::print(stderr, "\r{:3.0f} %  ", parsed["progress"].get<double>() * 100);
      std::fflush(stderr);
      progress_shown_ = true;
    }
    if (parsed.contains("done")) {
      const ordered_json& done = parsed["done"];
      done_ = true;
      outcome_.message = done.value("message", "");
      outcome_.job_id = done.value("job", "");
      outcome_.resumed = done.value("resumed", false);
      outcome_.rows = done.value("rows", std::int64_t{0});
      if (done.contains("written")) outcome_.written = done["written"].get<std::int64_t>();
      outcome_.prints = done.value("prints", false);
      outcome_.elapsed_ms = done.value("elapsed_ms", std::int64_t{0});
    }
  }

  void Columns(const ordered_json& parsed) {
    std::vector<OutputColumn> columns;
    for (const ordered_json& column : parsed["columns"])
      columns.push_back({column.value("name", ""), column.value("type", "")});
    RowPrinter::Options options;
    options.format = format_;
    options.changelog = parsed.value("changelog", false);
    options.live = parsed.value("live", false);
    options.out = out_;
    options.width = TerminalWidth(out_);
    printer_ = std::make_unique<RowPrinter>(std::move(columns), options);
  }

  void Rows(const ordered_json& parsed) {
    ClearProgress();
    const ordered_json& rows = parsed["rows"];
    bool has_ops = parsed.contains("ops");
    for (std::size_t i = 0; i < rows.size(); ++i)
      printer_->Add(has_ops ? parsed["ops"][i].get<std::string>() : "+I", rows[i]);
  }

  void ClearProgress() {
    if (progress_shown_) fmt::print(stderr, "\r       \r");
    progress_shown_ = false;
  }

  OutputFormat format_;
  std::FILE* out_;
  bool tty_;
  bool progress_shown_ = false;
  bool done_ = false;
  std::string buffer_;
  std::unique_ptr<RowPrinter> printer_;
  std::optional<Error> error_;
  StatementOutcome outcome_;
};

}  // namespace

Result<std::string> StatementClient::OpenSession(Transport& transport) {
  FLOE_TRY(std::string answer, transport.Fetch({.method = "POST", .path = "/api/v1/sessions", .body = "{}"}));
  auto parsed = ordered_json::parse(answer, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("session")) {
    return Fail(ErrorKind::kUnavailable,
                fmt::format("{} does not speak Floe's API; give the console's address", transport.Describe()));
  }
  return parsed["session"].get<std::string>();
}

Result<std::unique_ptr<StatementClient>> StatementClient::Open(Transport& transport, const std::atomic<bool>* cancel) {
  FLOE_TRY(std::string session, OpenSession(transport));
  return std::unique_ptr<StatementClient>(new StatementClient(transport, cancel, std::move(session)));
}

StatementClient::~StatementClient() {
  // Best effort: the node also closes sessions that nobody uses.
  (void)transport_.Fetch({.method = "DELETE", .path = "/api/v1/sessions/" + session_});
}

Result<StatementOutcome> StatementClient::Execute(const std::string& statement, OutputFormat format, std::FILE* out) {
  AnswerReader reader(format, out);
  server::ApiRequest request{.method = "POST", .path = "/api/v1/sessions/" + session_ + "/statements"};
  request.body = ordered_json{{"statement", statement}}.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  request.cancelled = cancel_;
  Status called = transport_.Call(request, [&](std::string_view bytes) {
    if (request.IsCancelled()) return false;
    return reader.Take(bytes);
  });
  // Errors of the statement come inside the answer.
  if (!called && called.error().kind() == ErrorKind::kNotFound) {
    FLOE_TRY(session_, OpenSession(transport_));
    return Fail(ErrorKind::kConflict,
                "the node no longer has this session: it started again, or the session was long unused. The statement "
                "did not run. A new session is open, without the SETs, the USE and the temporary objects of the old "
                "one; run the statement again");
  }
  auto outcome = reader.Finish(called);
  if (outcome && outcome->prints && !transport_.embedded()) {
    fmt::print(stderr,
               "note: this runs in the node at {}; what 'print' tables print goes to that node's output, not "
               "here\n",
               transport_.Describe());
  }
  return outcome;
}

std::vector<std::string> StatementClient::Complete(const std::string& text) {
  auto answer = transport_.Fetch(
      {.method = "GET", .path = "/api/v1/sessions/" + session_ + "/completions", .query = {{"text", text}}});
  std::vector<std::string> words;
  if (!answer) return words;
  auto parsed = ordered_json::parse(*answer, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("completions")) return words;
  for (const auto& word : parsed["completions"]) words.push_back(word.get<std::string>());
  return words;
}

}  // namespace floe::cli
