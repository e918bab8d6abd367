// SPDX-License-Identifier: Apache-2.0
// All catalogs of a node: the built-in one and those of CREATE CATALOG, which come back after a restart.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "meta/store.h"
#include "sql/catalog/catalog.h"

namespace floe::sql::catalog {

inline constexpr std::string_view kDefaultCatalog = "default_catalog";
inline constexpr std::string_view kDefaultDatabase = "default_database";

struct CatalogInfo {
  std::string name;
  std::string type;
  std::string comment;
  Options options;
};

/// Thread-safe. Catalogs handed out stay valid after DROP CATALOG.
class CatalogManager {
 public:
  /// With a store everything is durable; with null it is kept in memory (tests, one-shot runs). The store outlives the
  /// manager.
  static Result<std::unique_ptr<CatalogManager>> Open(meta::Store* store);

  /// Before the first use: catalogs of CREATE CATALOG ... WITH ('type' = type). 'generic_in_memory' is built in.
  void RegisterType(const std::string& type, CatalogFactory factory);
  /// A catalog that is always there (the node's own Iceberg warehouse); it cannot be dropped and is not stored.
  void AddBuiltIn(CatalogInfo info, std::shared_ptr<Catalog> catalog);

  std::vector<std::string> List() const;
  /// kNotFound with the near names; also what the factory says when the catalog is opened for the first time.
  Result<std::shared_ptr<Catalog>> Get(const std::string& name);
  Result<CatalogInfo> Info(const std::string& name) const;
  /// Opens it before it is stored. kAlreadyExists; kInvalidInput for a missing or unknown 'type', with the known ones.
  Status Create(CatalogInfo info);
  /// kNotFound; kFailedPrecondition for built-in ones.
  Status Drop(const std::string& name);
  /// Replaces comment and options; the catalog is opened anew.
  Status Alter(CatalogInfo info);

 private:
  struct Entry {
    CatalogInfo info;
    std::shared_ptr<Catalog> catalog;  ///< null until opened
    bool built_in = false;
  };

  explicit CatalogManager(meta::Store* store) : store_(store) {}
  Status Load();
  Result<std::shared_ptr<Catalog>> OpenCatalog(const CatalogInfo& info);
  Status Save(const CatalogInfo& info);
  std::string Near(const std::string& name) const;  ///< caller holds mu_

  meta::Store* const store_;
  mutable std::mutex mu_;
  // Guarded by mu_:
  std::map<std::string, Entry> catalogs_;
  std::map<std::string, CatalogFactory> factories_;  // by type
};

}  // namespace floe::sql::catalog
