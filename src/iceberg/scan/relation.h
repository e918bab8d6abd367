// SPDX-License-Identifier: Apache-2.0
// A scan plan as something DuckDB can read.
#pragma once

#include <string>

#include "base/result.h"
#include "duck/instance.h"
#include "duck/parquet_scan.h"
#include "iceberg/scan/plan.h"

namespace floe::iceberg {

/// Stands behind FROM while it lives; columns have the plan's names and types in order.
struct TableRelation {
  std::string sql;
  duck::RegisteredScan scan;
};

/// Position deletes are read here (through DuckDB) and become row positions per file. kNotSupported: column types
/// without a DuckDB counterpart; kIo, kCorruption.
Result<TableRelation> MakeRelation(duck::Instance& instance, const ScanPlan& plan);

}  // namespace floe::iceberg
