// SPDX-License-Identifier: Apache-2.0
// The two halves of the jdbc connector.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "connect/api/connector.h"
#include "connect/jdbc/postgres.h"

namespace floe::connect::jdbc {

struct SinkOptions {
  PostgresAddress address;
  std::string table;
  std::int64_t flush_rows = 100;
  std::chrono::milliseconds flush_interval{1000};
  std::int64_t max_retries = 3;
};

/// Upserts (INSERT ... ON CONFLICT, DELETE) with a primary key, which makes repeats after a restart harmless; plain
/// inserts, at least once, without. kNotFound with the CREATE TABLE that is missing.
Result<std::unique_ptr<Sink>> OpenPostgresSink(SinkOptions options, SinkRequest request);
/// Reads the table as it is now, by COPY, on a thread of its own; bounded.
Result<std::unique_ptr<SourceReader>> OpenPostgresSource(const PostgresAddress& address, const std::string& table,
                                                         ScanRequest request);

}  // namespace floe::connect::jdbc
