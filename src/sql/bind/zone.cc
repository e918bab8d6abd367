// SPDX-License-Identifier: Apache-2.0
#include "sql/bind/zone.h"

#include <charconv>

namespace floe::sql::bind {

std::string ZoneNamed(const std::string& value) {
  return value == "default" ? "UTC" : value;
}

std::string ZoneOf(const std::map<std::string, std::string>& settings) {
  auto found = settings.find("table.local-time-zone");
  return found == settings.end() ? "UTC" : ZoneNamed(found->second);
}

std::optional<std::int64_t> FixedOffsetMs(std::string_view zone) {
  for (std::string_view prefix : {"UTC", "GMT", "Etc/UTC", "Etc/GMT"}) {
    if (zone == prefix) return 0;
  }
  if (zone == "Z" || zone.empty()) return 0;
  if (zone.starts_with("UTC") || zone.starts_with("GMT")) zone.remove_prefix(3);
  if (zone.empty() || (zone[0] != '+' && zone[0] != '-')) return std::nullopt;
  std::int64_t sign = zone[0] == '-' ? -1 : 1;
  zone.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  const char* end = zone.data() + zone.size();
  auto [next, error] = std::from_chars(zone.data(), end, hours);
  if (error != std::errc() || hours > 18 || hours < 0) return std::nullopt;
  if (next != end) {
    if (*next != ':') return std::nullopt;
    auto [last, minute_error] = std::from_chars(next + 1, end, minutes);
    if (minute_error != std::errc() || last != end || minutes > 59 || minutes < 0) return std::nullopt;
  }
  return sign * (hours * 3'600'000LL + minutes * 60'000LL);
}

}  // namespace floe::sql::bind
