// SPDX-License-Identifier: Apache-2.0
// The weather pipeline's SQL: examples/weather/weather.sql, embedded, and with a PostgreSQL sink when asked for.
#pragma once

#include <string>

namespace floe::cli {

/// `postgres` is empty or a URL "postgresql://user:password@host:port/database", whose table `weather` takes the
/// averages too.
std::string WeatherScript(const std::string& postgres);

}  // namespace floe::cli
