// SPDX-License-Identifier: Apache-2.0
#include "server/settings.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/result.h"
#include "net/tcp.h"

namespace floe::server {
namespace {

using config::KeySpec;
using config::KeyType;

/// Where the services listen, and to whom.
std::vector<KeySpec> ListenSettings() {
  return {
      {"listen.kafka",
       KeyType::kString,
       "127.0.0.1:9092",
       {},
       true,
       "address of the Kafka protocol; port 0 takes a free one"},
      {"listen.ingest", KeyType::kString, "127.0.0.1:9998", {}, true, "address of the HTTP ingest"},
      {"listen.console",
       KeyType::kString,
       "127.0.0.1:3000",
       {},
       true,
       "address of the web console, JSON API, metrics and health"},
      {"listen.public",
       KeyType::kBoolean,
       "false",
       {},
       true,
       "allow addresses that other machines reach, although nobody has to log in"},
      {"http.allowed-hosts",
       KeyType::kString,
       "",
       {},
       true,
       "names, comma-separated, under which a proxy reaches the HTTP services of a node on loopback; * for all"},
      {"http.allowed-origins",
       KeyType::kString,
       "",
       {},
       true,
       "web pages that may change things through a browser, comma-separated, such as https://app.example.com"},
      {"ports.auto",
       KeyType::kBoolean,
       "false",
       {},
       true,
       "take free ports for all services; DIR/addresses.json tells which"},
      {"ports.offset", KeyType::kInteger, "0", {}, true, "added to every default port"},
  };
}

std::vector<KeySpec> OtherSettings() {
  return {
      {"data.dir", KeyType::kString, "floe-data", {}, true, "directory that holds everything a node keeps"},
      {"log.level", KeyType::kString, "info", {"debug", "info", "warn", "error", "off"}, true, "how much is logged"},
      {"log.format", KeyType::kString, "human", {"human", "json"}, true, "form of log lines on standard error"},
      {"memory.limit",
       KeyType::kMemorySize,
       "",
       {},
       true,
       "memory for buffers, state, tables and queries; default 60 % of the machine or cgroup"},
      {"duckdb.threads", KeyType::kInteger, "0", {}, true, "threads for batch queries; 0 takes all cores"},
      {"kafka.auto-create-topics",
       KeyType::kBoolean,
       "true",
       {},
       true,
       "create a topic when a client names one that is not there"},
      {"kafka.num-partitions", KeyType::kInteger, "1", {}, true, "partitions of a topic created without a count"},
      {"kafka.offsets.retention.minutes",
       KeyType::kInteger,
       "10080",
       {},
       true,
       "how long committed offsets of a consumer group without members are kept; -1: for ever"},
      {"ingest.max-body", KeyType::kMemorySize, "16mb", {}, true, "largest accepted request body"},
      {"ingest.routes",
       KeyType::kYaml,
       "",
       {},
       true,
       "HTTP routes that turn requests into records (src/ingest/README.md); default: GET /log of the weather pipeline"},
      {"checkpoint.interval",
       KeyType::kDuration,
       "1 s",
       {},
       true,
       "time between checkpoints of a job that does not SET 'execution.checkpointing.interval'"},
      {"console.live-table",
       KeyType::kString,
       "weather",
       {},
       true,
       "real-time table behind /api/weather and the page's charts"},
  };
}

}  // namespace

const std::vector<KeySpec>& Settings() {
  static const std::vector<KeySpec> settings = [] {
    std::vector<KeySpec> all = ListenSettings();
    std::ranges::move(OtherSettings(), std::back_inserter(all));
    return all;
  }();
  return settings;
}

const std::vector<std::string>& Services() {
  static const std::vector<std::string> services = {"kafka", "ingest", "console"};
  return services;
}

Result<std::string> ServiceAddress(const config::Config& config, const std::string& service) {
  std::string key = "listen." + service;
  auto parsed = net::ParseListenAddress(config.String(key));
  if (!parsed) return Fail(std::move(parsed).error().WithContext("in setting " + key));
  net::ListenAddress address = *parsed;
  if (!config.IsDefault(key)) return address.ToString();
  std::int64_t port = config.Boolean("ports.auto") ? 0 : address.port + config.Integer("ports.offset");
  if (port < 0 || port > 65535) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("port {} of {} is outside 1..65535; choose another ports.offset", port, service));
  }
  address.port = static_cast<std::uint16_t>(port);
  return address.ToString();
}

}  // namespace floe::server
