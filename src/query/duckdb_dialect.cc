// SPDX-License-Identifier: Apache-2.0
#include "query/duckdb_dialect.h"

#include <utility>

#include <duckdb.hpp>
#include <duckdb/main/client_context_state.hpp>
#include <duckdb/main/config.hpp>
#include <duckdb/parser/expression/subquery_expression.hpp>
#include <duckdb/parser/parsed_expression_iterator.hpp>
#include <duckdb/parser/parser.hpp>
#include <duckdb/parser/statement/explain_statement.hpp>
#include <duckdb/parser/statement/select_statement.hpp>
#include <duckdb/parser/tableref/basetableref.hpp>
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

/// Whether a table is read AT a version or time: a replacement scan is not told.
bool NamesVersions(duckdb::QueryNode& node) {
  bool found = false;
  std::function<void(duckdb::unique_ptr<duckdb::ParsedExpression>&)> look_into =
      [&](duckdb::unique_ptr<duckdb::ParsedExpression>& expression) {
        if (expression->GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY)
          found |= NamesVersions(*expression->Cast<duckdb::SubqueryExpression>().subquery->node);
        duckdb::ParsedExpressionIterator::EnumerateChildren(*expression, look_into);
      };
  duckdb::ParsedExpressionIterator::EnumerateQueryNodeChildren(node, look_into, [&](duckdb::TableRef& table) {
    if (table.type == duckdb::TableReferenceType::BASE_TABLE)
      found |= table.Cast<duckdb::BaseTableRef>().at_clause != nullptr;
  });
  return found;
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
    duckdb::SQLStatement* statement = statements.size() == 1 ? statements[0].get() : nullptr;
    // EXPLAIN ANALYZE runs what it explains.
    if (statement != nullptr && statement->type == duckdb::StatementType::EXPLAIN_STATEMENT)
      statement = statement->Cast<duckdb::ExplainStatement>().stmt.get();
    if (statement != nullptr && statement->type == duckdb::StatementType::SELECT_STATEMENT) {
      if (!NamesVersions(*statement->Cast<duckdb::SelectStatement>().node)) return {};
      return Fail(
          ErrorKind::kNotSupported,
          "AT (VERSION => …) and AT (TIMESTAMP => …) are not supported; SET 'sql.dialect' = 'flink' and write FOR "
          "VERSION AS OF or FOR TIMESTAMP AS OF");
    }
    return Fail(
        ErrorKind::kNotSupported,
        "with 'sql.dialect' = 'duckdb' only queries go to DuckDB; CREATE, INSERT and the like are Flink SQL (SET "
        "'sql.dialect' = 'flink')");
  });
}

}  // namespace floe::query
