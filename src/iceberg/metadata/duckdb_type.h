// SPDX-License-Identifier: Apache-2.0
// Iceberg's types and values as DuckDB's.
#pragma once

#include <duckdb/common/types.hpp>
#include <duckdb/common/types/value.hpp>

#include "base/result.h"
#include "duck/parquet_writer.h"
#include "iceberg/metadata/literal.h"
#include "iceberg/metadata/type.h"

namespace floe::iceberg {

/// kNotSupported: variant, unknown. Nanosecond timestamps are TIMESTAMP_NS whatever their zone.
Result<duckdb::LogicalType> ToDuckDB(const Type& type);
/// Names, types and ids for the Parquet writer.
Result<duck::ParquetColumn> ToParquetColumn(const Field& field);
/// The value must be of ToDuckDB(type), or null.
Literal LiteralFromDuckDB(const duckdb::Value& value, const Type& type);
duckdb::Value ToDuckDB(const Literal& literal, const Type& type);

}  // namespace floe::iceberg
