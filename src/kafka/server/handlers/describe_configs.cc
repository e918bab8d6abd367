// SPDX-License-Identifier: Apache-2.0
// DescribeConfigs: all settings of a topic or of the node, with where each value comes from.
#include "kafka/protocol/messages/describe_configs.h"

#include <algorithm>

#include "kafka/server/config_resource.h"
#include "kafka/server/handlers/handlers.h"
#include "kafka/server/topic_directory.h"
#include "log/topic_config.h"

namespace floe::kafka {
namespace {

using Resource = DescribeConfigsRequest::Resource;
using Answer = DescribeConfigsResponse::Resource;

bool Wanted(const Resource& asked, std::string_view name) {
  // No keys, and an empty list of keys as some clients send it, both mean all.
  if (!asked.configuration_keys || asked.configuration_keys->empty()) return true;
  return std::ranges::find(*asked.configuration_keys, name) != asked.configuration_keys->end();
}

void DescribeTopic(const log::Topic& topic, const Resource& asked, const DescribeConfigsRequest& request,
                   Answer& answer) {
  for (const auto& spec : log::TopicConfigs()) {
    if (!Wanted(asked, spec.key)) continue;
    const auto set = topic.config.overrides.find(std::string(spec.key));
    const bool own = set != topic.config.overrides.end();
    auto& config = answer.configs.emplace_back();
    config.name = spec.key;
    config.value = own ? set->second : std::string(spec.default_value);
    config.config_source = static_cast<std::int8_t>(own ? ConfigSource::kTopic : ConfigSource::kDefault);
    config.config_type = static_cast<std::int8_t>(spec.type);
    if (request.include_documentation) config.documentation = std::string(spec.doc);
    if (!request.include_synonyms) continue;
    if (own) config.synonyms.push_back({config.name, config.value, static_cast<std::int8_t>(ConfigSource::kTopic)});
    config.synonyms.push_back(
        {config.name, std::string(spec.default_value), static_cast<std::int8_t>(ConfigSource::kDefault)});
  }
}

void DescribeBroker(Services& services, const Resource& asked, const DescribeConfigsRequest& request, Answer& answer) {
  for (auto& setting : BrokerSettings(services.options, services.host, services.port)) {
    if (!Wanted(asked, setting.name)) continue;
    auto& config = answer.configs.emplace_back();
    config.name = setting.name;
    config.value = setting.value;
    config.read_only = true;
    config.config_source = static_cast<std::int8_t>(ConfigSource::kStaticBroker);
    config.config_type = static_cast<std::int8_t>(setting.type);
    if (request.include_documentation) config.documentation = setting.doc;
    if (request.include_synonyms) config.synonyms.push_back({setting.name, setting.value, config.config_source});
  }
}

Answer Describe(Services& services, const Resource& asked, const DescribeConfigsRequest& request) {
  Answer answer;
  answer.resource_type = asked.resource_type;
  answer.resource_name = asked.resource_name;
  const auto refuse = [&answer](ErrorCode code, std::string message) {
    answer.error_code = Code(code);
    answer.error_message = std::move(message);
  };
  switch (static_cast<ResourceType>(asked.resource_type)) {
    case ResourceType::kTopic:
      if (const auto topic = services.topics.FindByName(asked.resource_name)) {
        DescribeTopic(*topic, asked, request, answer);
      } else {
        refuse(ErrorCode::kUnknownTopicOrPartition, "topic '" + asked.resource_name + "' does not exist");
      }
      return answer;
    case ResourceType::kBroker:
      // An empty name asks for the cluster-wide dynamic defaults, of which there are none.
      if (asked.resource_name.empty()) return answer;
      if (asked.resource_name != std::to_string(services.options.node_id)) {
        refuse(ErrorCode::kInvalidRequest, "the only broker is " + std::to_string(services.options.node_id));
        return answer;
      }
      DescribeBroker(services, asked, request, answer);
      return answer;
    case ResourceType::kBrokerLogger:
    case ResourceType::kClientMetrics:
    case ResourceType::kGroup: return answer;  // nothing of these can be set
  }
  refuse(ErrorCode::kInvalidRequest, "unknown resource type " + std::to_string(asked.resource_type));
  return answer;
}

}  // namespace

HandlerResult HandleDescribeConfigs(Services& services, Request& request) {
  FLOE_CO_TRY(const auto asked, request.Decode<DescribeConfigsRequest>());
  DescribeConfigsResponse response;
  for (const auto& resource : asked.resources) response.results.push_back(Describe(services, resource, asked));
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
