// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_script.h"

#include <fmt/format.h>

#include "weather_sql.h"  // generated from examples/weather/weather.sql

namespace floe::cli {
namespace {

std::string SqlQuote(const std::string& text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

struct PostgresUrl {
  std::string user;
  std::string password;
  std::string rest;  ///< host:port/database
};

PostgresUrl ParsePostgresUrl(std::string url) {
  for (const char* scheme : {"postgresql://", "postgres://", "jdbc:postgresql://"}) {
    if (url.starts_with(scheme)) url = url.substr(std::string(scheme).size());
  }
  PostgresUrl parsed;
  std::size_t at = url.rfind('@');
  parsed.rest = at == std::string::npos ? url : url.substr(at + 1);
  if (at == std::string::npos) return parsed;
  std::string login = url.substr(0, at);
  std::size_t colon = login.find(':');
  parsed.user = login.substr(0, colon);
  if (colon != std::string::npos) parsed.password = login.substr(colon + 1);
  return parsed;
}

}  // namespace

std::string WeatherScript(const std::string& postgres) {
  std::string script(kWeatherSql);
  if (postgres.empty()) return script;
  PostgresUrl url = ParsePostgresUrl(postgres);
  std::string login;
  if (!url.user.empty()) login += ", 'username' = " + SqlQuote(url.user);
  if (!url.password.empty()) login += ", 'password' = " + SqlQuote(url.password);
  std::string table = fmt::format(
      "CREATE TEMPORARY TABLE weather_postgres (\n"
      "  city STRING NOT NULL, avg_temperature DOUBLE, window_start TIMESTAMP(3) NOT NULL, window_end TIMESTAMP(3),\n"
      "  record_count BIGINT, PRIMARY KEY (city, window_start) NOT ENFORCED\n"
      ") WITH ('connector' = 'jdbc', 'url' = {}, 'table-name' = 'weather'{});\n\n",
      SqlQuote("jdbc:postgresql://" + url.rest), login);
  std::string insert =
      "  INSERT INTO weather_postgres\n"
      "  SELECT city, AVG(CAST(temperature AS DOUBLE)), window_start, window_end, COUNT(*)\n"
      "  FROM TABLE(TUMBLE(TABLE weather_events, DESCRIPTOR(event_time), INTERVAL '5' SECOND))\n"
      "  GROUP BY city, window_start, window_end;\n";
  std::size_t set = script.find("EXECUTE STATEMENT SET");
  script.insert(set, table);
  script.insert(script.rfind("END;"), insert);
  return script;
}

}  // namespace floe::cli
