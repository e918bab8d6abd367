// SPDX-License-Identifier: Apache-2.0
// AST to text that parses to an equal AST. SHOW CREATE TABLE and the catalog's stored expressions use it.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sql/dialect/statement.h"

namespace floe::sql::dialect {

/// What names of a query stand for, by the address of their node (Star, ColumnReference or ExplicitTable): the columns'
/// paths. Nodes that are missing here are printed as written.
struct Expansion {
  std::map<const void*, std::vector<std::vector<Identifier>>> paths;
};

std::string ToSql(const Expression& expression);
std::string ToSql(const Query& query);
std::string ToSql(const Query& query, const Expansion& expansion);
/// As people see it: every table's name in full, as it is meant where `catalog` and `database` are current, and its
/// last part as alias (WITH names stay), and no secrets (base/secrets.h).
std::string ToQualifiedSql(const Query& query, std::string_view catalog, std::string_view database);
std::string ToSql(const Statement& statement);
/// The same without secrets (base/secrets.h): it makes what it shows again only where there are none.
std::string ToShownSql(const Statement& statement);
std::string ToSql(const TypeName& type);

}  // namespace floe::sql::dialect
