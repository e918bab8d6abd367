// SPDX-License-Identifier: Apache-2.0
// New tables and schema changes as pure functions on metadata.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "iceberg/commit/catalog.h"
#include "iceberg/metadata/table_metadata.h"

namespace floe::iceberg {

/// Metadata of a table without snapshots. Ids are fresh, properties that bound the metadata are set unless given.
Result<TableMetadata> BuildTable(const TableDefinition& definition, const std::string& location,
                                 const std::string& uuid, TimestampMs now);

/// A name as one folder: letters, digits, '_', '-', '.' stay (but no leading '.'), other bytes become %XX.
std::string PathSegment(std::string_view name);

/// Each works on the current schema, adds a new one (or finds the same among the old) and makes it current. Columns are
/// named by dotted path. kNotFound, kAlreadyExists, kInvalidInput when data already written would be read wrongly.
Status AddColumn(TableMetadata& metadata, std::string_view parent, Field field);
Status DropColumn(TableMetadata& metadata, std::string_view column);
Status RenameColumn(TableMetadata& metadata, std::string_view column, const std::string& name);
/// `names`: all top-level columns, in their new order.
Status OrderColumns(TableMetadata& metadata, const std::vector<std::string>& names);
Status PromoteColumn(TableMetadata& metadata, std::string_view column, const Type& type);
/// NOT NULL is dropped; the other way is refused, since old files may hold nulls.
Status MakeColumnOptional(TableMetadata& metadata, std::string_view column);
/// v1 to v2.
Status UpgradeFormat(TableMetadata& metadata, int version);

}  // namespace floe::iceberg
