// SPDX-License-Identifier: Apache-2.0
// 'sql.dialect' = 'duckdb': queries go to DuckDB as they are, over the session's tables. DuckDB asks for each name that
// it does not know itself (replacement scans).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace duckdb {
class Connection;
class DatabaseInstance;
}  // namespace duckdb

namespace floe::query {

/// A query that gives the table's rows with its column names; kNotFound when there is none of this name. `name` has one
/// to three parts: [[catalog,] database,] table.
using TableFinder = std::function<Result<std::string>(const std::vector<std::string>& name)>;

/// Once per database, before its first connection.
Status RegisterTableLookup(duckdb::DatabaseInstance& database);

/// Lets the connection's queries name tables; `find` is called while they are bound, by their thread.
class TableLookupScope {
 public:
  TableLookupScope(duckdb::Connection& connection, TableFinder find);
  ~TableLookupScope();
  TableLookupScope(const TableLookupScope&) = delete;
  TableLookupScope& operator=(const TableLookupScope&) = delete;

  /// The last kNotFound that `find` gave: says more than DuckDB, which knows only its own names.
  std::optional<Error> missing() const;

 private:
  duckdb::Connection& connection_;
};

/// kNotSupported unless the text is one query (SELECT, DESCRIBE, SUMMARIZE, ...) or EXPLAIN.
Status CheckIsQuery(duckdb::Connection& connection, const std::string& text);

}  // namespace floe::query
