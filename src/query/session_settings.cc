// SPDX-License-Identifier: Apache-2.0
#include "query/session_settings.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace floe::query {
namespace {

struct Spec {
  const char* key;
  std::vector<const char*> choices;  ///< empty: any text
  bool duration = false;
};

const std::vector<Spec>& Specs() {
  static const std::vector<Spec> specs = {
      {"execution.buffer-timeout.interval", {}, true},
      {"execution.checkpointing.interval", {}, true},
      {"execution.runtime-mode", {"streaming", "batch", "automatic"}},
      {"floe.bad-records", {"dlq", "fail", "skip"}},
      {"floe.job.foreground", {"true", "false"}},
      {"pipeline.name", {}},
      {"sql.dialect", {"default", "flink", "duckdb"}},
      {"table.exec.sink.not-null-enforcer", {"error", "drop"}},
      {"table.exec.source.idle-timeout", {}, true},
      {"table.local-time-zone", {}},
  };
  return specs;
}

/// First words of Flink's settings: scripts written for it bring them along.
constexpr const char* kFlinkPrefixes[] = {"akka.",
                                          "blob.",
                                          "classloader.",
                                          "client.",
                                          "cluster.",
                                          "env.",
                                          "execution.",
                                          "fs.",
                                          "heartbeat.",
                                          "high-availability",
                                          "io.",
                                          "jobmanager.",
                                          "jobstore.",
                                          "kubernetes.",
                                          "metrics.",
                                          "parallelism.",
                                          "pipeline.",
                                          "python.",
                                          "queryable-state.",
                                          "rest.",
                                          "restart-strategy",
                                          "s3.",
                                          "security.",
                                          "slot.",
                                          "sql-client.",
                                          "state.",
                                          "table.",
                                          "taskmanager.",
                                          "web.",
                                          "yarn.",
                                          "$internal."};

/// Flink's that differ from one of ours by a slip.
constexpr std::string_view kFlinkKeys[] = {"pipeline.jars"};

}  // namespace

const std::vector<std::string>& KnownSettings() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all;
    for (const Spec& spec : Specs()) all.emplace_back(spec.key);
    return all;
  }();
  return keys;
}

Result<bool> CheckSetting(const std::string& key, const std::string& value) {
  auto spec = std::ranges::find(Specs(), key, [](const Spec& one) { return std::string(one.key); });
  if (spec == Specs().end()) {
    std::string near = DidYouMean(key, KnownSettings());
    bool flinks = std::ranges::any_of(kFlinkPrefixes, [&](const char* prefix) { return key.starts_with(prefix); });
    if (flinks && (near.empty() || std::ranges::find(kFlinkKeys, key) != std::end(kFlinkKeys))) return true;
    return Fail(ErrorKind::kInvalidInput, fmt::format("there is no setting '{}'.{} Those with a meaning here: {}", key,
                                                      near, fmt::join(KnownSettings(), ", ")));
  }
  if (spec->duration) {
    if (auto parsed = ParseDuration(value); !parsed)
      return Fail(ErrorKind::kInvalidInput, fmt::format("'{}': {}", key, parsed.error().message()));
  }
  auto same = [&](std::string_view choice) {
    return std::ranges::equal(value, choice, {}, [](unsigned char c) { return std::tolower(c); });
  };
  if (!spec->choices.empty() && std::ranges::none_of(spec->choices, same)) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("'{}' = '{}': use one of {}", key, value, fmt::join(spec->choices, ", ")));
  }
  return false;
}

}  // namespace floe::query
