// SPDX-License-Identifier: Apache-2.0
#include "sql/catalog/session_catalog.h"
#include "sql/planner/planner.h"

namespace floe::sql::planner {

TableLookup LookupIn(const catalog::SessionCatalog& session, catalog::TablePtr made) {
  return [&session, made = std::move(made)](const dialect::ObjectName& name, const std::string& catalog,
                                            const std::string& database) -> Result<catalog::TablePtr> {
    const bool own = catalog.empty() || name.parts.size() >= 3;
    catalog::ObjectPath path =
        own ? session.FullPath(name) : catalog::ObjectPath{catalog, database, name.parts.back().text};
    if (!own && name.parts.size() == 2) path.database = name.parts[0].text;
    if (made && path == made->path) return made;
    return own ? session.Resolve(name) : session.Resolve(path);
  };
}

}  // namespace floe::sql::planner
