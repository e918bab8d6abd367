// SPDX-License-Identifier: Apache-2.0
// Iceberg tables in batch queries: snapshot chosen, files pruned, read by DuckDB.
#pragma once

#include "duck/instance.h"
#include "iceberg/commit/catalog.h"
#include "query/session.h"

namespace floe::query {

/// The option that makes a table definition one of Iceberg's metadata tables ("snapshots", "files", ...).
inline constexpr const char* kMetadataTableOption = "floe.metadata-table";

/// Scans of connector 'iceberg' for SessionServices::native_scans. Both outlive it.
NativeScan IcebergScan(iceberg::Catalog& catalog, duck::Instance& duckdb);

}  // namespace floe::query
