// SPDX-License-Identifier: Apache-2.0
// CREATE, ALTER and DROP of tables and views: planned before anything is stored, so that a wrong one changes nothing.
#include <algorithm>
#include <optional>

#include <duckdb/common/string_util.hpp>
#include <fmt/format.h>

#include "base/result.h"
#include "iceberg/metadata/property.h"
#include "query/iceberg_catalog.h"
#include "query/session.h"
#include "sql/dialect/parser.h"
#include "sql/dialect/unparser.h"
#include "sql/planner/written.h"

namespace floe::query {
namespace {

namespace dialect = sql::dialect;
namespace catalog = sql::catalog;

StatementResult Ok(std::string message = "OK") {
  return {.message = std::move(message), .job_id = {}};
}

}  // namespace

bool Session::IsThereAlready(catalog::CatalogTable table) const {
  if (!Is(stream::kForegroundSetting, "true") || table.temporary) return false;
  auto found = catalog_->Resolve(table.path);
  if (!found) return false;
  const catalog::CatalogTable& known = **found;
  auto info = services_.catalogs.Info(table.path.catalog);
  if (info && info->type == "iceberg") table = AsIcebergKeeps(std::move(table));
  return known.kind == table.kind && known.columns == table.columns && known.watermark == table.watermark &&
         known.primary_key == table.primary_key && known.partitioned_by == table.partitioned_by &&
         std::ranges::all_of(table.options, [&](const auto& option) {
           auto same = known.options.find(option.first);
           return same != known.options.end() && same->second == option.second;
         });
}

Result<StatementResult> Session::CreateTable(const dialect::CreateTable& statement, const std::string& text,
                                             ResultConsumer& consumer) {
  if (statement.as_query) return CreateTableAs(statement, text, consumer);
  FLOE_TRY(catalog::CatalogTable table, catalog_->Prepare(statement));
  FLOE_TRY_VOID(ChooseConnector(table, statement.name.span.position));
  FLOE_TRY_VOID(MakePlanner("streaming").Check(table, sql::planner::WrittenOf(statement)));
  if (IsThereAlready(table)) return Ok("OK: the table is there already");
  if (statement.or_replace) FLOE_TRY_VOID(MakeRoom(table, statement.name.span.position));
  Status stored = catalog_->Store(std::move(table), statement);
  if (stored) return Ok();
  if (stored.error().kind() == ErrorKind::kAlreadyExists && Is(stream::kForegroundSetting, "true")) {
    return Fail(std::move(stored).error().WithContext(
        "floe run takes a CREATE TABLE again only with the columns, keys and options that the table has"));
  }
  return Fail(std::move(stored).error());
}

Result<StatementResult> Session::CreateTableAs(const dialect::CreateTable& statement, const std::string& text,
                                               ResultConsumer& consumer) {
  FLOE_TRY(sql::plan::Program program, MakePlanner("batch").Plan(*statement.as_query));
  dialect::CreateTable plain = statement;
  plain.as_query = {};
  plain.column_names.clear();
  if (plain.columns.empty()) {
    for (std::size_t i = 0; i < program.query->schema.size(); ++i) {
      const data::Field& field = program.query->schema.fields[i];
      FLOE_TRY(dialect::TypeName type, dialect::ParseType(field.type.ToString()));
      dialect::ColumnDefinition column;
      column.name.text = i < statement.column_names.size() ? statement.column_names[i].text : field.name;
      column.definition = dialect::PhysicalColumn{.type = std::move(type), .default_value = {}};
      plain.columns.push_back(std::move(column));
    }
  }
  FLOE_TRY(StatementResult created, CreateTable(plain, text, consumer));
  std::string insert =
      "INSERT INTO " + statement.name.ToString() + " " + std::string(statement.as_query->span.In(text));
  return Execute(insert, consumer);
}

Status Session::ChooseConnector(catalog::CatalogTable& table, TextPosition position) const {
  if (table.options.contains("connector")) return {};
  FLOE_TRY(catalog::CatalogInfo info, services_.catalogs.Info(table.path.catalog));
  if (info.type == "iceberg") {
    table.options["connector"] = "iceberg";
  } else if (!table.primary_key.empty()) {
    table.options["connector"] = "realtime";
  } else {
    std::string known;
    for (const auto* descriptor : services_.connectors.List()) known += (known.empty() ? "" : ", ") + descriptor->name;
    return Fail(
        Error(
            ErrorKind::kInvalidInput,
            fmt::format("table {} has no 'connector'; choose one of {}, or declare a PRIMARY KEY for a real-time table",
                        table.path.ToString(), known))
            .WithPosition(position));
  }
  return {};
}

/// Under its own name already: OR REPLACE must not make a view that reads itself.
Status Session::CheckView(const catalog::CatalogTable& view, TextPosition position) const {
  auto made = std::make_shared<const catalog::CatalogTable>(view);
  sql::planner::Written written;
  written.name = position;
  return MakePlanner("batch", sql::planner::LookupIn(*catalog_, made)).Check(view, written);
}

Result<StatementResult> Session::CreateView(const dialect::CreateView& statement) {
  // Planned from the statement's tree first: its errors stand where the statement has them.
  std::optional<catalog::ViewQuery> query;
  if (!replays_) {
    FLOE_TRY(query, MakePlanner("batch").Expand(statement.query));
  }
  FLOE_TRY(catalog::CatalogTable view, catalog_->PrepareView(statement, query ? &*query : nullptr));
  if (auto known = catalog_->Resolve(statement.name);
      known && Is(stream::kForegroundSetting, "true") && !statement.temporary &&
      (*known)->kind == catalog::TableKind::kView && (*known)->view_query == view.view_query &&
      (*known)->view_columns == view.view_columns && (*known)->view_catalog == view.view_catalog &&
      (*known)->view_database == view.view_database)
    return Ok("OK: the view is there already");
  if (!replays_) FLOE_TRY_VOID(CheckView(view, statement.name.span.position));
  if (statement.or_replace) FLOE_TRY_VOID(MakeRoom(view, statement.name.span.position));
  FLOE_TRY_VOID(
      catalog_->Store(std::move(view), statement.or_replace, statement.if_not_exists, statement.name.span.position));
  return Ok();
}

Result<StatementResult> Session::AlterTable(const dialect::AlterTable& statement) {
  FLOE_TRY_VOID(CheckAlter(statement));
  FLOE_TRY_VOID(catalog_->AlterTable(statement));
  return Ok();
}

Status Session::CheckAlter(const dialect::AlterTable& statement) const {
  auto before = catalog_->Resolve(statement.name);
  if (!before || (*before)->kind != catalog::TableKind::kTable) return {};
  const std::string connector = (*before)->connector();
  const bool iceberg = connector.empty() || connector == "iceberg";
  const bool options = std::holds_alternative<dialect::SetOptions>(statement.action) ||
                       std::holds_alternative<dialect::ResetOptions>(statement.action);
  if (!options && connector == "realtime") {
    return Fail(
        Error(ErrorKind::kNotSupported,
              fmt::format("{} is a live table: its rows are kept by its name and columns; CREATE another one and "
                          "fill it from this one",
                          (*before)->path.ToString()))
            .WithPosition(statement.name.span.position));
  }
  // Properties of an Iceberg table are no part of a job's plan.
  if (!(*before)->temporary && !(options && iceberg))
    FLOE_TRY_VOID(CheckUnused((*before)->path, statement.name.span.position));
  if (const auto* set = std::get_if<dialect::SetOptions>(&statement.action); set != nullptr && iceberg) {
    for (const dialect::Option& option : set->options) {
      Status works = iceberg::CheckProperty(option.key, option.value);
      if (!works) return Fail(std::move(works).error().WithPosition(option.key_span.position));
    }
  }
  // Iceberg checks its own schema changes; its other properties are anybody's.
  if (std::holds_alternative<dialect::RenameTable>(statement.action) || iceberg) return {};
  FLOE_TRY(catalog::CatalogTable after, catalog::AlterTable(**before, statement));
  return MakePlanner("streaming").CheckAltered(after, sql::planner::WrittenOf(statement));
}

Result<StatementResult> Session::AlterView(const dialect::AlterView& statement) {
  if (auto before = catalog_->Resolve(statement.name); before && !(*before)->temporary)
    FLOE_TRY_VOID(CheckUnused((*before)->path, statement.name.span.position));
  if (!statement.as_query) {
    FLOE_TRY_VOID(catalog_->AlterView(statement));
    return Ok();
  }
  FLOE_TRY(catalog::ViewQuery query, MakePlanner("batch").Expand(*statement.as_query));
  FLOE_TRY(catalog::CatalogTable view,
           catalog_->PrepareView({.name = statement.name, .query = *statement.as_query}, &query));
  FLOE_TRY_VOID(CheckView(view, statement.name.span.position));
  FLOE_TRY_VOID(catalog_->AlterView(statement, &query));
  return Ok();
}

Status Session::CheckUnused(const dialect::Drop& statement) const {
  catalog::ObjectPath path = catalog_->FullPath(statement.name);
  using Kind = dialect::ObjectKind;
  if (statement.temporary || statement.kind == Kind::kFunction) return {};
  if (statement.kind == Kind::kTable || statement.kind == Kind::kView) {
    auto found = catalog_->Resolve(statement.name);
    if (!found || (*found)->temporary) return {};
  } else {
    // What is inside goes with it.
    const auto& parts = statement.name.parts;
    path.database = statement.kind == Kind::kDatabase ? parts.back().text : "";
    path.catalog =
        statement.kind == Kind::kCatalog || parts.size() > 1 ? parts.front().text : catalog_->current_catalog();
    path.name.clear();
  }
  return CheckUnused(path, statement.name.span.position);
}

Status Session::CheckUnused(const catalog::ObjectPath& path, TextPosition position) const {
  for (const stream::JobStatus& status : services_.jobs.List()) {
    if (stream::IsTerminal(status.state)) continue;
    std::set<catalog::ObjectPath> used;
    // A program that no longer plans does not hold anything.
    (void)PlanProgram(services_, status.job.program, status.job.settings, &used);
    for (const catalog::ObjectPath& one : used) {
      const bool hit = one.catalog == path.catalog && (path.database.empty() || one.database == path.database) &&
                       (path.name.empty() || one.name == path.name);
      if (!hit) continue;
      return Fail(Error(ErrorKind::kFailedPrecondition,
                        fmt::format("{} is used by job '{}', which is {}; stop it first: 'floe job stop {}'",
                                    one.name.empty() ? "database " + one.catalog + "." + one.database : one.ToString(),
                                    status.job.name, stream::ToString(status.state), status.job.id))
                      .WithPosition(position));
    }
  }
  return {};
}

/// What OR REPLACE takes away goes as with DROP.
Status Session::MakeRoom(const catalog::CatalogTable& made, TextPosition position) const {
  auto before = catalog_->Resolve(made.path);
  if (!before || (*before)->temporary || made.temporary) return {};
  if ((*before)->kind != made.kind) {
    const char* kind = made.kind == catalog::TableKind::kView ? "table" : "view";
    return Fail(
        Error(ErrorKind::kFailedPrecondition, fmt::format("{} is a {}; DROP it first", made.path.ToString(), kind))
            .WithPosition(position));
  }
  FLOE_TRY_VOID(CheckUnused(made.path, position));
  if (services_.on_drop) services_.on_drop(**before);
  return {};
}

Result<StatementResult> Session::Drop(const dialect::Drop& statement) {
  FLOE_TRY_VOID(CheckUnused(statement));
  std::shared_ptr<const catalog::CatalogTable> dropped;
  if (statement.kind == dialect::ObjectKind::kTable && !statement.temporary) {
    if (auto found = catalog_->Resolve(statement.name)) dropped = *found;
  }
  FLOE_TRY_VOID(catalog_->Drop(statement));
  if (dropped && services_.on_drop) services_.on_drop(*dropped);
  return Ok();
}

/// Everything in it has its full name; a view's query also needs the catalog and database it was made in.
std::string Session::Prelude() const {
  // Always quoted: USE CATALOG and USE MODULES are statements of their own.
  auto quoted = [](const std::string& name) { return "`" + duckdb::StringUtil::Replace(name, "`", "``") + "`"; };
  auto use = [&](const std::string& catalog, const std::string& database) {
    return fmt::format("USE CATALOG {};\nUSE {};\n", quoted(catalog), quoted(database));
  };
  std::string tables;
  std::string views;
  for (const catalog::TablePtr& temporary : catalog_->Temporary()) {
    const bool view = temporary->kind == catalog::TableKind::kView;
    if (view) views += use(temporary->view_catalog, temporary->view_database);
    (view ? views : tables) += temporary->ToCreateSql() + ";\n";
  }
  return tables + views + use(catalog_->current_catalog(), catalog_->current_database());
}

}  // namespace floe::query
