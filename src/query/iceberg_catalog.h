// SPDX-License-Identifier: Apache-2.0
// The node's Iceberg warehouse as a SQL catalog.
#pragma once

#include <memory>
#include <string>

#include "iceberg/commit/catalog.h"
#include "sql/catalog/catalog.h"

namespace floe::query {

/// Tables appear as connector 'iceberg' with Iceberg's columns; `name$snapshots` and the other metadata tables resolve
/// too. Views are not kept here (kNotSupported). `catalog` outlives it. Thread-safe.
std::shared_ptr<sql::catalog::Catalog> MakeIcebergCatalog(iceberg::Catalog& catalog, std::string name);

/// The table as that catalog describes it once it is made: Iceberg's types, its names of properties.
sql::catalog::CatalogTable AsIcebergKeeps(sql::catalog::CatalogTable table);

}  // namespace floe::query
