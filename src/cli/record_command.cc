// SPDX-License-Identifier: Apache-2.0
// floe produce and floe consume.
#include <chrono>
#include <utility>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/result.h"
#include "cli/commands.h"
#include "cli/line_reader.h"
#include "cli/noun.h"
#include "cli/shell.h"
#include "formats/text.h"

namespace floe::cli {
namespace {

using nlohmann::ordered_json;

struct ProduceOptions {
  std::string topic;
  std::string key_separator;
  std::vector<std::string> headers;
};

/// How long a record waits for others: what `tail -f` writes is seen soon, and bulk goes in big requests.
constexpr std::chrono::milliseconds kLinger{50};
constexpr std::size_t kBatchBytes = 1 << 20;

Result<ordered_json> HeadersOf(const std::vector<std::string>& options) {
  ordered_json headers = ordered_json::array();
  for (const std::string& header : options) {
    std::size_t equals = header.find('=');
    if (equals == std::string::npos)
      return Fail(ErrorKind::kInvalidInput, fmt::format("--header '{}' is not KEY=VALUE", header));
    if (!formats::ValidUtf8(header))
      return Fail(ErrorKind::kInvalidInput, "--header is not UTF-8; a Kafka client sends any bytes");
    headers.push_back({{"key", header.substr(0, equals)}, {"value", header.substr(equals + 1)}});
  }
  return headers;
}

/// Gathers lines of standard input and sends them.
class Producer {
 public:
  Producer(Transport& transport, const ProduceOptions& options, ordered_json headers)
      : transport_(transport), options_(options), headers_(std::move(headers)) {}

  /// Until the end of the input or Ctrl-C; sends what was read before an error, too.
  Status Run(LineReader& lines) {
    Status fed = Feed(lines);
    if (Status flushed = Flush(); fed && !flushed) fed = flushed;
    if (fed) return {};
    return Fail(std::move(fed).error().WithContext(
        fmt::format("after {} {} written to '{}'", sent_, sent_ == 1 ? "record was" : "records were", options_.topic)));
  }
  std::int64_t sent() const { return sent_; }

 private:
  Status Feed(LineReader& lines) {
    using std::chrono::steady_clock;
    std::string line;
    for (std::int64_t number = 1;;) {
      // After Ctrl-C only what is there already is taken.
      const bool interrupted = InterruptFlag();
      auto wait = kLinger;
      if (!batch_.empty()) wait -= std::chrono::ceil<std::chrono::milliseconds>(steady_clock::now() - began_);
      FLOE_TRY(LineReader::Got got, lines.Next(line, interrupted || wait.count() < 0 ? wait.zero() : wait));
      if (got == LineReader::Got::kEnd) return {};
      if (got == LineReader::Got::kLine) FLOE_TRY_VOID(Add(line, number++));
      const bool due = !batch_.empty() && (batch_.size() > kBatchBytes || steady_clock::now() - began_ >= kLinger);
      if (due) FLOE_TRY_VOID(Flush());
      if (interrupted && (due || got == LineReader::Got::kNothing)) return {};
    }
  }

  Status Add(const std::string& line, std::int64_t number) {
    auto refuse = [&](const std::string& why) {
      return Fail(ErrorKind::kInvalidInput, fmt::format("line {} of the input {}", number, why));
    };
    if (!formats::ValidUtf8(line)) return refuse("is not UTF-8; a Kafka client sends any bytes");
    ordered_json record;
    std::string value = line;
    if (!options_.key_separator.empty()) {
      std::size_t at = line.find(options_.key_separator);
      if (at == std::string::npos)
        return refuse(fmt::format("has no key separator '{}': {}", options_.key_separator, line.substr(0, 60)));
      record["key"] = line.substr(0, at);
      value = line.substr(at + options_.key_separator.size());
    }
    record["value"] = value;
    if (!headers_.empty()) record["headers"] = headers_;
    if (batch_.empty()) began_ = std::chrono::steady_clock::now();
    batch_ += record.dump() + "\n";
    return {};
  }

  Status Flush() {
    if (batch_.empty()) return {};
    const std::string batch = std::exchange(batch_, {});
    FLOE_TRY(
        std::string answer,
        transport_.Fetch({.method = "POST", .path = "/api/v1/topics/" + options_.topic + "/records", .body = batch}));
    sent_ += ordered_json::parse(answer, nullptr, false).value("count", std::int64_t{0});
    return {};
  }

  Transport& transport_;
  const ProduceOptions& options_;
  const ordered_json headers_;
  std::string batch_;
  std::chrono::steady_clock::time_point began_;  ///< when the batch got its first record
  std::int64_t sent_ = 0;
};

Result<int> Produce(const Context& context, const ProduceOptions& options) {
  auto headers = HeadersOf(options.headers);
  if (!headers) return Fail(context.Usage(std::move(headers).error()));
  FLOE_TRY(auto access, NodeAccess::Open(context));
  CatchInterrupts();
  CatchTermination();
  Producer producer(access->transport(), options, std::move(*headers));
  LineReader lines(STDIN_FILENO);
  FLOE_TRY_VOID(producer.Run(lines));
  if (context.json) {
    fmt::print("{}\n", ordered_json{{"count", producer.sent()}}.dump());
  } else {
    fmt::print(stderr, "{} {} written to '{}'.\n", producer.sent(), producer.sent() == 1 ? "record" : "records",
               options.topic);
  }
  return InterruptFlag() ? kExitInterrupted : kExitOk;
}

struct ConsumeOptions {
  std::string topic;
  std::string from = "earliest";
  std::optional<int> partition;
  std::optional<std::int64_t> limit;
  bool follow = false;
};

Status Consume(const Context& context, const ConsumeOptions& options) {
  FLOE_TRY_VOID(context.AtLeast("--limit", options.limit, 1));
  FLOE_TRY_VOID(context.AtLeast("--partition", options.partition, 0));
  FLOE_TRY(auto access, NodeAccess::Open(context));
  CatchInterrupts();
  server::ApiRequest request{.method = "GET", .path = "/api/v1/topics/" + options.topic + "/records"};
  request.query = {{"from", options.from}};
  if (options.partition) request.query["partition"] = std::to_string(*options.partition);
  if (options.limit) request.query["limit"] = std::to_string(*options.limit);
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
  // All of the request came from the command line.
  if (!called && called.error().kind() == ErrorKind::kInvalidInput) return Fail(context.Usage(called.error()));
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
