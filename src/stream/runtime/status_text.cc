// SPDX-License-Identifier: Apache-2.0
#include "stream/runtime/status_text.h"

#include <nlohmann/json.hpp>

namespace floe::stream {
namespace {

using nlohmann::ordered_json;

struct Member {
  const char* name;
  std::int64_t Counters::* at;
};
constexpr Member kMembers[] = {{"in", &Counters::in},
                               {"out", &Counters::out},
                               {"filtered", &Counters::filtered},
                               {"late", &Counters::late},
                               {"dead_lettered", &Counters::dead_lettered},
                               {"skipped", &Counters::skipped},
                               {"absorbed", &Counters::absorbed},
                               {"generated", &Counters::generated}};

ordered_json ToJson(const std::string& name, const Counters& counters) {
  ordered_json json = {{"name", name}};
  for (const Member& member : kMembers) json[member.name] = counters.*member.at;
  return json;
}

std::int64_t Number(const ordered_json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}

std::pair<std::string, Counters> FromJson(const ordered_json& json) {
  Counters counters;
  for (const Member& member : kMembers) counters.*member.at = Number(json, member.name);
  const auto name = json.find("name");
  return {name != json.end() && name->is_string() ? name->get<std::string>() : "", counters};
}

template <typename Take>
void EachIn(const ordered_json& json, const char* key, Take take) {
  const auto list = json.find(key);
  if (list == json.end() || !list->is_array()) return;
  for (const auto& one : *list) {
    if (one.is_object()) take(FromJson(one));
  }
}

}  // namespace

std::string StatusText(const TaskStatus& status) {
  ordered_json json = {
      {"sources", ordered_json::array()}, {"sinks", ordered_json::array()}, {"operators", ordered_json::array()}};
  for (const auto& source : status.sources) json["sources"].push_back(ToJson(source.table, source.counters));
  for (const auto& sink : status.sinks) json["sinks"].push_back(ToJson(sink.table, sink.counters));
  for (const auto& [name, counters] : status.operators) json["operators"].push_back(ToJson(name, counters));
  json["watermark"] = status.watermark.value();
  json["side_topics"] = status.side_topics;
  if (const auto& last = status.last_checkpoint) {
    json["checkpoint"] = {{"id", last->id.value()},
                          {"completed_ms", last->completed_ms},
                          {"duration_us", last->duration.count()},
                          {"state_bytes", last->state_bytes}};
  }
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

TaskStatus ParseStatusText(std::string_view text) {
  TaskStatus status;
  const auto json = ordered_json::parse(text, nullptr, false);
  if (!json.is_object()) return status;
  EachIn(json, "sources", [&](auto one) { status.sources.push_back({one.first, one.second, std::nullopt}); });
  EachIn(json, "sinks", [&](auto one) { status.sinks.push_back({one.first, one.second, std::nullopt}); });
  EachIn(json, "operators", [&](auto one) { status.operators.push_back(std::move(one)); });
  if (json.contains("watermark")) status.watermark = TimestampUs(Number(json, "watermark"));
  if (const auto topics = json.find("side_topics"); topics != json.end() && topics->is_array()) {
    for (const auto& topic : *topics)
      if (topic.is_string()) status.side_topics.insert(topic.get<std::string>());
  }
  if (const auto last = json.find("checkpoint"); last != json.end() && last->is_object()) {
    status.last_checkpoint = CheckpointInfo{.id = CheckpointId(Number(*last, "id")),
                                            .completed_ms = Number(*last, "completed_ms"),
                                            .duration = std::chrono::microseconds(Number(*last, "duration_us")),
                                            .state_bytes = static_cast<std::uint64_t>(Number(*last, "state_bytes"))};
  }
  return status;
}

TaskStatus StatusOf(const Manifest& manifest, const TaskStatus& earlier) {
  TaskStatus status;
  for (const OperatorSnapshot& one : manifest.operators) {
    if (manifest.FindSource(one.uid) != nullptr) status.sources.push_back({one.uid, one.counters, std::nullopt});
    if (manifest.FindSink(one.uid) != nullptr) status.sinks.push_back({one.uid, one.counters, std::nullopt});
    status.operators.emplace_back(one.uid, one.counters);
  }
  auto name = [](std::vector<EdgeStatus>& edges, const std::vector<EdgeStatus>& named) {
    if (edges.size() != named.size()) return;
    for (std::size_t i = 0; i < edges.size(); ++i) edges[i].table = named[i].table;
  };
  name(status.sources, earlier.sources);
  name(status.sinks, earlier.sinks);
  status.last_checkpoint =
      CheckpointInfo{manifest.id, manifest.taken_ms, std::chrono::microseconds(0), manifest.state_bytes()};
  status.side_topics = earlier.side_topics;
  return status;
}

}  // namespace floe::stream
