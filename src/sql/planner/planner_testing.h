// SPDX-License-Identifier: Apache-2.0
// A planner over tables made by CREATE TABLE, with connectors that do nothing. Tests only.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "sql/planner/planner.h"

namespace floe::sql::planner {

/// Connectors 'fake' and 'iceberg' read and write (appends, upserts with a key); 'source' only reads.
class TestPlanner {
 public:
  TestPlanner();
  /// CREATE TABLE or CREATE VIEW in default_catalog.default_database.
  void Create(const std::string& sql);
  Result<plan::Program> Plan(const std::string& sql) const;
  /// Explain, or the error as "line:column message".
  std::string Text(const std::string& sql) const;
  /// The rows of a query that runs in DuckDB: "a|b" a line, in order; or the error. Scans read `relations` by table
  /// name.
  std::string Rows(const std::string& sql) const;
  Planner planner() const;

  std::map<std::string, std::string> settings;
  std::map<std::string, std::string> relations;
  std::map<std::string, catalog::TablePtr> tables;

 private:
  connect::ConnectorRegistry connectors_;
  ManualClock clock_{TimestampUs(1'700'000'000'000'000)};
};

}  // namespace floe::sql::planner
