// SPDX-License-Identifier: Apache-2.0
// Tables in memory for tests: sources that replay rows in random chunks, sinks that show rows only once they are
// published.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <duckdb.hpp>

#include "connect/api/connector.h"

namespace floe::stream::testing {

struct Row {
  std::vector<duckdb::Value> values;
  data::RowKind kind = data::RowKind::kInsert;
  std::string Text() const;
};

/// What a source table holds; changed between runs only. `bad`: positions at which the reader reports a bad record
/// instead of a row.
struct SourceTable {
  std::vector<std::vector<Row>> splits;
  bool endless = false;  ///< kIdle instead of the end
  std::set<std::pair<int, std::size_t>> bad;
};

/// What a sink table holds outside the job: survives the job's death.
struct SinkTable {
  std::map<std::int64_t, std::vector<Row>> staged;
  std::int64_t published_through = 0;
  std::vector<Row> published;
  /// Called before each Publish and Commit; an error is returned to the runtime.
  std::function<Status()> on_publish;
  std::function<Status()> on_commit;
  int prepares = 0;
  int ticks = 0;
  /// Rows with their weights summed: text to multiplicity, zeros left out.
  std::map<std::string, std::int64_t> Collapsed() const;
};

/// Connector "memory": tables by name. Thread-compatible: jobs may run in threads while nobody touches the tables.
class MemoryConnector final : public connect::Connector {
 public:
  explicit MemoryConnector(std::uint64_t seed, std::size_t largest_chunk = 300);
  const connect::ConnectorDescriptor& descriptor() const override { return descriptor_; }
  Result<std::unique_ptr<connect::SourceReader>> OpenSource(connect::ScanRequest request) override;
  Result<std::unique_ptr<connect::Sink>> OpenSink(connect::SinkRequest request) override;

  std::map<std::string, SourceTable> sources;
  std::map<std::string, SinkTable> sinks;
  /// Calls the wakeup of every open reader of an endless table.
  void WakeReaders();
  std::vector<std::function<void()>> wakeups;

 private:
  connect::ConnectorDescriptor descriptor_;
  std::mt19937_64 random_;
  std::size_t largest_chunk_;
};

}  // namespace floe::stream::testing
