// SPDX-License-Identifier: Apache-2.0
// 'iceberg': tables of the node's own warehouse as sinks, committed with the checkpoint.
#pragma once

#include <memory>

#include "connect/api/connector.h"
#include "duck/instance.h"
#include "iceberg/commit/catalog.h"

namespace floe::connect {

/// The table is 'catalog-database'.'catalog-table', else the database and name of the definition; it is made when it is
/// missing, as Flink's connector does. Batch queries read it past this connector (query/iceberg_scan.h); reading it as
/// a stream is kNotSupported. Both outlive it.
std::unique_ptr<Connector> MakeIcebergConnector(iceberg::Catalog& catalog, duck::Instance& duckdb);

/// The Iceberg table that a definition `database`.`name` with these options means.
iceberg::TableName IcebergTableOf(const Options& options, const std::string& database, const std::string& name);

}  // namespace floe::connect
