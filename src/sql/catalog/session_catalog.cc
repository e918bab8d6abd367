// SPDX-License-Identifier: Apache-2.0
// Name resolution and table DDL of a session.
#include "sql/catalog/session_catalog.h"

#include <fmt/format.h>

#include "sql/catalog/table_internal.h"
#include "sql/dialect/unparser.h"

namespace floe::sql::catalog {

using dialect::QuoteIdentifier;

namespace {

/// The error with the name's position, unless it has one already.
std::unexpected<Error> At(const dialect::Span& span, Error error) {
  if (error.position() || span.position.line < 1) return Fail(std::move(error));
  return Fail(std::move(error).WithPosition(span.position));
}

bool Ignored(const Error& error, ErrorKind kind, bool ignore) {
  return ignore && error.kind() == kind;
}

}  // namespace

std::string SessionCatalog::current_catalog() const {
  std::lock_guard lock(mu_);
  return catalog_;
}

std::string SessionCatalog::current_database() const {
  std::lock_guard lock(mu_);
  return database_;
}

ObjectPath SessionCatalog::FullPath(const dialect::ObjectName& name) const {
  const auto& parts = name.parts;
  std::lock_guard lock(mu_);
  switch (parts.size()) {
    case 0: return {catalog_, database_, {}};
    case 1: return {catalog_, database_, parts[0].text};
    case 2: return {catalog_, parts[0].text, parts[1].text};
    case 3: return {parts[0].text, parts[1].text, parts[2].text};
    // Spark's spelling of a metadata table: cat.db.t.snapshots.
    default: return {parts[0].text, parts[1].text, parts[2].text + "$" + parts[3].text};
  }
}

Result<std::shared_ptr<Catalog>> SessionCatalog::CatalogOf(const ObjectPath& path) const {
  return manager_.Get(path.catalog);
}

Result<TablePtr> SessionCatalog::Resolve(const ObjectPath& path) const {
  {
    std::lock_guard lock(mu_);
    auto found = temporary_.find(path);
    if (found != temporary_.end()) return found->second;
  }
  FLOE_TRY(std::shared_ptr<Catalog> catalog, CatalogOf(path));
  return catalog->GetTable(path.database, path.name);
}

Result<TablePtr> SessionCatalog::Resolve(const dialect::ObjectName& name) const {
  Result<TablePtr> table = Resolve(FullPath(name));
  if (table) return table;
  // A near name among this session's temporary tables is a likelier slip than one elsewhere.
  Error error = std::move(table).error();
  if (error.kind() == ErrorKind::kNotFound && error.message().find("did you mean") == std::string::npos) {
    std::lock_guard lock(mu_);
    std::vector<std::string_view> names;
    for (const auto& [path, temporary] : temporary_) names.push_back(path.name);
    std::string_view near = dialect::NearestWord(name.parts.back().text, names);
    if (!near.empty())
      error = Error(ErrorKind::kNotFound, fmt::format("{}; did you mean {}?", error.message(), QuoteIdentifier(near)));
  }
  return At(name.span, std::move(error));
}

std::vector<TablePtr> SessionCatalog::Temporary() const {
  std::lock_guard lock(mu_);
  std::vector<TablePtr> tables;
  for (const auto& [path, table] : temporary_) tables.push_back(table);
  return tables;
}

// ---- CREATE ----

namespace {

std::string_view KindWord(TableKind kind) {
  return kind == TableKind::kView ? "VIEW" : "TABLE";
}

/// With what to write instead.
Error ExistsAlready(Catalog& catalog, const CatalogTable& made) {
  auto known = catalog.GetTable(made.path.database, made.path.name);
  const TableKind kind = known ? (*known)->kind : made.kind;
  std::string keep = fmt::format("write CREATE {} IF NOT EXISTS to keep it", KindWord(made.kind));
  if (kind != made.kind)
    keep = fmt::format("as a {}; choose another name", kind == TableKind::kView ? "view" : "table");
  return Error(ErrorKind::kAlreadyExists,
               fmt::format("{} exists already{}{}, or DROP {} it first", made.path.ToString(),
                           kind == made.kind ? "; " : " ", keep, KindWord(kind)));
}

}  // namespace

Result<CatalogTable> SessionCatalog::Prepare(const dialect::CreateTable& statement) const {
  ObjectPath path = FullPath(statement.name);
  TablePtr base;
  if (statement.like) {
    FLOE_TRY(base, Resolve(statement.like->source));
  }
  return MakeTable(statement, std::move(path), base.get());
}

Status SessionCatalog::Store(CatalogTable table, bool replace, bool if_not_exists, TextPosition position) {
  dialect::Span span;
  span.position = position;
  if (table.temporary) {
    std::lock_guard lock(mu_);
    if (!replace && temporary_.contains(table.path)) {
      if (if_not_exists) return {};
      return At(
          span,
          Error(ErrorKind::kAlreadyExists,
                fmt::format("the temporary object {} exists already in this session; write CREATE TEMPORARY {} "
                            "IF NOT EXISTS to keep it, or DROP TEMPORARY {} it first",
                            table.path.ToString(), KindWord(table.kind), KindWord(temporary_.at(table.path)->kind))));
    }
    ObjectPath path = table.path;
    temporary_[path] = std::make_shared<const CatalogTable>(std::move(table));
    return {};
  }
  auto catalog = CatalogOf(table.path);
  if (!catalog) return At(span, std::move(catalog).error());
  if (if_not_exists && !replace && (*catalog)->GetTable(table.path.database, table.path.name)) return {};
  Status status = (*catalog)->CreateTable(table, replace);
  if (status || Ignored(status.error(), ErrorKind::kAlreadyExists, if_not_exists)) return {};
  if (status.error().kind() == ErrorKind::kAlreadyExists) return At(span, ExistsAlready(**catalog, table));
  return At(span, std::move(status).error());
}

Status SessionCatalog::CreateTable(const dialect::CreateTable& statement) {
  FLOE_TRY(CatalogTable table, Prepare(statement));
  return Store(std::move(table), statement);
}

Status SessionCatalog::Store(CatalogTable table, const dialect::CreateTable& statement) {
  Status status = Store(std::move(table), statement.or_replace, statement.if_not_exists);
  if (status) return {};
  const dialect::Span place = PlaceOf(statement, status.error());
  return At(place, std::move(status).error());
}

Result<CatalogTable> SessionCatalog::PrepareView(const dialect::CreateView& statement, const ViewQuery* query) const {
  CatalogTable view;
  view.path = FullPath(statement.name);
  view.kind = TableKind::kView;
  view.temporary = statement.temporary;
  view.comment = statement.comment.value_or("");
  view.view_query = query != nullptr ? query->text : ToSql(statement.query);
  for (const dialect::Identifier& column : statement.columns) {
    for (const std::string& other : view.view_columns) {
      if (other == column.text)
        return FailAt(column.span, fmt::format("the column {} stands twice", QuoteIdentifier(column.text)));
    }
    view.view_columns.push_back(column.text);
  }
  if (view.view_columns.empty() && query != nullptr) view.view_columns = query->columns;
  view.view_catalog = current_catalog();
  view.view_database = current_database();
  return view;
}

Status SessionCatalog::CreateView(const dialect::CreateView& statement, const ViewQuery* query) {
  FLOE_TRY(CatalogTable view, PrepareView(statement, query));
  return Store(std::move(view), statement.or_replace, statement.if_not_exists, statement.name.span.position);
}

// ---- DROP and ALTER of tables and views ----

Status SessionCatalog::DropTable(const dialect::Drop& statement) {
  ObjectPath path = FullPath(statement.name);
  TableKind wanted = statement.kind == dialect::ObjectKind::kView ? TableKind::kView : TableKind::kTable;
  auto wrong_kind = [&](const CatalogTable& table) -> Status {
    if (table.kind == wanted) return {};
    bool view = table.kind == TableKind::kView;
    return FailAt(
        statement.name.span,
        fmt::format("{} is a {}; use DROP {}", path.ToString(), view ? "view" : "table", view ? "VIEW" : "TABLE"),
        ErrorKind::kFailedPrecondition);
  };
  {
    std::lock_guard lock(mu_);
    auto found = temporary_.find(path);
    if (statement.temporary) {
      if (found != temporary_.end()) {
        FLOE_TRY_VOID(wrong_kind(*found->second));
        temporary_.erase(found);
        return {};
      }
      if (statement.if_exists) return {};
      return FailAt(statement.name.span,
                    fmt::format("there is no temporary object {} in this session", path.ToString()),
                    ErrorKind::kNotFound);
    }
    if (found != temporary_.end()) {
      return FailAt(statement.name.span,
                    fmt::format("a temporary object {} hides the stored one; DROP TEMPORARY {} it first",
                                path.ToString(), found->second->kind == TableKind::kView ? "VIEW" : "TABLE"),
                    ErrorKind::kFailedPrecondition);
    }
  }
  auto drop = [&]() -> Status {
    FLOE_TRY(std::shared_ptr<Catalog> catalog, CatalogOf(path));
    Result<TablePtr> table = catalog->GetTable(path.database, path.name);
    // A definition that cannot be read can still be dropped.
    if (!table && table.error().kind() != ErrorKind::kCorruption) return Fail(std::move(table).error());
    if (table) FLOE_TRY_VOID(wrong_kind(**table));
    return catalog->DropTable(path.database, path.name);
  };
  Status status = drop();
  if (status || Ignored(status.error(), ErrorKind::kNotFound, statement.if_exists)) return {};
  return At(statement.name.span, std::move(status).error());
}

Status SessionCatalog::RenameTable(const ObjectPath& from, const dialect::ObjectName& to) {
  ObjectPath target = to.parts.size() == 1 ? ObjectPath{from.catalog, from.database, to.parts[0].text} : FullPath(to);
  if (target.catalog != from.catalog || target.database != from.database) {
    return FailAt(to.span, fmt::format("{} stays in its database; RENAME TO takes a plain name", from.ToString()),
                  ErrorKind::kNotSupported);
  }
  {
    std::lock_guard lock(mu_);
    auto found = temporary_.find(from);
    if (found != temporary_.end()) {
      if (temporary_.contains(target))
        return FailAt(to.span, fmt::format("{} exists already", target.ToString()), ErrorKind::kAlreadyExists);
      CatalogTable renamed = *found->second;
      renamed.path = target;
      temporary_.erase(found);
      temporary_[target] = std::make_shared<const CatalogTable>(std::move(renamed));
      return {};
    }
  }
  FLOE_TRY(std::shared_ptr<Catalog> catalog, CatalogOf(from));
  return catalog->RenameTable(from.database, from.name, target.name);
}

Status SessionCatalog::AlterTable(const dialect::AlterTable& statement) {
  ObjectPath path = FullPath(statement.name);
  Result<TablePtr> before = Resolve(statement.name);
  if (!before) {
    if (Ignored(before.error(), ErrorKind::kNotFound, statement.if_exists)) return {};
    return Fail(std::move(before).error());
  }
  if (const auto* rename = std::get_if<dialect::RenameTable>(&statement.action)) {
    if ((*before)->kind == TableKind::kView) {
      return FailAt(statement.name.span, fmt::format("{} is a view; use ALTER VIEW", path.ToString()),
                    ErrorKind::kFailedPrecondition);
    }
    Status status = RenameTable(path, rename->to);
    if (!status) return At(rename->to.span, std::move(status).error());
    return {};
  }
  if (const auto* change = std::get_if<dialect::ChangeSchema>(&statement.action);
      change != nullptr && change->watermark && !(*before)->temporary) {
    FLOE_TRY(std::shared_ptr<Catalog> catalog, CatalogOf(path));
    Status takes = catalog->CheckWatermark(**before);
    if (!takes) return At(change->watermark->span, std::move(takes).error());
  }
  FLOE_TRY(CatalogTable after, catalog::AlterTable(**before, statement));
  if ((*before)->temporary) {
    std::lock_guard lock(mu_);
    temporary_[path] = std::make_shared<const CatalogTable>(std::move(after));
    return {};
  }
  FLOE_TRY(std::shared_ptr<Catalog> catalog, CatalogOf(path));
  if (const auto* reset = std::get_if<dialect::ResetOptions>(&statement.action)) {
    for (const dialect::OptionKey& key : reset->keys) {
      Status resets = catalog->CheckReset(**before, key.text);
      if (!resets) return At(key.span, std::move(resets).error());
    }
  }
  Status status = catalog->AlterTable(*before, after);
  if (status) return {};
  const dialect::Span place = PlaceOf(statement, status.error());
  return At(place, std::move(status).error());
}

Status SessionCatalog::AlterView(const dialect::AlterView& statement, const ViewQuery* query) {
  ObjectPath path = FullPath(statement.name);
  FLOE_TRY(TablePtr before, Resolve(statement.name));
  if (before->kind != TableKind::kView) {
    return FailAt(statement.name.span, fmt::format("{} is a table; use ALTER TABLE", path.ToString()),
                  ErrorKind::kFailedPrecondition);
  }
  if (statement.rename_to) {
    Status status = RenameTable(path, *statement.rename_to);
    if (!status) return At(statement.rename_to->span, std::move(status).error());
    return {};
  }
  CatalogTable after = *before;
  after.view_query = query != nullptr ? query->text : ToSql(*statement.as_query);
  after.view_catalog = current_catalog();
  after.view_database = current_database();
  after.view_columns = query != nullptr ? query->columns : std::vector<std::string>();
  if (before->temporary) {
    std::lock_guard lock(mu_);
    temporary_[path] = std::make_shared<const CatalogTable>(std::move(after));
    return {};
  }
  FLOE_TRY(std::shared_ptr<Catalog> catalog, CatalogOf(path));
  return catalog->AlterTable(before, after);
}

}  // namespace floe::sql::catalog
