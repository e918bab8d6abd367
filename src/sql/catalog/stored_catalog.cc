// SPDX-License-Identifier: Apache-2.0
#include "sql/catalog/stored_catalog.h"

#include <fmt/format.h>

#include "sql/dialect/lexer.h"
#include "sql/dialect/parser.h"
#include "sql/dialect/unparser.h"

namespace floe::sql::catalog {
namespace {

using dialect::QuoteIdentifier;

std::string DatabaseSql(const Database& database) {
  dialect::CreateDatabase node;
  node.name.parts = {dialect::Identifier{database.name, true, {}}};
  if (!database.comment.empty()) node.comment = database.comment;
  for (const auto& [key, value] : database.options) node.options.push_back({key, value, {}, {}});
  dialect::Statement statement;
  statement.node = std::move(node);
  return ToSql(statement);
}

Result<Database> ParseDatabase(const std::string& name, const std::string& sql) {
  FLOE_TRY(dialect::Statement statement, dialect::ParseStatement(sql));
  const auto* node = statement.As<dialect::CreateDatabase>();
  if (node == nullptr) return Fail(ErrorKind::kCorruption, "not a CREATE DATABASE");
  Database database{name, node->comment.value_or(""), {}};
  for (const dialect::Option& option : node->options) database.options[option.key] = option.value;
  return database;
}

Result<CatalogTable> ParseTable(const ObjectPath& path, const std::string& sql) {
  FLOE_TRY(dialect::Statement statement, dialect::ParseStatement(sql));
  if (const auto* node = statement.As<dialect::CreateTable>()) return MakeTable(*node, path);
  const auto* view = statement.As<dialect::CreateView>();
  if (view == nullptr) return Fail(ErrorKind::kCorruption, "neither CREATE TABLE nor CREATE VIEW");
  CatalogTable table;
  table.path = path;
  table.kind = TableKind::kView;
  table.comment = view->comment.value_or("");
  for (const dialect::Identifier& column : view->columns) table.view_columns.push_back(column.text);
  table.view_query = std::string(view->query_span.In(sql));
  return table;
}

}  // namespace

meta::Migration CatalogMigration() {
  return {"sql_catalog",
          // One statement each.
          {"CREATE TABLE sql_catalogs (name TEXT PRIMARY KEY, definition TEXT NOT NULL) WITHOUT ROWID",
           "CREATE TABLE sql_databases (catalog TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL, PRIMARY "
           "KEY (catalog, name)) "
           "WITHOUT ROWID",
           "CREATE TABLE sql_tables (catalog TEXT NOT NULL, database TEXT NOT NULL, name TEXT NOT NULL, definition "
           "TEXT NOT NULL, "
           "view_catalog TEXT NOT NULL, view_database TEXT NOT NULL, PRIMARY KEY (catalog, database, name)) WITHOUT "
           "ROWID"}};
}

Result<std::unique_ptr<StoredCatalog>> StoredCatalog::Open(meta::Store* store, std::string name) {
  std::unique_ptr<StoredCatalog> catalog(new StoredCatalog(store, std::move(name)));
  if (store != nullptr) FLOE_TRY_VOID(catalog->Load());
  return catalog;
}

Status StoredCatalog::Load() {
  return store_->Read([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(transaction.Query("SELECT name, definition FROM sql_databases WHERE catalog = ?", {name_},
                                    [&](const meta::Row& row) -> Status {
                                      std::string name(row.Bytes(0));
                                      auto database = ParseDatabase(name, std::string(row.Bytes(1)));
                                      // A database without its comment is better than none.
                                      databases_[name].info = database ? *database : Database{name, {}, {}};
                                      return {};
                                    }));
    return transaction.Query(
        "SELECT database, name, definition, view_catalog, view_database FROM sql_tables WHERE catalog = ?", {name_},
        [&](const meta::Row& row) -> Status {
          ObjectPath path{name_, std::string(row.Bytes(0)), std::string(row.Bytes(1))};
          auto table = ParseTable(path, std::string(row.Bytes(2)));
          Slot slot = TablePtr();
          if (table) {
            table->view_catalog = std::string(row.Bytes(3));
            table->view_database = std::string(row.Bytes(4));
            slot = std::make_shared<const CatalogTable>(std::move(*table));
          } else {
            slot = Error(ErrorKind::kCorruption,
                         fmt::format("the stored definition of {} cannot be read: {}; drop it and create it again",
                                     path.ToString(), table.error().message()));
          }
          databases_[path.database].tables.insert_or_assign(path.name, std::move(slot));
          return {};
        });
  });
}

Status StoredCatalog::Write(const std::function<Status(meta::Transaction&)>& body) {
  if (store_ == nullptr) return {};
  return store_->Write(body);
}

Result<StoredCatalog::Content*> StoredCatalog::Find(const std::string& database) {
  auto found = databases_.find(database);
  if (found != databases_.end()) return &found->second;
  std::vector<std::string_view> names;
  for (const auto& [name, content] : databases_) names.push_back(name);
  std::string_view near = dialect::NearestWord(database, names);
  return Fail(ErrorKind::kNotFound,
              fmt::format("there is no database {} in catalog {}{}", QuoteIdentifier(database), QuoteIdentifier(name_),
                          near.empty() ? "" : fmt::format("; did you mean {}?", QuoteIdentifier(near))));
}

Result<std::map<std::string, StoredCatalog::Slot>::iterator> StoredCatalog::FindTable(Content& content,
                                                                                      const std::string& name) {
  auto found = content.tables.find(name);
  if (found != content.tables.end()) return found;
  std::vector<std::string_view> names;
  for (const auto& [other, slot] : content.tables) names.push_back(other);
  std::string_view near = dialect::NearestWord(name, names);
  return Fail(ErrorKind::kNotFound,
              fmt::format("there is no table or view {}{}", ObjectPath{name_, content.info.name, name}.ToString(),
                          near.empty() ? "" : fmt::format("; did you mean {}?", QuoteIdentifier(near))));
}

// ---- databases ----

Result<std::vector<std::string>> StoredCatalog::ListDatabases() {
  std::lock_guard lock(mu_);
  std::vector<std::string> names;
  for (const auto& [name, content] : databases_) names.push_back(name);
  return names;
}

Result<Database> StoredCatalog::GetDatabase(const std::string& name) {
  std::lock_guard lock(mu_);
  FLOE_TRY(Content * content, Find(name));
  return content->info;
}

Status StoredCatalog::WriteDatabase(const Database& database) {
  return Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(
        transaction.Execute("INSERT OR REPLACE INTO sql_databases (catalog, name, definition) VALUES (?, ?, ?)",
                            {name_, database.name, DatabaseSql(database)}));
    return {};
  });
}

Status StoredCatalog::CreateDatabase(const Database& database) {
  std::lock_guard lock(mu_);
  if (databases_.contains(database.name)) {
    return Fail(ErrorKind::kAlreadyExists, fmt::format("database {} exists already in catalog {}",
                                                       QuoteIdentifier(database.name), QuoteIdentifier(name_)));
  }
  FLOE_TRY_VOID(WriteDatabase(database));
  databases_[database.name].info = database;
  return {};
}

Status StoredCatalog::AlterDatabase(const Database& database) {
  std::lock_guard lock(mu_);
  FLOE_TRY(Content * content, Find(database.name));
  FLOE_TRY_VOID(WriteDatabase(database));
  content->info = database;
  return {};
}

Status StoredCatalog::DropDatabase(const std::string& name, bool cascade) {
  std::lock_guard lock(mu_);
  FLOE_TRY(Content * content, Find(name));
  if (!content->tables.empty() && !cascade) {
    return Fail(ErrorKind::kFailedPrecondition,
                fmt::format("database {} is not empty: it holds {} tables and views; drop them first or use CASCADE",
                            QuoteIdentifier(name), content->tables.size()));
  }
  FLOE_TRY_VOID(Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(transaction.Execute("DELETE FROM sql_tables WHERE catalog = ? AND database = ?", {name_, name}));
    FLOE_TRY_VOID(transaction.Execute("DELETE FROM sql_databases WHERE catalog = ? AND name = ?", {name_, name}));
    return {};
  }));
  databases_.erase(name);
  return {};
}

// ---- tables ----

Result<std::vector<TableEntry>> StoredCatalog::ListTables(const std::string& database) {
  std::lock_guard lock(mu_);
  FLOE_TRY(Content * content, Find(database));
  std::vector<TableEntry> entries;
  for (const auto& [name, slot] : content->tables) {
    const auto* table = std::get_if<TablePtr>(&slot);
    entries.push_back({name, table != nullptr ? (*table)->kind : TableKind::kTable});
  }
  return entries;
}

Result<TablePtr> StoredCatalog::GetTable(const std::string& database, const std::string& name) {
  std::lock_guard lock(mu_);
  FLOE_TRY(Content * content, Find(database));
  FLOE_TRY(auto found, FindTable(*content, name));
  if (const auto* error = std::get_if<Error>(&found->second)) return Fail(*error);
  return std::get<TablePtr>(found->second);
}

Status StoredCatalog::WriteTable(meta::Transaction& transaction, const CatalogTable& table) {
  FLOE_TRY_VOID(transaction.Execute(
      "INSERT OR REPLACE INTO sql_tables (catalog, database, name, definition, view_catalog, view_database) VALUES (?, "
      "?, ?, ?, ?, ?)",
      {name_, table.path.database, table.path.name, table.ToCreateSql(), table.view_catalog, table.view_database}));
  return {};
}

Status StoredCatalog::CreateTable(const CatalogTable& table, bool replace) {
  std::lock_guard lock(mu_);
  FLOE_TRY(Content * content, Find(table.path.database));
  if (!replace && content->tables.contains(table.path.name)) {
    return Fail(ErrorKind::kAlreadyExists, fmt::format("{} exists already", table.path.ToString()));
  }
  FLOE_TRY_VOID(Write([&](meta::Transaction& transaction) { return WriteTable(transaction, table); }));
  content->tables.insert_or_assign(table.path.name, std::make_shared<const CatalogTable>(table));
  return {};
}

Status StoredCatalog::DropTable(const std::string& database, const std::string& name) {
  std::lock_guard lock(mu_);
  FLOE_TRY(Content * content, Find(database));
  FLOE_TRY(auto found, FindTable(*content, name));
  FLOE_TRY_VOID(Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(transaction.Execute("DELETE FROM sql_tables WHERE catalog = ? AND database = ? AND name = ?",
                                      {name_, database, name}));
    return {};
  }));
  content->tables.erase(found);
  return {};
}

Status StoredCatalog::RenameTable(const std::string& database, const std::string& from, const std::string& to) {
  std::lock_guard lock(mu_);
  FLOE_TRY(Content * content, Find(database));
  FLOE_TRY(auto found, FindTable(*content, from));
  if (const auto* error = std::get_if<Error>(&found->second)) return Fail(*error);
  if (content->tables.contains(to)) {
    return Fail(ErrorKind::kAlreadyExists,
                fmt::format("{} exists already", ObjectPath{name_, database, to}.ToString()));
  }
  CatalogTable renamed = *std::get<TablePtr>(found->second);
  renamed.path.name = to;
  FLOE_TRY_VOID(Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(transaction.Execute("DELETE FROM sql_tables WHERE catalog = ? AND database = ? AND name = ?",
                                      {name_, database, from}));
    return WriteTable(transaction, renamed);
  }));
  content->tables.erase(found);
  content->tables.insert_or_assign(to, std::make_shared<const CatalogTable>(std::move(renamed)));
  return {};
}

Status StoredCatalog::AlterTable(const TablePtr& before, const CatalogTable& table) {
  std::lock_guard lock(mu_);
  FLOE_TRY(Content * content, Find(table.path.database));
  FLOE_TRY(auto found, FindTable(*content, table.path.name));
  const auto* current = std::get_if<TablePtr>(&found->second);
  if (current == nullptr || *current != before) {
    return Fail(ErrorKind::kConflict,
                fmt::format("{} was changed by somebody else meanwhile; run the ALTER again", table.path.ToString()));
  }
  FLOE_TRY_VOID(Write([&](meta::Transaction& transaction) { return WriteTable(transaction, table); }));
  found->second = std::make_shared<const CatalogTable>(table);
  return {};
}

}  // namespace floe::sql::catalog
