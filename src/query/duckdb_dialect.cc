// SPDX-License-Identifier: Apache-2.0
#include "query/duckdb_dialect.h"

#include <utility>

#include <duckdb.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/subqueryref.hpp>

#include "duck/guard.h"

namespace floe::query {
namespace {

constexpr const char* kStateKey = "floe_tables";

struct Tables final : duckdb::ClientContextState {
  explicit Tables(TableFinder finder) : find(std::move(finder)) {}
  TableFinder find;
  std::optional<Error> missing;  ///< of the last name that was looked for
};

duckdb::unique_ptr<duckdb::TableRef> Replace(duckdb::ClientContext& context, duckdb::ReplacementScanInput& input,
                                             duckdb::optional_ptr<duckdb::ReplacementScanData>) {
  auto tables = context.registered_state->Get<Tables>(kStateKey);
  if (!tables) return nullptr;
  std::vector<std::string> name;
  for (const std::string* part : {&input.catalog_name, &input.schema_name, &input.table_name}) {
    if (!part->empty()) name.push_back(*part);
  }
  tables->missing.reset();
  auto sql = tables->find(name);
  if (!sql && sql.error().kind() == ErrorKind::kNotFound) {
    tables->missing = std::move(sql).error();
    return nullptr;
  }
  if (!sql) duck::Raise(std::move(sql).error());
  duckdb::Parser parser;
  parser.ParseQuery(*sql);
  auto select = duckdb::unique_ptr_cast<duckdb::SQLStatement, duckdb::SelectStatement>(std::move(parser.statements[0]));
  return duckdb::make_uniq<duckdb::SubqueryRef>(std::move(select), input.table_name);
}

}  // namespace

Status RegisterTableLookup(duckdb::DatabaseInstance& database) {
  return duck::Guard([&] { duckdb::DBConfig::GetConfig(database).replacement_scans.emplace_back(Replace); });
}

TableLookupScope::TableLookupScope(duckdb::Connection& connection, TableFinder find) : connection_(connection) {
  connection.context->registered_state->Insert(kStateKey, duckdb::make_shared_ptr<Tables>(std::move(find)));
}

TableLookupScope::~TableLookupScope() {
  connection_.context->registered_state->Remove(kStateKey);
}

std::optional<Error> TableLookupScope::missing() const {
  return connection_.context->registered_state->Get<Tables>(kStateKey)->missing;
}

Status CheckIsQuery(duckdb::Connection& connection, const std::string& text) {
  return duck::Guard([&]() -> Status {
    auto statements = connection.ExtractStatements(text);
    auto is_query = [](const duckdb::SQLStatement& statement) {
      return statement.type == duckdb::StatementType::SELECT_STATEMENT;
    };
    bool query = statements.size() == 1;
    if (query && statements[0]->type == duckdb::StatementType::EXPLAIN_STATEMENT) {
      // EXPLAIN ANALYZE runs what it explains.
      query = is_query(*statements[0]->Cast<duckdb::ExplainStatement>().stmt);
    } else if (query) {
      query = is_query(*statements[0]);
    }
    if (query) return {};
    return Fail(
        ErrorKind::kNotSupported,
        "with 'sql.dialect' = 'duckdb' only queries go to DuckDB; CREATE, INSERT and the like are Flink SQL (SET "
        "'sql.dialect' = 'flink')");
  });
}

}  // namespace floe::query
