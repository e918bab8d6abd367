// SPDX-License-Identifier: Apache-2.0
// floe produce and floe consume.
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/result.h"
#include "cli/commands.h"
#include "cli/noun.h"
#include "cli/shell.h"

namespace floe::cli {
namespace {

using nlohmann::ordered_json;

struct ProduceOptions {
  std::string topic;
  std::string key_separator;
  std::vector<std::string> headers;
};

/// One line of standard input as the API's record.
Result<ordered_json> RecordOf(const std::string& line, const ProduceOptions& options) {
  ordered_json record;
  std::string value = line;
  if (!options.key_separator.empty()) {
    std::size_t at = line.find(options.key_separator);
    if (at == std::string::npos) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("the line '{}' has no key separator '{}'", line.substr(0, 60), options.key_separator));
    }
    record["key"] = line.substr(0, at);
    value = line.substr(at + options.key_separator.size());
  }
  record["value"] = value;
  for (const std::string& header : options.headers) {
    std::size_t equals = header.find('=');
    if (equals == std::string::npos)
      return Fail(ErrorKind::kInvalidInput, fmt::format("--header '{}' is not KEY=VALUE", header));
    record["headers"].push_back({{"key", header.substr(0, equals)}, {"value", header.substr(equals + 1)}});
  }
  return record;
}

Status Produce(const Context& context, const ProduceOptions& options) {
  FLOE_TRY(auto access, NodeAccess::Open(context));
  std::string batch;
  std::int64_t sent = 0;
  auto flush = [&]() -> Status {
    if (batch.empty()) return {};
    FLOE_TRY(std::string answer,
             access->transport().Fetch(
                 {.method = "POST", .path = "/api/v1/topics/" + options.topic + "/records", .body = batch}));
    sent += ordered_json::parse(answer, nullptr, false).value("count", std::int64_t{0});
    batch.clear();
    return {};
  };
  std::string line;
  while (std::getline(std::cin, line)) {
    FLOE_TRY(ordered_json record, RecordOf(line, options));
    batch += record.dump(-1, ' ', false, ordered_json::error_handler_t::strict) + "\n";
    if (batch.size() > (1U << 20)) FLOE_TRY_VOID(flush());
  }
  FLOE_TRY_VOID(flush());
  if (context.json) {
    fmt::print("{}\n", ordered_json{{"count", sent}}.dump());
  } else {
    fmt::print(stderr, "{} records written to '{}'.\n", sent, options.topic);
  }
  return {};
}

struct ConsumeOptions {
  std::string topic;
  std::string from = "earliest";
  int partition = -1;
  std::int64_t limit = 0;
  bool follow = false;
};

Status Consume(const Context& context, const ConsumeOptions& options) {
  FLOE_TRY(auto access, NodeAccess::Open(context));
  CatchInterrupts();
  server::ApiRequest request{.method = "GET", .path = "/api/v1/topics/" + options.topic + "/records"};
  request.query = {{"from", options.from}};
  if (options.partition >= 0) request.query["partition"] = std::to_string(options.partition);
  if (options.limit > 0) request.query["limit"] = std::to_string(options.limit);
  if (options.follow) request.query["follow"] = "true";
  request.cancelled = &InterruptFlag();
  std::string buffer;
  std::optional<Error> error;
  Status called = access->transport().Call(request, [&](std::string_view bytes) {
    buffer.append(bytes);
    std::size_t start = 0;
    for (std::size_t end; (end = buffer.find('\n', start)) != std::string::npos; start = end + 1) {
      std::string_view line = std::string_view(buffer).substr(start, end - start);
      if (line.empty()) continue;  // sent to see whether this end is still here
      if (line.starts_with("{\"error\"")) error = ErrorFromJson(line);
      if (error) break;
      if (context.json) {
        fmt::print("{}\n", line);
        continue;
      }
      auto record = ordered_json::parse(line, nullptr, false);
      if (record.is_object() && record.contains("value"))
        fmt::print("{}\n", record["value"].is_string() ? record["value"].get<std::string>() : record["value"].dump());
    }
    buffer.erase(0, start);
    std::fflush(stdout);
    return !request.IsCancelled() && !error;
  });
  if (error) return Fail(std::move(*error));
  if (!called && called.error().kind() == ErrorKind::kCancelled) return {};
  return called;
}

}  // namespace

void AddProduce(CLI::App& app, Context& context) {
  CLI::App* produce = AddVerb(app, context, "produce", "Write lines of standard input to a topic, a record a line");
  auto options = std::make_shared<ProduceOptions>();
  produce->add_option("topic", options->topic, "topic")->required();
  produce->add_option("-K,--key-separator", options->key_separator, "each line is KEY<separator>VALUE");
  produce->add_option("-H,--header", options->headers, "KEY=VALUE header on every record")->allow_extra_args(false);
  produce->callback([&context, options] { Finish(context, Produce(context, *options)); });
}

void AddConsume(CLI::App& app, Context& context) {
  CLI::App* consume = AddVerb(app, context, "consume",
                              "Print the records of a topic, a value a line (--json: with key, offset, headers)");
  auto options = std::make_shared<ConsumeOptions>();
  consume->add_option("topic", options->topic, "topic")->required();
  consume->add_option("--from", options->from, "earliest, latest, an offset, or a time such as 2026-01-08T14:00:00Z");
  consume->add_option("-p,--partition", options->partition, "only this partition");
  consume->add_option("-n,--limit", options->limit, "stop after so many records");
  consume->add_flag("--follow", options->follow, "go on until Ctrl-C");
  consume->callback([&context, options] { Finish(context, Consume(context, *options)); });
}

}  // namespace floe::cli
