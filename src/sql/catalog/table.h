// SPDX-License-Identifier: Apache-2.0
// What a catalog knows of a table or view: what CREATE said, with expressions as text.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "data/type.h"
#include "sql/dialect/statement.h"

namespace floe::sql::catalog {

using Options = std::map<std::string, std::string>;

/// A full name.
struct ObjectPath {
  std::string catalog;
  std::string database;
  std::string name;
  /// "`catalog`.`database`.`name`".
  std::string ToString() const;
  auto operator<=>(const ObjectPath&) const = default;
};

enum class ColumnKind : std::uint8_t { kPhysical, kMetadata, kComputed };

struct CatalogColumn {
  std::string name;
  ColumnKind kind = ColumnKind::kPhysical;
  data::Type type;           ///< of physical and metadata columns; a computed column's type is the binder's to infer
  std::string expression;    ///< of a computed column: SQL text for dialect::ParseExpression
  std::string metadata_key;  ///< of a metadata column; never empty there
  bool is_virtual = false;   ///< metadata column that is not written
  std::string comment;
  std::string renamed_from;  ///< from AlterTable to the catalog: the same column under a new name; else empty
  bool operator==(const CatalogColumn&) const = default;
};

/// WATERMARK FOR a.b AS expression.
struct CatalogWatermark {
  std::vector<std::string> column;  ///< path; one part for a plain column
  std::string expression;           ///< SQL text
  bool operator==(const CatalogWatermark&) const = default;
};

/// What a view stands for since it was made: a query without `*`, and the names of its columns.
struct ViewQuery {
  std::string text;
  std::vector<std::string> columns;
};

enum class TableKind : std::uint8_t { kTable, kView };

/// Immutable once a catalog hands it out.
struct CatalogTable {
  ObjectPath path;
  TableKind kind = TableKind::kTable;
  bool temporary = false;
  std::vector<CatalogColumn> columns;  ///< in declaration order; of a view: empty, its query says
  std::optional<CatalogWatermark> watermark;
  std::string primary_key_name;             ///< "PK_a_b" unless named
  std::vector<std::string> primary_key;     ///< NOT ENFORCED; empty when none
  std::vector<std::string> partitioned_by;  ///< "ts", "hour(ts)", "bucket(id, 16)"
  std::optional<dialect::Distribution> distribution;
  std::string comment;
  Options options;  ///< WITH (...), with 'connector'
  /// The option's value; empty when there is none.
  std::string connector() const;

  // A view.
  std::string view_query;    ///< SQL text; names in it are relative to the next two
  std::string view_catalog;  ///< USE CATALOG when the view was made
  std::string view_database;
  std::vector<std::string> view_columns;  ///< names given to its columns; empty: the query's own

  /// "CREATE TABLE ..." or "CREATE VIEW ..." that makes it again; also what meta.db keeps.
  std::string ToCreateSql() const;
  /// The same of a table as people see it: without secrets.
  std::string ToShownSql() const;
};
using TablePtr = std::shared_ptr<const CatalogTable>;

/// Checks and resolves CREATE TABLE: duplicate columns, keys and watermark columns that exist, LIKE merged with `base`
/// (needed when the statement has LIKE). CREATE TABLE AS must bring its columns: the planner puts them into
/// `statement.columns` first. kInvalidInput with a position.
Result<CatalogTable> MakeTable(const dialect::CreateTable& statement, ObjectPath path,
                               const CatalogTable* base = nullptr);
/// The table as a CREATE TABLE statement. kCorruption when an expression's text does not parse.
Result<dialect::CreateTable> ToCreateTable(const CatalogTable& table);
/// The table after ALTER TABLE (everything but RENAME TO). kInvalidInput, kNotFound.
Result<CatalogTable> AlterTable(const CatalogTable& table, const dialect::AlterTable& alter);

}  // namespace floe::sql::catalog
