// SPDX-License-Identifier: Apache-2.0
// Databases, catalogs, USE, SHOW and DESCRIBE of a session.
#include <algorithm>

#include <fmt/format.h>

#include "base/secrets.h"
#include "sql/catalog/session_catalog.h"
#include "sql/catalog/table_internal.h"
#include "sql/dialect/parser.h"
#include "sql/dialect/unparser.h"

namespace floe::sql::catalog {
namespace {

using dialect::QuoteIdentifier;
using dialect::ShowKind;

std::unexpected<Error> At(const dialect::Span& span, Error error) {
  if (error.position() || span.position.line < 1) return Fail(std::move(error));
  return Fail(std::move(error).WithPosition(span.position));
}

Options ToOptions(const std::vector<dialect::Option>& list) {
  Options options;
  for (const dialect::Option& option : list) options[option.key] = option.value;
  return options;
}

/// SQL's LIKE: % for any text, _ for one character.
bool Matches(std::string_view text, std::string_view pattern) {
  std::size_t t = 0, p = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = p++;
      mark = t;
    } else if (p < pattern.size() && (pattern[p] == '_' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

TextTable Filtered(std::string column, const std::vector<std::string>& names, const dialect::Show& show) {
  TextTable table{{std::move(column)}, {}};
  for (const std::string& name : names) {
    if (ShowMatches(show, name)) table.rows.push_back({name});
  }
  return table;
}

void ChangeOptions(const dialect::AlterOptions& statement, Options& options, std::string& comment) {
  for (const dialect::Option& option : statement.set) options[option.key] = option.value;
  for (const dialect::OptionKey& key : statement.reset) options.erase(key.text);
  if (statement.comment) comment = *statement.comment;
}

}  // namespace

bool ShowMatches(const dialect::Show& show, std::string_view name) {
  if (!show.like) return true;
  bool match =
      show.case_insensitive ? Matches(dialect::ToUpper(name), dialect::ToUpper(*show.like)) : Matches(name, *show.like);
  return match != show.negated;
}

Result<std::pair<std::string, std::string>> SessionCatalog::DatabaseOf(const dialect::ObjectName& name) const {
  if (name.parts.size() == 1) return std::pair(current_catalog(), name.parts[0].text);
  if (name.parts.size() == 2) return std::pair(name.parts[0].text, name.parts[1].text);
  return FailAt(name.span, fmt::format("{} names no database; write database or catalog.database", name.ToString()));
}

Status SessionCatalog::CreateDatabase(const dialect::CreateDatabase& statement) {
  auto create = [&]() -> Status {
    FLOE_TRY(auto path, DatabaseOf(statement.name));
    FLOE_TRY(std::shared_ptr<Catalog> catalog, manager_.Get(path.first));
    return catalog->CreateDatabase({path.second, statement.comment.value_or(""), ToOptions(statement.options)});
  };
  Status status = create();
  if (status || (statement.if_not_exists && status.error().kind() == ErrorKind::kAlreadyExists)) return {};
  return At(statement.name.span, std::move(status).error());
}

Status SessionCatalog::CreateCatalog(const dialect::CreateCatalog& statement) {
  Status status =
      manager_.Create({statement.name.text, {}, statement.comment.value_or(""), ToOptions(statement.options)});
  if (status || (statement.if_not_exists && status.error().kind() == ErrorKind::kAlreadyExists)) return {};
  return At(statement.name.span, std::move(status).error());
}

Status SessionCatalog::DropDatabase(const dialect::Drop& statement) {
  FLOE_TRY(auto path, DatabaseOf(statement.name));
  if (path.first == current_catalog() && path.second == current_database()) {
    return FailAt(
        statement.name.span,
        fmt::format("database {} is in use by this session; USE another one first", QuoteIdentifier(path.second)),
        ErrorKind::kFailedPrecondition);
  }
  auto drop = [&]() -> Status {
    FLOE_TRY(std::shared_ptr<Catalog> catalog, manager_.Get(path.first));
    return catalog->DropDatabase(path.second, statement.cascade);
  };
  Status status = drop();
  if (status || (statement.if_exists && status.error().kind() == ErrorKind::kNotFound)) return {};
  return At(statement.name.span, std::move(status).error());
}

Status SessionCatalog::Drop(const dialect::Drop& statement) {
  switch (statement.kind) {
    case dialect::ObjectKind::kTable:
    case dialect::ObjectKind::kView: return DropTable(statement);
    case dialect::ObjectKind::kDatabase: return DropDatabase(statement);
    case dialect::ObjectKind::kFunction:
      if (statement.if_exists) return {};
      return FailAt(statement.name.span, "user functions are not supported; there is none to drop",
                    ErrorKind::kNotSupported);
    case dialect::ObjectKind::kCatalog: break;
  }
  const std::string& name = statement.name.parts[0].text;
  if (name == current_catalog()) {
    return FailAt(
        statement.name.span,
        fmt::format("catalog {} is in use by this session; USE CATALOG another one first", QuoteIdentifier(name)),
        ErrorKind::kFailedPrecondition);
  }
  Status status = manager_.Drop(name);
  if (status || (statement.if_exists && status.error().kind() == ErrorKind::kNotFound)) return {};
  return At(statement.name.span, std::move(status).error());
}

Status SessionCatalog::AlterOptions(const dialect::AlterOptions& statement) {
  auto alter = [&]() -> Status {
    if (statement.kind == dialect::ObjectKind::kCatalog) {
      FLOE_TRY(CatalogInfo info, manager_.Info(statement.name.parts[0].text));
      ChangeOptions(statement, info.options, info.comment);
      return manager_.Alter(std::move(info));
    }
    FLOE_TRY(auto path, DatabaseOf(statement.name));
    FLOE_TRY(std::shared_ptr<Catalog> catalog, manager_.Get(path.first));
    FLOE_TRY(Database database, catalog->GetDatabase(path.second));
    ChangeOptions(statement, database.options, database.comment);
    return catalog->AlterDatabase(database);
  };
  Status status = alter();
  if (!status) return At(statement.name.span, std::move(status).error());
  return {};
}

Status SessionCatalog::Use(const dialect::Use& statement) {
  auto use = [&]() -> Status {
    if (statement.catalog) {
      const std::string& name = statement.name.parts[0].text;
      FLOE_TRY(CatalogInfo info, manager_.Info(name));
      FLOE_TRY(std::shared_ptr<Catalog> catalog, manager_.Get(name));
      auto wanted = info.options.find("default-database");
      std::string database = wanted != info.options.end() ? wanted->second
                             : name == kDefaultCatalog    ? std::string(kDefaultDatabase)
                                                          : "default";
      std::lock_guard lock(mu_);
      catalog_ = name;
      database_ = std::move(database);
      return {};
    }
    FLOE_TRY(auto path, DatabaseOf(statement.name));
    FLOE_TRY(std::shared_ptr<Catalog> catalog, manager_.Get(path.first));
    FLOE_TRY_VOID(catalog->GetDatabase(path.second));
    std::lock_guard lock(mu_);
    catalog_ = path.first;
    database_ = path.second;
    return {};
  };
  Status status = use();
  if (!status) return At(statement.name.span, std::move(status).error());
  return {};
}

Result<std::vector<TableEntry>> SessionCatalog::Entries(const std::string& catalog, const std::string& database) const {
  FLOE_TRY(std::shared_ptr<Catalog> source, manager_.Get(catalog));
  FLOE_TRY(std::vector<TableEntry> entries, source->ListTables(database));
  std::lock_guard lock(mu_);
  for (const auto& [path, table] : temporary_) {
    if (path.catalog != catalog || path.database != database) continue;
    std::erase_if(entries, [&](const TableEntry& entry) { return entry.name == path.name; });
    entries.push_back({path.name, table->kind});
  }
  std::ranges::sort(entries, {}, &TableEntry::name);
  return entries;
}

namespace {

/// As Flink shows it: the text makes the same view wherever it is run. kCorruption when the kept query does not parse.
Result<std::string> CreateViewSql(const CatalogTable& view) {
  auto query = dialect::ParseQuery(view.view_query);
  if (!query) {
    return Fail(ErrorKind::kCorruption,
                fmt::format("view {} has a query that does not parse ({}); set it anew with ALTER VIEW … AS",
                            view.path.ToString(), query.error().message()));
  }
  CatalogTable shown = view;
  shown.view_query = dialect::ToQualifiedSql(*query, view.view_catalog, view.view_database);
  return shown.ToCreateSql();
}

}  // namespace

Result<TextTable> SessionCatalog::Show(const dialect::Show& show) const {
  auto collect = [&]() -> Result<TextTable> {
    std::pair<std::string, std::string> in{current_catalog(), current_database()};
    switch (show.kind) {
      case ShowKind::kCatalogs: return Filtered("catalog name", manager_.List(), show);
      case ShowKind::kCurrentCatalog: return TextTable{{"current catalog name"}, {{in.first}}};
      case ShowKind::kCurrentDatabase: return TextTable{{"current database name"}, {{in.second}}};
      case ShowKind::kDatabases: {
        if (!show.in.parts.empty()) in.first = show.in.parts.back().text;
        FLOE_TRY(std::shared_ptr<Catalog> catalog, manager_.Get(in.first));
        FLOE_TRY(std::vector<std::string> names, catalog->ListDatabases());
        return Filtered("database name", names, show);
      }
      case ShowKind::kTables:
      case ShowKind::kViews: {
        if (!show.in.parts.empty()) {
          FLOE_TRY(in, DatabaseOf(show.in));
        }
        FLOE_TRY(std::vector<TableEntry> entries, Entries(in.first, in.second));
        std::vector<std::string> names;
        for (const TableEntry& entry : entries) {
          if (show.kind == ShowKind::kTables || entry.kind == TableKind::kView) names.push_back(entry.name);
        }
        return Filtered(show.kind == ShowKind::kTables ? "table name" : "view name", names, show);
      }
      case ShowKind::kCreateTable:
      case ShowKind::kCreateView: {
        FLOE_TRY(TablePtr table, Resolve(show.in));
        bool view = table->kind == TableKind::kView;
        if (view != (show.kind == ShowKind::kCreateView)) {
          return Fail(ErrorKind::kFailedPrecondition,
                      fmt::format("{} is a {}; use SHOW CREATE {}", table->path.ToString(), view ? "view" : "table",
                                  view ? "VIEW" : "TABLE"));
        }
        if (!view) return TextTable{{"result"}, {{table->ToShownSql()}}};
        FLOE_TRY(std::string text, CreateViewSql(*table));
        return TextTable{{"result"}, {{std::move(text)}}};
      }
      case ShowKind::kCreateCatalog: {
        FLOE_TRY(CatalogInfo info, manager_.Info(show.in.parts[0].text));
        dialect::CreateCatalog node;
        node.name = Named(info.name);
        if (!info.comment.empty()) node.comment = info.comment;
        for (const auto& [key, value] : info.options) node.options.push_back({key, value, {}, {}});
        dialect::Statement statement;
        statement.node = std::move(node);
        return TextTable{{"result"}, {{ToShownSql(statement)}}};
      }
      case ShowKind::kPartitions:
        return Fail(ErrorKind::kNotSupported,
                    fmt::format("SHOW PARTITIONS is not supported; of an Iceberg table: SELECT * FROM `{}$partitions`",
                                show.in.parts.empty() ? "t" : show.in.parts.back().text));
      case ShowKind::kJars: return TextTable{{"jars"}, {}};
      case ShowKind::kProcedures: return TextTable{{"procedure name"}, {}};
      case ShowKind::kColumns:
      case ShowKind::kFunctions:
      case ShowKind::kModules:
      case ShowKind::kJobs: break;
    }
    return Fail(ErrorKind::kNotSupported, "this SHOW is not answered by the catalog");
  };
  Result<TextTable> table = collect();
  if (!table) return At(show.in.span, std::move(table).error());
  return table;
}

Result<TextTable> SessionCatalog::Describe(const dialect::Describe& statement) const {
  TextTable table{{"info name", "info value"}, {}};
  auto add_options = [&](const Options& options) {
    if (!statement.extended) return;
    for (const auto& [key, value] : options) table.rows.push_back({"option:" + key, ShownValue(key, value)});
  };
  if (statement.kind == dialect::ObjectKind::kCatalog) {
    Result<CatalogInfo> info = manager_.Info(statement.name.parts[0].text);
    if (!info) return At(statement.name.span, std::move(info).error());
    table.rows = {{"name", info->name}, {"type", info->type}, {"comment", info->comment}};
    add_options(info->options);
    return table;
  }
  if (statement.kind != dialect::ObjectKind::kDatabase)
    return Fail(ErrorKind::kNotSupported, "DESCRIBE of a table needs the binder's types");
  FLOE_TRY(auto path, DatabaseOf(statement.name));
  FLOE_TRY(std::shared_ptr<Catalog> catalog, manager_.Get(path.first));
  Result<Database> database = catalog->GetDatabase(path.second);
  if (!database) return At(statement.name.span, std::move(database).error());
  table.rows = {{"catalog", path.first}, {"name", database->name}, {"comment", database->comment}};
  add_options(database->options);
  return table;
}

}  // namespace floe::sql::catalog
