// SPDX-License-Identifier: Apache-2.0
// The bridge from connectors to DuckDB: a table function floe_scan(handle) that pulls rows from a SourceReader.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <duckdb/common/types.hpp>

#include "connect/api/source.h"
#include "duck/instance.h"

namespace floe::query {

/// One relation a query may scan: its columns, and how to open a reader for some of them.
struct ScanSource {
  std::vector<std::string> names;
  duckdb::vector<duckdb::LogicalType> types;
  std::size_t physical = 0;  ///< the first so many are physical columns, the rest metadata
  /// `columns` are indexes into names, physical ones first, in the order the reader must hand them out. Called on a
  /// DuckDB worker thread, once per scan.
  std::function<Result<std::unique_ptr<connect::SourceReader>>(const std::vector<int>& columns)> open;
};

class ScanRegistry;

/// Keeps a source scannable as "floe_scan(handle)" while it lives.
class ScanHandle {
 public:
  ScanHandle(std::shared_ptr<ScanRegistry> registry, std::int64_t id) : registry_(std::move(registry)), id_(id) {}
  ScanHandle(ScanHandle&& other) noexcept : registry_(std::move(other.registry_)), id_(other.id_) {}
  ~ScanHandle();
  /// The relation for SQL text: "floe_scan(7)".
  std::string Relation() const;

 private:
  std::shared_ptr<ScanRegistry> registry_;
  std::int64_t id_;
};

/// Registers floe_scan with a DuckDB instance at the first Add. Thread-safe. One per node.
class ScanFunction {
 public:
  explicit ScanFunction(duck::Instance& instance);
  ~ScanFunction();
  Result<ScanHandle> Add(ScanSource source);

 private:
  duck::Instance& instance_;
  std::shared_ptr<ScanRegistry> registry_;
};

}  // namespace floe::query
