// SPDX-License-Identifier: Apache-2.0
// The node's one DuckDB database: in memory, opened at first use.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"

namespace duckdb {
class Connection;
class DatabaseInstance;
class DuckDB;
}  // namespace duckdb

namespace floe::duck {

/// kFailedPrecondition when the loaded library is not exactly the version the headers are of: its C++ API is internal
/// and differs between versions, so anything else would be undefined behaviour. Cheap; call it first thing in main.
Status CheckLibraryVersion();

struct InstanceOptions {
  int threads = 0;                       ///< 0: one per processor
  std::uint64_t memory_limit_bytes = 0;  ///< 0: DuckDB's default, 80 % of the machine
  std::string temp_directory;            ///< where big queries spill; empty: nowhere
  /// Called once when the database was opened, before its first connection is handed out: registers functions.
  std::function<Status(duckdb::DatabaseInstance&)> on_open = {};
};

/// Thread-safe. Opening takes tens of milliseconds and starts DuckDB's threads, so it happens at the first Connect, not
/// at start-up. Outlives its connections. Extensions are never fetched or loaded by themselves.
class Instance {
 public:
  explicit Instance(InstanceOptions options = {});
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  /// A new connection, used by one thread at a time. The first one opens the database.
  Result<std::unique_ptr<duckdb::Connection>> Connect();
  /// The database itself, opened if need be; lives as long as this object.
  Result<duckdb::DatabaseInstance*> Database();
  bool IsOpen() const;
  /// Take effect at once, or at opening.
  Status SetThreads(int threads);
  Status SetMemoryLimit(std::uint64_t bytes);

 private:
  Status OpenLocked();

  mutable std::mutex mu_;
  InstanceOptions options_;                   // guarded by mu_
  std::unique_ptr<duckdb::DuckDB> database_;  // set once under mu_
};

}  // namespace floe::duck
