// SPDX-License-Identifier: Apache-2.0
// AST to text that parses to an equal AST. SHOW CREATE TABLE and the catalog's stored expressions use it.
#pragma once

#include <string>
#include <string_view>

#include "sql/dialect/statement.h"

namespace floe::sql::dialect {

std::string ToSql(const Expression& expression);
std::string ToSql(const Query& query);
/// As people see it: every table's name in full, as it is meant where `catalog` and `database` are current (WITH names
/// stay), and no secrets (base/secrets.h).
std::string ToQualifiedSql(const Query& query, std::string_view catalog, std::string_view database);
std::string ToSql(const Statement& statement);
/// The same without secrets (base/secrets.h): it makes what it shows again only where there are none.
std::string ToShownSql(const Statement& statement);
std::string ToSql(const TypeName& type);

}  // namespace floe::sql::dialect
