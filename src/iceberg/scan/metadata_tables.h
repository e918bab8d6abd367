// SPDX-License-Identifier: Apache-2.0
// Metadata as rows: t$snapshots, t$history, t$files, t$manifests, t$partitions, t$refs.
#pragma once

#include <string_view>
#include <vector>

#include <duckdb/common/types.hpp>
#include <duckdb/common/types/value.hpp>

#include "base/result.h"
#include "iceberg/commit/table_io.h"

namespace floe::iceberg {

struct MetadataRows {
  std::vector<std::string> names;
  std::vector<duckdb::LogicalType> types;
  std::vector<std::vector<duckdb::Value>> rows;
};

/// "snapshots", "history", "files", "manifests", "partitions", "refs"; columns named and typed as Iceberg's metadata
/// tables in Spark, with a `partition` text ("day=2026-11-21/city=Oslo") instead of a struct. kNotFound names the kinds
/// there are.
Result<MetadataRows> ReadMetadataTable(TableIo& io, const LoadedTable& table, std::string_view kind);

/// The same as a relation for SQL: "(VALUES ...) AS t(...)", or an empty SELECT.
std::string ToSql(const MetadataRows& rows);

}  // namespace floe::iceberg
