// SPDX-License-Identifier: Apache-2.0
// Completion: names of catalogs, tables, columns, functions and settings for the word that is being typed.
#include <algorithm>
#include <cctype>
#include <set>

#include "query/completion.h"
#include "query/session.h"
#include "query/session_settings.h"
#include "sql/bind/aggregates.h"
#include "sql/bind/functions.h"

namespace floe::query {
namespace {

namespace catalog = sql::catalog;

/// Takes what begins as the word does.
class Candidates {
 public:
  explicit Candidates(const TypedWord& typed) : typed_(typed) {}

  void Name(const std::string& name) {
    if (BeginsWith(name, typed_.word)) found_.insert(name);
  }
  /// In the case that is being typed.
  void Keyword(std::string word) {
    const bool lower =
        !typed_.word.empty() && std::ranges::none_of(typed_.word, [](unsigned char c) { return std::isupper(c) != 0; });
    if (lower) {
      std::ranges::transform(word, word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    }
    Name(word);
  }
  /// Its parts are words of their own for who types.
  void Setting(const std::string& key) {
    std::string typed;
    for (const std::string& part : typed_.qualifiers) typed += part + ".";
    typed += typed_.word;
    if (!BeginsWith(key, typed)) return;
    std::string rest = key.substr(typed.size() - typed_.word.size());
    if (typed.empty() && !typed_.in_quotes) rest = "'" + key + "'";
    found_.insert(rest);
  }
  std::vector<std::string> Finish() const { return {found_.begin(), found_.end()}; }

 private:
  const TypedWord& typed_;
  std::set<std::string> found_;
};

void AddTables(catalog::CatalogManager& catalogs, const std::string& catalog, const std::string& database,
               Candidates& found) {
  auto opened = catalogs.Get(catalog);
  if (!opened) return;
  auto tables = (*opened)->ListTables(database);
  for (const auto& entry : tables ? *tables : std::vector<catalog::TableEntry>{}) found.Name(entry.name);
}

void AddDatabases(catalog::CatalogManager& catalogs, const std::string& catalog, Candidates& found) {
  auto opened = catalogs.Get(catalog);
  if (!opened) return;
  auto databases = (*opened)->ListDatabases();
  for (const std::string& name : databases ? *databases : std::vector<std::string>{}) found.Name(name);
}

void AddColumns(const catalog::CatalogTable& table, Candidates& found) {
  for (const auto& column : table.columns) found.Name(column.name);
}

}  // namespace

std::vector<std::string> Session::Complete(const std::string& text) {
  const TypedWord typed = TakeApart(text);
  Candidates found(typed);
  catalog::CatalogManager& catalogs = services_.catalogs;
  const std::string here = catalog_->current_catalog();
  const Wanted wanted = WhatFits(typed);
  if (wanted.settings) {
    for (const std::string& key : KnownSettings()) found.Setting(key);
    return found.Finish();
  }
  const auto& parts = typed.qualifiers;
  if (!parts.empty()) {
    sql::dialect::ObjectName table;
    for (const std::string& part : parts) {
      sql::dialect::Identifier identifier;
      identifier.text = part;
      table.parts.push_back(std::move(identifier));
    }
    if (auto resolved = catalog_->Resolve(table)) AddColumns(**resolved, found);
    if (parts.size() == 1) AddDatabases(catalogs, parts[0], found);
    if (parts.size() == 1) AddTables(catalogs, here, parts[0], found);
    if (parts.size() == 2) AddTables(catalogs, parts[0], parts[1], found);
    return found.Finish();
  }
  for (const std::string& keyword : wanted.keywords) found.Keyword(keyword);
  if (wanted.tables) {
    AddTables(catalogs, here, catalog_->current_database(), found);
    for (const auto& table : catalog_->Temporary()) found.Name(table->path.name);
  }
  if (wanted.tables || wanted.databases) AddDatabases(catalogs, here, found);
  if (wanted.tables || wanted.databases || wanted.catalogs) {
    for (const std::string& name : catalogs.List()) found.Name(name);
  }
  if (wanted.functions && !typed.word.empty()) {
    for (const std::string& name : sql::bind::FunctionNames()) found.Keyword(name);
    for (const std::string& name : sql::bind::AggregateNames()) found.Keyword(name);
  }
  if (wanted.columns) {
    // Of the tables that the statement names.
    auto opened = catalogs.Get(here);
    auto tables = opened ? (*opened)->ListTables(catalog_->current_database())
                         : Result<std::vector<catalog::TableEntry>>(std::vector<catalog::TableEntry>{});
    for (const auto& entry : tables ? *tables : std::vector<catalog::TableEntry>{}) {
      if (text.find(entry.name) == std::string::npos) continue;
      if (auto table = (*opened)->GetTable(catalog_->current_database(), entry.name)) AddColumns(**table, found);
    }
  }
  return found.Finish();
}

}  // namespace floe::query
