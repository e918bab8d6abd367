// SPDX-License-Identifier: Apache-2.0
#include "sql/catalog/session_catalog.h"
#include "sql/planner/planner.h"

namespace floe::sql::planner {

TableLookup LookupIn(const catalog::SessionCatalog& session) {
  return [&session](const dialect::ObjectName& name, const std::string& catalog, const std::string& database) {
    if (catalog.empty() || name.parts.size() >= 3) return session.Resolve(name);
    catalog::ObjectPath path{catalog, database, name.parts.back().text};
    if (name.parts.size() == 2) path.database = name.parts[0].text;
    return session.Resolve(path);
  };
}

}  // namespace floe::sql::planner
