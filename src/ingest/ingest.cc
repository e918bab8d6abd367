// SPDX-License-Identifier: Apache-2.0
#include "ingest/ingest.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/async/one_shot.h"
#include "base/text.h"
#include "ingest/partitioner.h"
#include "ingest/route_fields.h"
#include "net/json_text.h"

namespace floe::ingest {

using net::Request;
using net::Response;

namespace {

// More deleted topics than this and their writers are looked for.
constexpr std::size_t kPruneWriters = 256;

}  // namespace

RouteSpec WeatherRoute() {
  return {.method = net::Method::kGet,
          .path = "/log",
          .topic = "weather",
          .key_field = "city",
          .fields = {{"city", FieldSource::kQuery, FieldType::kString, true},
                     {"temperature", FieldSource::kQuery, FieldType::kNumber, true}},
          .value = R"({"city":"${city}","temperature":"${temperature}","ts":"${now:yyyy-MM-dd-HH}"})",
          .answer = R"({"status":"success","message":"Weather data logged","data":${value}})"};
}

Response ErrorAnswer(const Error& error) {
  net::JsonWriter json;
  json.BeginObject().Key("status").String("error").Key("message").String(error.ToString());
  json.Key("kind").String(net::ErrorKindName(error.kind())).EndObject();
  Response response = Response::Json(json.Take(), net::HttpStatus(error.kind()));
  if (response.status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Ingest::Ingest(log::Log& log, ComputePool& pool, Clock& clock, metrics::Registry& metrics, IngestOptions options)
    : log_(log),
      pool_(pool),
      clock_(clock),
      options_(std::move(options)),
      records_(metrics.GetCounter("floe_ingest_records_total", "Records accepted over HTTP and made durable")),
      rejected_(metrics.GetCounter("floe_ingest_rejected_requests_total", "HTTP ingest requests refused or failed")) {}

Result<Ingest::Compiled> Ingest::Compile(const RouteSpec& spec) {
  std::vector<std::string> names;
  for (const FieldSpec& field : spec.fields) names.push_back(field.name);
  if (spec.topic.empty())
    return Fail(ErrorKind::kInvalidInput, fmt::format("ingest route '{}' has no topic", spec.path));
  FLOE_TRY(auto value, Template::Parse(spec.value, spec.fields, false));
  FLOE_TRY(auto answer, Template::Parse(spec.answer, spec.fields, true));
  Compiled out{.spec = spec, .value = std::move(value), .answer = std::move(answer)};
  if (!spec.key_field.empty()) {
    const auto it = std::ranges::find(names, spec.key_field);
    if (it == names.end()) {
      return Fail(ErrorKind::kInvalidInput, fmt::format("ingest route '{}': the key '{}' is no field of the route.{}",
                                                        spec.path, spec.key_field, DidYouMean(spec.key_field, names)));
    }
    out.key = static_cast<int>(it - names.begin());
  }
  return out;
}

Status Ingest::AddRoutes(net::Router& router) {
  FLOE_TRY_VOID(router.Add(net::Method::kGet, "/health",
                           [](const Request&) { return Response::Json(R"({"status":"healthy"})"); }));
  FLOE_TRY_VOID(router.AddAsync(net::Method::kPost, "/topics/{topic}",
                                [this](const Request& request) { return Produce(request); }));
  for (const RouteSpec& spec : options_.routes) {
    FLOE_TRY(auto compiled, Compile(spec));
    auto route = std::make_shared<const Compiled>(std::move(compiled));
    FLOE_TRY_VOID(router.AddAsync(spec.method, spec.path,
                                  [this, route](const Request& request) { return Log(route, request); },
                                  {.mutates = true}));
  }
  return {};
}

Result<std::shared_ptr<const log::Topic>> Ingest::TopicFor(const std::string& name) const {
  // Topics with two underscores hold the node's own records.
  auto topic = name.starts_with("__") ? nullptr : log_.FindTopic(name);
  if (topic) return topic;
  return Fail(ErrorKind::kNotFound,
              fmt::format("there is no topic '{0}'; create it with: floe topic create {0}", name));
}

std::shared_ptr<PartitionWriter> Ingest::WriterFor(const log::Topic& topic, PartitionId partition) {
  std::lock_guard lock(mu_);
  auto& writer = writers_[{topic.id, partition}];
  if (writer) return writer;
  writer = std::make_shared<PartitionWriter>(topic.partitions[static_cast<std::size_t>(partition.value())], pool_,
                                             clock_, options_.writer);
  auto made = writer;
  if (writers_.size() > kPruneWriters) {
    std::erase_if(writers_, [&](const auto& entry) {
      auto now = log_.FindTopic(entry.second->partition().topic());
      return !now || now->id != entry.first.first;
    });
  }
  return made;
}

Task<Result<std::vector<Ingest::Written>>> Ingest::Write(std::shared_ptr<const log::Topic> topic,
                                                         std::vector<Record> records) {
  const auto count = static_cast<std::int32_t>(topic->partitions.size());
  // Records without a key stay together, so that such a request is one batch: all of it or nothing.
  const PartitionId keyless(static_cast<std::int32_t>(next_partition_.fetch_add(1, std::memory_order_relaxed) %
                                                      static_cast<std::uint32_t>(count)));
  std::map<PartitionId, std::vector<Record>> parts;
  const double total = static_cast<double>(records.size());
  for (Record& record : records) {
    const PartitionId partition = record.key ? PartitionOf(*record.key, count) : keyless;
    parts[partition].push_back(std::move(record));
  }
  struct Part {
    PartitionId partition;
    std::int64_t count;
    OneShot<Result<Offset>> done;
  };
  std::vector<Part> waiting;
  for (auto& [partition, part] : parts) {
    Part& entry = waiting.emplace_back(Part{partition, static_cast<std::int64_t>(part.size()), {}});
    WriterFor(*topic, partition)->Submit(std::move(part), [done = entry.done](Result<Offset> base) {
      done.Set(std::move(base));
    });
  }
  std::vector<Written> written;
  std::optional<Error> failed;
  for (const Part& part : waiting) {
    auto durable = co_await part.done.WaitFor(options_.durable_timeout);
    Result<Offset> base = durable ? *durable : Fail(durable.error());
    if (base) {
      written.push_back({part.partition, *base, *base + (part.count - 1)});
    } else {
      failed = base.error();
    }
  }
  if (failed) {
    if (!written.empty()) {
      co_return Fail(std::move(*failed).WithContext(
          fmt::format("{} of {} partitions of '{}' were written", written.size(), waiting.size(), topic->name)));
    }
    co_return Fail(std::move(*failed));
  }
  records_.Add(total);
  co_return written;
}

Task<Result<Response>> Ingest::Log(std::shared_ptr<const Compiled> route, const Request& request) {
  auto values = ReadFields(route->spec.fields, request, options_.json.max_depth);
  auto topic = TopicFor(route->spec.topic);
  if (!values || !topic) {
    rejected_.Add();
    co_return ErrorAnswer(values ? topic.error() : values.error());
  }
  const TimestampMs now = clock_.WallNowMs();
  const std::string value = route->value.Render(*values, now);
  if (value.size() > options_.json.max_record_bytes) {
    rejected_.Add();
    co_return ErrorAnswer(
        Error(ErrorKind::kTooLarge, fmt::format("the record exceeds {} bytes", options_.json.max_record_bytes)));
  }
  std::vector<Record> records(1);
  records[0].value = value;
  if (route->key >= 0) records[0].key = (*values)[static_cast<std::size_t>(route->key)];
  auto written = co_await Write(*topic, std::move(records));
  if (!written) {
    rejected_.Add();
    co_return ErrorAnswer(written.error());
  }
  co_return Response::Json(route->answer.Render(*values, now, value));
}

Task<Result<Response>> Ingest::Produce(const Request& request) {
  const std::string_view type = request.Header("Content-Type");
  const bool lines = type.starts_with("application/x-ndjson") || type.starts_with("application/ndjson") ||
                     type.starts_with("application/jsonl");
  const std::string* key_field = request.Query("key");
  auto topic = TopicFor(std::string(request.PathParam("topic")));
  if (!topic) {
    rejected_.Add();
    co_return ErrorAnswer(topic.error());
  }
  std::string body = request.body;
  auto parsed = SplitJson(body, lines, key_field ? std::string_view(*key_field) : std::string_view(), options_.json);
  if (!parsed) {
    rejected_.Add();
    co_return ErrorAnswer(parsed.error());
  }
  std::vector<Record> records;
  records.reserve(parsed->size());
  for (JsonRecord& record : *parsed) records.push_back({std::move(record.key), std::move(record.value)});
  const auto count = static_cast<std::int64_t>(records.size());
  auto written = co_await Write(*topic, std::move(records));
  if (!written) {
    rejected_.Add();
    co_return ErrorAnswer(written.error());
  }
  net::JsonWriter json;
  json.BeginObject().Key("status").String("success").Key("topic").String((*topic)->name).Key("count").Int(count);
  json.Key("offsets").BeginArray();
  for (const Written& part : *written) {
    json.BeginObject().Key("partition").Int(part.partition.value()).Key("first").Int(part.first.value());
    json.Key("last").Int(part.last.value()).EndObject();
  }
  json.EndArray().EndObject();
  co_return Response::Json(json.Take());
}

}  // namespace floe::ingest
