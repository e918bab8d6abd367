// SPDX-License-Identifier: Apache-2.0
// A catalog: databases of tables and views. The house's own lives in meta.db; others (Iceberg) are registered by the
// composition root.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "sql/catalog/table.h"

namespace floe::sql::catalog {

struct Database {
  std::string name;
  std::string comment;
  Options options;
};

struct TableEntry {
  std::string name;
  TableKind kind = TableKind::kTable;
};

/// Thread-safe. Blocking: call from compute threads only. Names are case-sensitive.
class Catalog {
 public:
  virtual ~Catalog() = default;

  virtual Result<std::vector<std::string>> ListDatabases() = 0;
  /// kNotFound.
  virtual Result<Database> GetDatabase(const std::string& name) = 0;
  /// kAlreadyExists; kNotSupported where the catalog is read-only.
  virtual Status CreateDatabase(const Database& database) = 0;
  /// kNotFound; kFailedPrecondition when it is not empty and `cascade` is false.
  virtual Status DropDatabase(const std::string& name, bool cascade) = 0;
  /// Replaces comment and options. kNotFound.
  virtual Status AlterDatabase(const Database& database) = 0;

  /// Sorted by name. kNotFound when the database is.
  virtual Result<std::vector<TableEntry>> ListTables(const std::string& database) = 0;
  /// kNotFound.
  virtual Result<TablePtr> GetTable(const std::string& database, const std::string& name) = 0;
  /// kAlreadyExists (unless `replace`), kNotFound for the database.
  virtual Status CreateTable(const CatalogTable& table, bool replace) = 0;
  /// kNotFound.
  virtual Status DropTable(const std::string& database, const std::string& name) = 0;
  /// Within its database. kNotFound, kAlreadyExists.
  virtual Status RenameTable(const std::string& database, const std::string& from, const std::string& to) = 0;
  /// Puts `table` where `before` was; kConflict when the stored one is no longer `before`, kNotSupported for changes
  /// the catalog cannot make.
  virtual Status AlterTable(const TablePtr& before, const CatalogTable& table) = 0;
  /// Before an ALTER TABLE … RESET: kNotSupported for an option that the table has, or has not, for ever. One that is
  /// merely not set may be reset.
  virtual Status CheckReset(const CatalogTable&, const std::string&) { return {}; }
  /// Before an ALTER TABLE that sets a watermark: kNotSupported where tables have none.
  virtual Status CheckWatermark(const CatalogTable&) { return {}; }
};

/// Makes catalogs of one type. Called outside of all locks.
using CatalogFactory = std::function<Result<std::unique_ptr<Catalog>>(const std::string& name, const Options& options)>;

}  // namespace floe::sql::catalog
