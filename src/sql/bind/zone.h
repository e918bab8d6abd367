// SPDX-License-Identifier: Apache-2.0
// The session's time zone: what 'table.local-time-zone' means.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace floe::sql::bind {

/// The zone that a value of the setting names: Flink's 'default', its machine's zone, is UTC here.
std::string ZoneNamed(const std::string& value);
/// The zone of a session with these settings; UTC unless set.
std::string ZoneOf(const std::map<std::string, std::string>& settings);

/// Milliseconds east of UTC of a zone with one offset forever: UTC, GMT, Z, GMT+05:30, +02:00, UTC-3. nullopt for
/// others. Plans compute with such offsets themselves; DuckDB knows only some of them as zones.
std::optional<std::int64_t> FixedOffsetMs(std::string_view zone);

}  // namespace floe::sql::bind
