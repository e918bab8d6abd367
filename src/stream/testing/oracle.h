// SPDX-License-Identifier: Apache-2.0
// The oracle harness: a plan runs as a stream over random input with kills, DuckDB runs the same query once, and both
// must agree.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "stream/runtime/task.h"
#include "stream/testing/memory_connector.h"

namespace floe::stream::testing {

/// A node's services over memory tables and a meta.db of its own.
class Bench {
 public:
  explicit Bench(std::uint64_t seed, std::size_t largest_chunk = 300);
  ~Bench();
  Services& services() { return *services_; }
  MemoryConnector& tables() { return *tables_; }
  MemorySideOutputs& side() { return side_; }
  ManualClock& clock() { return clock_; }
  meta::Store& meta() { return *meta_; }
  const std::string& directory() const { return directory_; }
  Result<std::unique_ptr<Task>> NewTask(const sql::plan::Program& program, std::uint64_t inline_limit = 16384,
                                        RowCollector collector = nullptr);

 private:
  std::string directory_;
  duck::Instance* duck_;
  std::unique_ptr<meta::Store> meta_;
  connect::ConnectorRegistry connectors_;
  MemoryConnector* tables_;
  MemorySideOutputs side_;
  ManualClock clock_{TimestampUs(1'700'000'000'000'000)};
  std::unique_ptr<Services> services_;
};

/// What happens to the job while it runs.
enum class Weather {
  kCalm,              ///< no checkpoint but the last
  kKillAtBarriers,    ///< after every checkpoint the job dies and comes back
  kKillAnywhere,      ///< dies between checkpoints: work since the last one is done again
  kKillBeforePublish  ///< dies between the commit and the publication of checkpoints
};

/// The columns every random table has: ts TIMESTAMP(3), k STRING, i INT, b BIGINT, d DOUBLE (quarters), n
/// DECIMAL(10,2), s STRING.
data::Schema RandomSchema();
struct RandomShape {
  int splits = 3;
  int rows = 1500;         ///< in all
  int disorder_ms = 4000;  ///< rows of a split are at most this much out of order
  int keys = 7;
  bool retractions = false;  ///< every fourth row takes back an earlier one of its split
};
SourceTable RandomTable(std::mt19937_64& random, const RandomShape& shape);

struct Scenario {
  std::string name;
  std::function<sql::plan::NodePtr(const sql::plan::NodePtr& events, const sql::plan::NodePtr& more)>
      plan;            ///< without the sink
  std::string oracle;  ///< DuckDB SQL over tables `events` and `more`
  RandomShape shape;
};

/// Runs the scenario in the given weather and compares; failures name scenario, weather and seed.
void CheckAgainstOracle(const Scenario& scenario, Weather weather, std::uint64_t seed);

}  // namespace floe::stream::testing
