// SPDX-License-Identifier: Apache-2.0
// The catalogs as one session sees them: current catalog and database, temporary tables, name resolution, and DDL.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sql/catalog/manager.h"
#include "sql/dialect/statement.h"

namespace floe::sql::catalog {

/// Rows of SHOW and DESCRIBE.
struct TextTable {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;
};

/// Whether a name passes the [NOT] LIKE or ILIKE of a SHOW; true without one.
bool ShowMatches(const dialect::Show& show, std::string_view name);

/// Thread-safe. The manager outlives it.
///
/// A temporary table or view lives in this session only and hides a stored one of the same full name. Errors are
/// kNotFound (with near names), kAlreadyExists, kInvalidInput and kFailedPrecondition, positioned at the name where the
/// statement has one.
class SessionCatalog {
 public:
  explicit SessionCatalog(CatalogManager& manager)
      : manager_(manager), catalog_(kDefaultCatalog), database_(kDefaultDatabase) {}

  CatalogManager& manager() const { return manager_; }
  std::string current_catalog() const;
  std::string current_database() const;

  /// a, db.a or cat.db.a made full; nothing is looked up.
  ObjectPath FullPath(const dialect::ObjectName& name) const;
  /// The table or view. A trailing $snapshots, $files, ... is part of the name and the Iceberg catalog's business.
  Result<TablePtr> Resolve(const dialect::ObjectName& name) const;
  Result<TablePtr> Resolve(const ObjectPath& path) const;

  /// This session's temporary tables and views.
  std::vector<TablePtr> Temporary() const;

  // ---- DDL; IF [NOT] EXISTS turns the matching error into success ----
  Status CreateTable(const dialect::CreateTable& statement);
  /// The checked table without storing it; the planner validates it against its connector first, then calls Store.
  Result<CatalogTable> Prepare(const dialect::CreateTable& statement) const;
  Status Store(CatalogTable table, bool replace, bool if_not_exists, TextPosition position = {});
  /// The same; an error stands at the clause of the statement that it speaks of.
  Status Store(CatalogTable table, const dialect::CreateTable& statement);
  /// `query`, here and below: what the planner made of the statement's; without it that is kept as it is.
  Status CreateView(const dialect::CreateView& statement, const ViewQuery* query = nullptr);
  /// The view without storing it, for the planner to check.
  Result<CatalogTable> PrepareView(const dialect::CreateView& statement, const ViewQuery* query = nullptr) const;
  Status CreateDatabase(const dialect::CreateDatabase& statement);
  Status CreateCatalog(const dialect::CreateCatalog& statement);
  Status Drop(const dialect::Drop& statement);
  Status AlterTable(const dialect::AlterTable& statement);
  Status AlterView(const dialect::AlterView& statement, const ViewQuery* query = nullptr);
  Status AlterOptions(const dialect::AlterOptions& statement);
  Status Use(const dialect::Use& statement);

  // ---- what SHOW and DESCRIBE print; kNotSupported for kinds that are not the catalog's (jobs, functions, modules)
  // ----
  Result<TextTable> Show(const dialect::Show& statement) const;
  /// Of a database or catalog; tables and columns need types, which the binder knows.
  Result<TextTable> Describe(const dialect::Describe& statement) const;

 private:
  Result<std::shared_ptr<Catalog>> CatalogOf(const ObjectPath& path) const;
  Status DropTable(const dialect::Drop& statement);
  Status DropDatabase(const dialect::Drop& statement);
  Status RenameTable(const ObjectPath& from, const dialect::ObjectName& to);
  Result<std::vector<TableEntry>> Entries(const std::string& catalog, const std::string& database) const;
  Result<std::pair<std::string, std::string>> DatabaseOf(const dialect::ObjectName& name) const;

  CatalogManager& manager_;
  mutable std::mutex mu_;
  // Guarded by mu_:
  std::string catalog_;
  std::string database_;
  std::map<ObjectPath, TablePtr> temporary_;
};

}  // namespace floe::sql::catalog
