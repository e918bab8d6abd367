// SPDX-License-Identifier: Apache-2.0
#include "sql/catalog/manager.h"

#include <fmt/format.h>

#include "sql/catalog/stored_catalog.h"
#include "sql/dialect/lexer.h"
#include "sql/dialect/parser.h"
#include "sql/dialect/unparser.h"

namespace floe::sql::catalog {
namespace {

using dialect::QuoteIdentifier;

constexpr std::string_view kInMemoryType = "generic_in_memory";

std::string CatalogSql(const CatalogInfo& info) {
  dialect::CreateCatalog node;
  node.name = dialect::Identifier{info.name, true, {}};
  if (!info.comment.empty()) node.comment = info.comment;
  for (const auto& [key, value] : info.options) node.options.push_back({key, value, {}, {}});
  dialect::Statement statement;
  statement.node = std::move(node);
  return ToSql(statement);
}

Result<CatalogInfo> ParseInfo(const std::string& name, const std::string& sql) {
  FLOE_TRY(dialect::Statement statement, dialect::ParseStatement(sql));
  const auto* node = statement.As<dialect::CreateCatalog>();
  if (node == nullptr)
    return Fail(ErrorKind::kCorruption,
                fmt::format("the stored definition of catalog {} cannot be read", QuoteIdentifier(name)));
  CatalogInfo info{name, {}, node->comment.value_or(""), {}};
  for (const dialect::Option& option : node->options) info.options[option.key] = option.value;
  info.type = info.options["type"];
  return info;
}

}  // namespace

Result<std::unique_ptr<CatalogManager>> CatalogManager::Open(meta::Store* store) {
  std::unique_ptr<CatalogManager> manager(new CatalogManager(store));
  if (store != nullptr) FLOE_TRY_VOID(store->Migrate(CatalogMigration()));
  FLOE_TRY(std::unique_ptr<StoredCatalog> catalog, StoredCatalog::Open(store, std::string(kDefaultCatalog)));
  if (!catalog->GetDatabase(std::string(kDefaultDatabase))) {
    FLOE_TRY_VOID(catalog->CreateDatabase({std::string(kDefaultDatabase), {}, {}}));
  }
  manager->AddBuiltIn(
      {std::string(kDefaultCatalog), std::string(kInMemoryType), {}, {{"type", std::string(kInMemoryType)}}},
      std::move(catalog));
  manager->RegisterType(std::string(kInMemoryType),
                        [store](const std::string& name, const Options& options) -> Result<std::unique_ptr<Catalog>> {
                          FLOE_TRY(std::unique_ptr<StoredCatalog> made, StoredCatalog::Open(store, name));
                          auto wanted = options.find("default-database");
                          std::string database = wanted == options.end() ? "default" : wanted->second;
                          if (!made->GetDatabase(database)) FLOE_TRY_VOID(made->CreateDatabase({database, {}, {}}));
                          return made;
                        });
  if (store != nullptr) FLOE_TRY_VOID(manager->Load());
  return manager;
}

Status CatalogManager::Load() {
  return store_->Read([&](meta::Transaction& transaction) {
    return transaction.Query("SELECT name, definition FROM sql_catalogs", {}, [&](const meta::Row& row) -> Status {
      std::string name(row.Bytes(0));
      FLOE_TRY(CatalogInfo info, ParseInfo(name, std::string(row.Bytes(1))));
      std::lock_guard lock(mu_);
      catalogs_[name] = Entry{std::move(info), nullptr, false};
      return {};
    });
  });
}

void CatalogManager::RegisterType(const std::string& type, CatalogFactory factory) {
  std::lock_guard lock(mu_);
  factories_[type] = std::move(factory);
}

void CatalogManager::AddBuiltIn(CatalogInfo info, std::shared_ptr<Catalog> catalog) {
  std::lock_guard lock(mu_);
  std::string name = info.name;
  catalogs_[name] = Entry{std::move(info), std::move(catalog), true};
}

std::vector<std::string> CatalogManager::List() const {
  std::lock_guard lock(mu_);
  std::vector<std::string> names;
  for (const auto& [name, entry] : catalogs_) names.push_back(name);
  return names;
}

std::string CatalogManager::Near(const std::string& name) const {
  std::vector<std::string_view> names;
  for (const auto& [known, entry] : catalogs_) names.push_back(known);
  std::string_view near = dialect::NearestWord(name, names);
  if (!near.empty()) return fmt::format("; did you mean {}?", QuoteIdentifier(near));
  return "; SHOW CATALOGS lists those there are";
}

Result<CatalogInfo> CatalogManager::Info(const std::string& name) const {
  std::lock_guard lock(mu_);
  auto found = catalogs_.find(name);
  if (found == catalogs_.end())
    return Fail(ErrorKind::kNotFound, fmt::format("there is no catalog {}{}", QuoteIdentifier(name), Near(name)));
  return found->second.info;
}

Result<std::shared_ptr<Catalog>> CatalogManager::OpenCatalog(const CatalogInfo& info) {
  CatalogFactory factory;
  std::string known, own;
  {
    std::lock_guard lock(mu_);
    for (const auto& [name, entry] : catalogs_) {
      if (entry.built_in && entry.info.type == info.type) own = name;
    }
    auto found = factories_.find(info.type);
    if (found != factories_.end()) factory = found->second;
    for (const auto& [type, made] : factories_) known += (known.empty() ? "'" : ", '") + type + "'";
  }
  if (info.type.empty()) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("catalog {} has no type; add 'type' = one of {}", QuoteIdentifier(info.name), known));
  }
  if (!factory && !own.empty()) {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("catalog {}: outside catalogs of type '{}' are not supported yet (docs/status.md); this "
                            "node's own is {}, which is there without CREATE CATALOG",
                            QuoteIdentifier(info.name), info.type, QuoteIdentifier(own)));
  }
  if (!factory) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("catalog {} has the unknown type '{}'; known are {}",
                                                      QuoteIdentifier(info.name), info.type, known));
  }
  FLOE_TRY(std::unique_ptr<Catalog> made, factory(info.name, info.options));
  return std::shared_ptr<Catalog>(std::move(made));
}

Result<std::shared_ptr<Catalog>> CatalogManager::Get(const std::string& name) {
  FLOE_TRY(CatalogInfo info, Info(name));
  {
    std::lock_guard lock(mu_);
    auto found = catalogs_.find(name);
    if (found != catalogs_.end() && found->second.catalog) return found->second.catalog;
  }
  FLOE_TRY(std::shared_ptr<Catalog> opened, OpenCatalog(info));
  std::lock_guard lock(mu_);
  auto found = catalogs_.find(name);
  if (found == catalogs_.end())
    return Fail(ErrorKind::kNotFound, fmt::format("catalog {} was dropped meanwhile", QuoteIdentifier(name)));
  if (!found->second.catalog) found->second.catalog = std::move(opened);
  return found->second.catalog;
}

Status CatalogManager::Save(const CatalogInfo& info) {
  if (store_ == nullptr) return {};
  return store_->Write([&](meta::Transaction& transaction) -> Status {
    FLOE_TRY_VOID(transaction.Execute("INSERT OR REPLACE INTO sql_catalogs (name, definition) VALUES (?, ?)",
                                      {info.name, CatalogSql(info)}));
    return {};
  });
}

Status CatalogManager::Create(CatalogInfo info) {
  auto taken = [&]() -> Status {
    return Fail(ErrorKind::kAlreadyExists, fmt::format("catalog {} exists already", QuoteIdentifier(info.name)));
  };
  {
    std::lock_guard lock(mu_);
    if (catalogs_.contains(info.name)) return taken();
  }
  info.type = info.options.contains("type") ? info.options["type"] : "";
  FLOE_TRY(std::shared_ptr<Catalog> opened, OpenCatalog(info));
  std::lock_guard lock(mu_);
  if (catalogs_.contains(info.name)) return taken();
  FLOE_TRY_VOID(Save(info));
  std::string name = info.name;
  catalogs_[name] = Entry{std::move(info), std::move(opened), false};
  return {};
}

Status CatalogManager::Drop(const std::string& name) {
  FLOE_TRY_VOID(Info(name));
  std::lock_guard lock(mu_);
  auto found = catalogs_.find(name);
  if (found == catalogs_.end()) return {};
  if (found->second.built_in) {
    return Fail(ErrorKind::kFailedPrecondition,
                fmt::format("catalog {} belongs to the node and cannot be dropped", QuoteIdentifier(name)));
  }
  if (store_ != nullptr) {
    FLOE_TRY_VOID(store_->Write([&](meta::Transaction& transaction) -> Status {
      for (const char* sql : {"DELETE FROM sql_tables WHERE catalog = ?", "DELETE FROM sql_databases WHERE catalog = ?",
                              "DELETE FROM sql_catalogs WHERE name = ?"}) {
        FLOE_TRY_VOID(transaction.Execute(sql, {name}));
      }
      return {};
    }));
  }
  catalogs_.erase(found);
  return {};
}

Status CatalogManager::Alter(CatalogInfo info) {
  FLOE_TRY(CatalogInfo before, Info(info.name));
  info.type = info.options.contains("type") ? info.options["type"] : "";
  {
    std::lock_guard lock(mu_);
    auto found = catalogs_.find(info.name);
    if (found != catalogs_.end() && found->second.built_in) {
      return Fail(ErrorKind::kFailedPrecondition,
                  fmt::format("catalog {} belongs to the node and cannot be altered", QuoteIdentifier(info.name)));
    }
  }
  FLOE_TRY(std::shared_ptr<Catalog> opened, OpenCatalog(info));
  std::lock_guard lock(mu_);
  auto found = catalogs_.find(info.name);
  if (found == catalogs_.end())
    return Fail(ErrorKind::kNotFound, fmt::format("catalog {} was dropped meanwhile", QuoteIdentifier(info.name)));
  FLOE_TRY_VOID(Save(info));
  found->second.info = std::move(info);
  found->second.catalog = std::move(opened);
  return {};
}

}  // namespace floe::sql::catalog
