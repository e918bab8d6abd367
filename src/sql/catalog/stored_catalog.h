// SPDX-License-Identifier: Apache-2.0
// A catalog whose definitions lie in meta.db as SQL text, with a cache of all of them in memory.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <variant>

#include "meta/store.h"
#include "sql/catalog/catalog.h"

namespace floe::sql::catalog {

/// The tables of sql_catalogs, sql_databases and sql_tables in meta.db.
meta::Migration CatalogMigration();

/// Every change is durable before it is visible. A definition that does not parse (written by another version) makes
/// its own table an error (kCorruption) and no other.
class StoredCatalog final : public Catalog {
 public:
  /// Null store: in memory only. The migration has been run.
  static Result<std::unique_ptr<StoredCatalog>> Open(meta::Store* store, std::string name);

  Result<std::vector<std::string>> ListDatabases() override;
  Result<Database> GetDatabase(const std::string& name) override;
  Status CreateDatabase(const Database& database) override;
  Status DropDatabase(const std::string& name, bool cascade) override;
  Status AlterDatabase(const Database& database) override;
  Result<std::vector<TableEntry>> ListTables(const std::string& database) override;
  Result<TablePtr> GetTable(const std::string& database, const std::string& name) override;
  Status CreateTable(const CatalogTable& table, bool replace) override;
  Status DropTable(const std::string& database, const std::string& name) override;
  Status RenameTable(const std::string& database, const std::string& from, const std::string& to) override;
  Status AlterTable(const TablePtr& before, const CatalogTable& table) override;

 private:
  using Slot = std::variant<TablePtr, Error>;
  struct Content {
    Database info;
    std::map<std::string, Slot> tables;
  };

  StoredCatalog(meta::Store* store, std::string name) : store_(store), name_(std::move(name)) {}
  Status Load();
  Status Write(const std::function<Status(meta::Transaction&)>& body);
  Status WriteTable(meta::Transaction& transaction, const CatalogTable& table);
  Status WriteDatabase(const Database& database);
  Result<Content*> Find(const std::string& database);
  Result<std::map<std::string, Slot>::iterator> FindTable(Content& content, const std::string& name);

  meta::Store* const store_;
  const std::string name_;
  std::mutex mu_;
  // Guarded by mu_:
  std::map<std::string, Content> databases_;
};

}  // namespace floe::sql::catalog
