// SPDX-License-Identifier: Apache-2.0
// The dashboard's series: points by city, as the page and the requirement's API want them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/ids.h"

namespace floe::console {

/// One row of the live table: the average of one window.
struct SeriesPoint {
  std::string series;  ///< the city
  TimestampMs time;
  double value = 0;
};

/// Cities of the requirement, in its order.
const std::vector<std::string>& WeatherCities();

/// {"cities":[...],"data":{city:[{"time":..,"temperature":..}]}}: the known cities first, others by name after them,
/// each with its points by time; at most `limit` last points each (0: all).
std::string SeriesJson(const std::vector<std::string>& known, std::vector<SeriesPoint> points, std::size_t limit);

/// Tells new and changed points from those already sent; remembers the last minutes only.
class SeriesDiff {
 public:
  /// `points` holds everything after Since().
  std::vector<SeriesPoint> Update(const std::vector<SeriesPoint>& points);
  /// From where to read again: a while before the newest point, since late records change closed windows.
  TimestampMs Since() const;

 private:
  std::map<std::pair<std::string, TimestampMs>, double> sent_;
  TimestampMs newest_{INT64_MIN};
};

}  // namespace floe::console
