// SPDX-License-Identifier: Apache-2.0
// API: topics and their records.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "base/text.h"
#include "kafka/protocol/record_batch_builder.h"
#include "log/topic_config.h"
#include "server/json_body.h"
#include "server/parts.h"
#include "server/topic_records.h"
#include "server/topic_users.h"

namespace floe::server {
namespace {

using nlohmann::ordered_json;

Result<std::shared_ptr<const log::Topic>> FindTopic(Node::Parts& p, const std::string& name) {
  auto topic = p.log->FindTopic(name);
  if (topic) return topic;
  std::vector<std::string> names;
  for (const auto& known : p.log->Topics()) names.push_back(known->name);
  return Fail(ErrorKind::kNotFound, fmt::format("there is no topic '{}'.{} 'floe topic create {}' makes it", name,
                                                DidYouMean(name, names), name));
}

ordered_json Summary(const log::Topic& topic) {
  std::int64_t records = 0;
  std::uint64_t bytes = 0;
  for (const auto& partition : topic.partitions) {
    records += partition->high_watermark() - partition->log_start_offset();
    bytes += partition->size_bytes();
  }
  return {{"name", topic.name}, {"partitions", topic.partitions.size()}, {"records", records}, {"bytes", bytes}};
}

Status ShowTopic(Node::Parts& p, const std::string& name, ApiReply& reply) {
  FLOE_TRY(auto topic, FindTopic(p, name));
  ordered_json json = Summary(*topic);
  json["id"] = topic->id;
  json["config"] = topic->config.overrides;
  json["partitions"] = ordered_json::array();
  for (const auto& partition : topic->partitions) {
    json["partitions"].push_back({{"partition", partition->id().value()},
                                  {"start", partition->log_start_offset().value()},
                                  {"end", partition->high_watermark().value()},
                                  {"bytes", partition->size_bytes()}});
  }
  return ReplyJson(reply, json);
}

Result<ordered_json> BodyOf(const ApiRequest& request) {
  FLOE_TRY(ordered_json body, ParseJson(request.body));
  if (!body.is_object()) return Fail(ErrorKind::kInvalidInput, "the body must be a JSON object");
  return body;
}

/// The member "config", values as texts; empty when there is none.
Result<std::map<std::string, std::string>> ConfigMember(const ordered_json& body) {
  std::map<std::string, std::string> config;
  const auto found = body.find("config");
  if (found == body.end()) return config;
  if (!found->is_object()) return Fail(ErrorKind::kInvalidInput, "the body's 'config' must be an object");
  for (const auto& [key, value] : found->items())
    config[key] = value.is_string() ? value.get<std::string>() : value.dump();
  return config;
}

Status CreateTopic(Node::Parts& p, const ApiRequest& request, ApiReply& reply) {
  FLOE_TRY(ordered_json body, BodyOf(request));
  FLOE_TRY(const std::string name, TextMember(body, "name"));
  log::TopicConfig config;
  FLOE_TRY(config.overrides, ConfigMember(body));
  FLOE_TRY(const int partitions,
           NumberMember(body, "partitions", static_cast<int>(p.config.Integer("kafka.num-partitions"))));
  FLOE_TRY(auto topic, p.log->CreateTopic(name, partitions, std::move(config)));
  return ReplyJson(reply, Summary(*topic), 201);
}

Status AlterTopic(Node::Parts& p, const ApiRequest& request, const std::string& name, ApiReply& reply) {
  FLOE_TRY(ordered_json body, BodyOf(request));
  FLOE_TRY(auto topic, FindTopic(p, name));
  if (body.contains("config")) {
    log::TopicConfig config = topic->config;
    FLOE_TRY(const auto changes, ConfigMember(body));
    for (const auto& [key, text] : changes) {
      if (text.empty()) {
        config.overrides.erase(key);
      } else {
        config.overrides[key] = text;
      }
    }
    FLOE_TRY(topic, p.log->AlterConfig(name, std::move(config)));
  }
  if (body.contains("partitions")) {
    FLOE_TRY(const int partitions, NumberMember(body, "partitions"));
    FLOE_TRY(topic, p.log->AddPartitions(name, partitions));
  }
  return ReplyJson(reply, Summary(*topic));
}

/// Kafka's own DeleteTopics does not ask who reads; people are asked.
Status DeleteTopic(Node::Parts& p, const ApiRequest& request, const std::string& name, ApiReply& reply) {
  FLOE_TRY(auto topic, FindTopic(p, name));
  const auto forced = request.query.find("force");
  if (forced == request.query.end() || forced->second != "true") {
    if (const auto job = JobUsing(p, topic->name)) {
      return Fail(ErrorKind::kFailedPrecondition,
                  fmt::format("topic '{0}' is used by job '{1}', which is {2}; stop it first ('floe job stop {1}'), or "
                              "use --force",
                              topic->name, job->job.name, stream::ToString(job->state)));
    }
  }
  FLOE_TRY_VOID(p.log->DeleteTopic(topic->name));
  p.offsets->RemoveTopic(topic->name, [](const Status&) {});
  return ReplyJson(reply, ordered_json::object());
}

}  // namespace

void AddTopicApi(Node::Parts& p) {
  p.api.Add("GET", "/api/v1/topics", [&p](const ApiRequest&, const Api::Parameters&, ApiReply& reply) {
    ordered_json topics = ordered_json::array();
    for (const auto& topic : p.log->Topics()) topics.push_back(Summary(*topic));
    return ReplyJson(reply, ordered_json{{"topics", topics}});
  });
  p.api.Add("POST", "/api/v1/topics", [&p](const ApiRequest& request, const Api::Parameters&, ApiReply& reply) {
    return CreateTopic(p, request, reply);
  });
  p.api.Add("GET", "/api/v1/topics/{topic}",
            [&p](const ApiRequest&, const Api::Parameters& parameters, ApiReply& reply) {
              return ShowTopic(p, parameters.at("topic"), reply);
            });
  p.api.Add("PUT", "/api/v1/topics/{topic}",
            [&p](const ApiRequest& request, const Api::Parameters& parameters, ApiReply& reply) {
              return AlterTopic(p, request, parameters.at("topic"), reply);
            });
  p.api.Add("DELETE", "/api/v1/topics/{topic}",
            [&p](const ApiRequest& request, const Api::Parameters& parameters, ApiReply& reply) {
              return DeleteTopic(p, request, parameters.at("topic"), reply);
            });
  p.api.Add("POST", "/api/v1/topics/{topic}/records",
            [&p](const ApiRequest& request, const Api::Parameters& parameters, ApiReply& reply) -> Status {
              FLOE_TRY(auto topic, FindTopic(p, parameters.at("topic")));
              FLOE_TRY(std::int64_t count, AppendRecords(*topic, request.body, SystemClock()));
              return ReplyJson(reply, ordered_json{{"count", count}});
            });
  p.api.Add("GET", "/api/v1/topics/{topic}/records",
            [&p](const ApiRequest& request, const Api::Parameters& parameters, ApiReply& reply) -> Status {
              FLOE_TRY(auto topic, FindTopic(p, parameters.at("topic")));
              return StreamRecords(*topic, request, reply);
            });
}

}  // namespace floe::server
