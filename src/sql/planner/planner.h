// SPDX-License-Identifier: Apache-2.0
// From statements to plans: names resolved, types inferred, rules applied, changelog modes known.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "sql/catalog/table.h"
#include "sql/dialect/statement.h"
#include "sql/plan/node.h"
#include "sql/planner/written.h"

namespace floe::sql::catalog {
class SessionCatalog;
}

namespace floe::sql::planner {

/// Finds a table or view. `catalog` and `database` complete a short name; empty means the session's own.
using TableLookup = std::function<Result<catalog::TablePtr>(const dialect::ObjectName& name, const std::string& catalog,
                                                            const std::string& database)>;
/// Over a session's catalogs; the session outlives it. With `made` as if it were stored already.
TableLookup LookupIn(const catalog::SessionCatalog& session, catalog::TablePtr made = nullptr);

/// Microseconds of an expression without columns that is a TIMESTAMP or TIMESTAMP_LTZ; nullopt: NULL.
using TimeOf = std::function<Result<std::optional<std::int64_t>>(const plan::Expression& expression)>;

struct PlannerOptions {
  TableLookup tables;
  const connect::ConnectorRegistry* connectors = nullptr;  ///< never null
  std::vector<connect::OptionSpec> format_options;         ///< what CheckOptions accepts besides the connector's own
  std::map<std::string, std::string> settings;             ///< SET values
  Clock* clock = &SystemClock();
  TimeOf time_of;  ///< for FOR ... AS OF; empty: it takes literals in zones of fixed offset only
};

/// Settings with a meaning here: execution.runtime-mode, table.local-time-zone (UTC unless set),
/// table.exec.source.idle-timeout, table.exec.sink.not-null-enforcer. Stateless and cheap to make; use one per
/// statement.
class Planner {
 public:
  explicit Planner(PlannerOptions options) : options_(std::move(options)) {}

  /// A query, INSERT or statement set. Errors are kInvalidInput, kNotFound or kNotSupported, positioned in the
  /// statement's text.
  Result<plan::Program> Plan(const dialect::Statement& statement) const;
  Result<plan::Program> Plan(const dialect::Query& query) const;
  /// A view's query with all that its names mean today: `*` as columns, columns by their tables.
  Result<catalog::ViewQuery> Expand(const dialect::Query& query) const;
  /// All inserts as one job: a table that several of them read is scanned once.
  Result<plan::Program> Plan(const std::vector<const dialect::Insert*>& inserts) const;

  /// A stored table as queries see it: computed columns with their types, time attributes set. Of a view: its query's
  /// columns.
  Result<data::Schema> SchemaOf(const catalog::CatalogTable& table) const;
  /// What CREATE TABLE must still check once the catalog has made the table: the connector exists and takes the
  /// options, computed columns and the watermark bind, the watermark column is TIMESTAMP(0..3) or TIMESTAMP_LTZ(0..3).
  /// Of a view: its query plans. With `written` errors stand where the statement has what they are about.
  Status Check(const catalog::CatalogTable& table, const Written& written = {}) const;
  /// The same for a table that ALTER changes: options that were stored without a check stay as they are.
  Status CheckAltered(const catalog::CatalogTable& table, const Written& written) const;

 private:
  Status CheckTable(const catalog::CatalogTable& table, const connect::TableDefinition& definition,
                    const Written& written) const;

  PlannerOptions options_;
};

/// What the connector gets: physical and metadata columns, keys, options without 'connector'.
connect::TableDefinition DefinitionOf(const catalog::CatalogTable& table);

/// One line per node, inputs indented; with columns, predicates and windows, and each edge's changelog mode.
std::string Explain(const plan::Program& program);
std::string Explain(const plan::NodePtr& node);

}  // namespace floe::sql::planner
