// SPDX-License-Identifier: Apache-2.0
// API: consumer groups.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "server/parts.h"

namespace floe::server {
namespace {

using nlohmann::ordered_json;

Result<kafka::GroupAdmin*> Admin(Node::Parts& p) {
  if (!p.kafka) {
    return Fail(ErrorKind::kUnavailable,
                "groups live in a running node; start it with 'floe serve' on this data directory, or give --connect");
  }
  return &p.kafka->groups();
}

Status ShowGroup(Node::Parts& p, const std::string& name, ApiReply& reply) {
  FLOE_TRY(kafka::GroupAdmin * admin, Admin(p));
  FLOE_TRY(kafka::GroupView group, admin->Describe(name));
  ordered_json json = {{"group", group.id}, {"state", group.state}, {"protocol", group.protocol_type}};
  json["members"] = ordered_json::array();
  for (const auto& member : group.members)
    json["members"].push_back({{"member", member.id}, {"client", member.client_id}, {"host", member.host}});
  json["offsets"] = ordered_json::array();
  for (const auto& offset : group.offsets) {
    ordered_json row = {
        {"topic", offset.topic}, {"partition", offset.partition.value()}, {"offset", offset.offset.value()}};
    auto topic = p.log->FindTopic(offset.topic);
    auto index = static_cast<std::size_t>(offset.partition.value());
    if (topic && index < topic->partitions.size()) {
      std::int64_t end = topic->partitions[index]->high_watermark().value();
      row["end"] = end;
      row["lag"] = end - offset.offset.value();
    }
    json["offsets"].push_back(std::move(row));
  }
  return ReplyJson(reply, json);
}

}  // namespace

void AddGroupApi(Node::Parts& p) {
  p.api.Add("GET", "/api/v1/groups", [&p](const ApiRequest&, const Api::Parameters&, ApiReply& reply) -> Status {
    FLOE_TRY(kafka::GroupAdmin * admin, Admin(p));
    ordered_json groups = ordered_json::array();
    for (const auto& group : admin->List()) {
      groups.push_back({{"group", group.id},
                        {"state", group.state},
                        {"protocol", group.protocol_type},
                        {"members", group.members.size()}});
    }
    return ReplyJson(reply, ordered_json{{"groups", groups}});
  });
  p.api.Add("GET", "/api/v1/groups/{group}",
            [&p](const ApiRequest&, const Api::Parameters& parameters, ApiReply& reply) {
              return ShowGroup(p, parameters.at("group"), reply);
            });
  p.api.Add("DELETE", "/api/v1/groups/{group}",
            [&p](const ApiRequest&, const Api::Parameters& parameters, ApiReply& reply) -> Status {
              FLOE_TRY(kafka::GroupAdmin * admin, Admin(p));
              FLOE_TRY_VOID(admin->Delete(parameters.at("group")));
              return ReplyJson(reply, ordered_json::object());
            });
}

}  // namespace floe::server
