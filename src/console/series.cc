// SPDX-License-Identifier: Apache-2.0
#include "console/series.h"

#include <algorithm>
#include <tuple>

#include "console/iso_time.h"
#include "net/json_text.h"

namespace floe::console {

namespace {
constexpr std::int64_t kLookBackMs = 60'000;
}  // namespace

const std::vector<std::string>& WeatherCities() {
  static const std::vector<std::string> cities = {"San Francisco", "New York", "Los Angeles", "Chicago", "Houston",
                                                  "Phoenix",       "Seattle",  "Denver",      "Miami",   "Boston"};
  return cities;
}

std::string SeriesJson(const std::vector<std::string>& known, std::vector<SeriesPoint> points, std::size_t limit) {
  std::ranges::stable_sort(points, {}, [](const SeriesPoint& point) { return std::tie(point.series, point.time); });
  std::vector<std::string> cities = known;
  std::map<std::string, std::pair<std::size_t, std::size_t>> spans;
  for (std::size_t i = 0; i < points.size(); ++i) {
    auto [it, added] = spans.try_emplace(points[i].series, i, i);
    it->second.second = i + 1;
    if (added && std::ranges::find(known, points[i].series) == known.end()) cities.push_back(points[i].series);
  }
  net::JsonWriter json;
  json.BeginObject().Key("cities").BeginArray();
  for (const auto& city : cities) json.String(city);
  json.EndArray().Key("data").BeginObject();
  for (const auto& city : cities) {
    json.Key(city).BeginArray();
    if (auto it = spans.find(city); it != spans.end()) {
      auto [begin, end] = it->second;
      if (limit > 0 && end - begin > limit) begin = end - limit;
      for (std::size_t i = begin; i < end; ++i) {
        json.BeginObject()
            .Key("time")
            .String(IsoTime(points[i].time))
            .Key("temperature")
            .Double(points[i].value)
            .EndObject();
      }
    }
    json.EndArray();
  }
  json.EndObject().EndObject();
  return json.Take();
}

std::vector<SeriesPoint> SeriesDiff::Update(const std::vector<SeriesPoint>& points) {
  std::vector<SeriesPoint> out;
  for (const SeriesPoint& point : points) {
    auto [it, added] = sent_.try_emplace({point.series, point.time}, point.value);
    if (!added && it->second == point.value) continue;
    it->second = point.value;
    out.push_back(point);
    newest_ = std::max(newest_, point.time);
  }
  std::erase_if(sent_, [since = Since()](const auto& entry) { return entry.first.second <= since; });
  return out;
}

TimestampMs SeriesDiff::Since() const {
  return newest_.value() == INT64_MIN ? newest_ : TimestampMs(newest_.value() - kLookBackMs);
}

}  // namespace floe::console
