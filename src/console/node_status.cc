// SPDX-License-Identifier: Apache-2.0
#include "console/node_status.h"

#include <cmath>

#include "console/iso_time.h"
#include "net/json_text.h"

namespace floe::console {

namespace {

constexpr std::int64_t kRateWindowMs = 5000;

void Time(net::JsonWriter& json, const char* key, const std::optional<TimestampMs>& time) {
  json.Key(key);
  time ? json.String(IsoTime(*time)) : json.Null();
}

void Text(net::JsonWriter& json, const char* key, const std::string& text) {
  json.Key(key);
  text.empty() ? json.Null() : json.String(text);
}

void WriteJob(net::JsonWriter& json, const JobStatus& job) {
  json.BeginObject().Key("id").String(job.id).Key("name").String(job.name).Key("state").String(job.state);
  json.Key("rows_in").Int(job.rows_in).Key("rows_out").Int(job.rows_out).Key("filtered").Int(job.filtered);
  json.Key("late").Int(job.late).Key("dead_lettered").Int(job.dead_lettered);
  Time(json, "watermark", job.watermark);
  json.Key("lag_records").Int(job.lag_records).Key("lag_ms").Int(job.lag_ms);
  Time(json, "last_checkpoint", job.last_checkpoint);
  Text(json, "error", job.error);
  json.EndObject();
}

void WriteTable(net::JsonWriter& json, const TableStatus& table) {
  json.BeginObject().Key("name").String(table.name).Key("kind").String(table.kind).Key("rows").Int(table.rows);
  json.Key("bytes").Uint(table.bytes);
  Text(json, "snapshot", table.snapshot);
  Time(json, "last_commit", table.last_commit);
  json.EndObject();
}

}  // namespace

void TopicRates::Sample(const std::vector<TopicStatus>& topics, TimestampMs now) {
  std::map<std::string, std::vector<Point>> next;
  for (const TopicStatus& topic : topics) {
    auto& points = next[topic.name];
    if (auto it = points_.find(topic.name); it != points_.end()) points = std::move(it->second);
    // A topic that was deleted and made again, or a clock that jumped back, starts over.
    if (!points.empty() && (topic.end_offset < points.back().end || now < points.back().time)) points.clear();
    if (points.empty() || points.back().time < now) points.push_back({now, topic.end_offset});
    while (points.size() > 2 && points[1].time.value() <= now.value() - kRateWindowMs) points.erase(points.begin());
  }
  points_ = std::move(next);
}

double TopicRates::RateOf(const std::string& topic) const {
  const auto it = points_.find(topic);
  if (it == points_.end() || it->second.size() < 2) return 0;
  const Point& first = it->second.front();
  const Point& last = it->second.back();
  const double rate =
      static_cast<double>(last.end - first.end) * 1000.0 / static_cast<double>(last.time.value() - first.time.value());
  return std::round(rate * 10) / 10;
}

std::string StatusJson(const NodeStatus& status, const TopicRates& rates, TimestampMs now) {
  net::JsonWriter json;
  json.BeginObject().Key("version").String(status.version).Key("started").String(IsoTime(status.started));
  json.Key("now").String(IsoTime(now)).Key("uptime_ms").Int(now.value() - status.started.value());
  json.Key("addresses").BeginObject();
  for (const auto& [service, address] : status.addresses) json.Key(service).String(address);
  json.EndObject().Key("topics").BeginArray();
  for (const TopicStatus& topic : status.topics) {
    json.BeginObject().Key("name").String(topic.name).Key("partitions").Int(topic.partitions);
    json.Key("records").Int(topic.records).Key("end_offset").Int(topic.end_offset).Key("bytes").Uint(topic.bytes);
    json.Key("records_per_second").Double(rates.RateOf(topic.name)).EndObject();
  }
  json.EndArray().Key("jobs").BeginArray();
  for (const JobStatus& job : status.jobs) WriteJob(json, job);
  json.EndArray().Key("tables").BeginArray();
  for (const TableStatus& table : status.tables) WriteTable(json, table);
  json.EndArray().EndObject();
  return json.Take();
}

}  // namespace floe::console
