// SPDX-License-Identifier: Apache-2.0
// What CREATE TABLE and ALTER TABLE share.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "sql/catalog/table.h"
#include "sql/dialect/lexer.h"

namespace floe::sql::catalog {

std::unexpected<Error> FailAt(const dialect::Span& span, std::string message,
                              ErrorKind kind = ErrorKind::kInvalidInput);
dialect::Identifier Named(const std::string& name);
const CatalogColumn* FindColumn(const CatalogTable& table, const std::string& name);
/// "; did you mean x?", or nothing.
std::string NearColumn(const CatalogTable& table, const std::string& name);
Status CheckColumn(const dialect::ColumnDefinition& definition);
CatalogColumn MakeColumn(const dialect::ColumnDefinition& definition);
Status ApplyWatermark(const dialect::WatermarkDefinition& definition, CatalogTable& table);
/// Also makes the key's columns NOT NULL.
Status ApplyPrimaryKey(const dialect::PrimaryKey& key, CatalogTable& table);
/// Where the subject of a catalog's error stands: the 'column' or 'option' of the statement that its message quotes,
/// the PRIMARY KEY, WATERMARK or DISTRIBUTION that it speaks of, else the table's name.
dialect::Span PlaceOf(const dialect::AlterTable& alter, const Error& error);
dialect::Span PlaceOf(const dialect::CreateTable& create, const Error& error);
Result<std::vector<dialect::PartitionItem>> ParsePartitions(const CatalogTable& table);

}  // namespace floe::sql::catalog
