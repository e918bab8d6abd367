// SPDX-License-Identifier: Apache-2.0
// How Flink's types lie in DuckDB vectors.
#pragma once

#include <duckdb/common/types.hpp>

#include "base/result.h"
#include "data/type.h"

namespace floe::data {

/// TIMESTAMP(p) and TIME(p) are microseconds whatever p <= 6 says; TIMESTAMP_LTZ is DuckDB's TIMESTAMP WITH TIME ZONE;
/// CHAR and VARCHAR are VARCHAR, BINARY and VARBINARY are BLOB, both intervals are INTERVAL, MULTISET<t> is MAP(t,
/// INTEGER). kNotSupported: precision over 6.
Result<duckdb::LogicalType> ToDuckDB(const Type& type);
Result<duckdb::vector<duckdb::LogicalType>> ToDuckDB(const Schema& schema);
/// The nullable Flink type that holds every value of a DuckDB type; kNotSupported names the type (HUGEINT becomes
/// DECIMAL(38, 0)).
Result<Type> FromDuckDB(const duckdb::LogicalType& type);

}  // namespace floe::data
