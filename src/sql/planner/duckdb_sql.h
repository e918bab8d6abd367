// SPDX-License-Identifier: Apache-2.0
// A plan as one DuckDB query: the batch mode, and the oracle of the stream tests.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "sql/plan/node.h"

namespace floe::sql::planner {

/// A relation for FROM (a table name, "read_parquet(...)", a sub-query in parentheses) whose columns are the scan's
/// output, in its order; their names do not matter.
using ScanNames = std::function<Result<std::string>(const plan::Scan& scan)>;

/// The rows of the plan in batch; of a SinkWrite the rows it would write. Every call and literal has its cast, so
/// DuckDB's own typing rules decide nothing. Needs bind::RegisterKernels on the database. kNotSupported: session
/// windows.
Result<std::string> ToDuckDBSql(const plan::NodePtr& node, const ScanNames& names);

/// One expression; column i prints as columns(i).
std::string ToDuckDBSql(const plan::Expression& expression, const std::function<std::string(int)>& columns);
/// "DECIMAL(10, 2)", "STRUCT(\"a\" INTEGER)[]".
std::string ToDuckDBSql(const data::Type& type);

}  // namespace floe::sql::planner
