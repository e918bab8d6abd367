// SPDX-License-Identifier: Apache-2.0
#include "sql/planner/planner_testing.h"

#include <duckdb.hpp>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sql/bind/kernels/kernels.h"
#include "sql/dialect/parser.h"
#include "sql/planner/duckdb_sql.h"

namespace floe::sql::planner {
namespace {

class Fake final : public connect::Connector {
 public:
  Fake(std::string name, bool sink) {
    descriptor_.name = std::move(name);
    descriptor_.source = true;
    descriptor_.sink = sink;
  }
  const connect::ConnectorDescriptor& descriptor() const override { return descriptor_; }
  Result<std::unique_ptr<connect::SourceReader>> OpenSource(connect::ScanRequest) override {
    return Fail(ErrorKind::kNotSupported, "");
  }
  Result<std::unique_ptr<connect::Sink>> OpenSink(connect::SinkRequest) override {
    return Fail(ErrorKind::kNotSupported, "");
  }

 private:
  connect::ConnectorDescriptor descriptor_;
};

std::string ErrorText(const Error& error) {
  TextPosition at = error.position().value_or(TextPosition{});
  return fmt::format("{}:{} {}", at.line, at.column, error.message());
}

}  // namespace

TestPlanner::TestPlanner() {
  connectors_.Add(std::make_unique<Fake>("fake", true));
  connectors_.Add(std::make_unique<Fake>("source", false));
  connectors_.Add(std::make_unique<Fake>("iceberg", true));
}

void TestPlanner::Create(const std::string& sql) {
  auto statement = dialect::ParseStatement(sql);
  ASSERT_TRUE(statement) << statement.error().ToString();
  catalog::CatalogTable table;
  if (const auto* view = statement->As<dialect::CreateView>()) {
    table.kind = catalog::TableKind::kView;
    table.path = {"default_catalog", "default_database", view->name.parts.back().text};
    table.view_query = view->query_span.In(sql);
  } else {
    const auto* create = statement->As<dialect::CreateTable>();
    auto made = catalog::MakeTable(*create, {"default_catalog", "default_database", create->name.parts.back().text});
    ASSERT_TRUE(made) << made.error().ToString();
    table = std::move(*made);
  }
  tables[table.path.name] = std::make_shared<const catalog::CatalogTable>(table);
}

Planner TestPlanner::planner() const {
  PlannerOptions options;
  options.tables = [this](const dialect::ObjectName& name, const std::string&,
                          const std::string&) -> Result<catalog::TablePtr> {
    auto found = tables.find(name.parts.back().text);
    if (found == tables.end()) return Fail(ErrorKind::kNotFound, "there is no table " + name.ToString());
    return found->second;
  };
  options.connectors = &connectors_;
  options.settings = settings;
  options.clock = const_cast<ManualClock*>(&clock_);
  options.time_of = [this](const plan::Expression& expression) -> Result<std::optional<std::int64_t>> {
    duckdb::DuckDB database(nullptr);
    EXPECT_TRUE(bind::RegisterKernels(*database.instance, *const_cast<ManualClock*>(&clock_)));
    duckdb::Connection connection(database);
    auto result = connection.Query("SELECT epoch_us(" + ToDuckDBSql(expression, {}) + ")");
    if (result->HasError()) return Fail(ErrorKind::kInvalidInput, result->GetErrorObject().RawMessage());
    const duckdb::Value micros = result->GetValue(0, 0);
    return micros.IsNull() ? std::nullopt : std::optional(micros.GetValue<std::int64_t>());
  };
  return Planner(std::move(options));
}

Result<plan::Program> TestPlanner::Plan(const std::string& sql) const {
  FLOE_TRY(dialect::Statement statement, dialect::ParseStatement(sql));
  return planner().Plan(statement);
}

std::string TestPlanner::Text(const std::string& sql) const {
  auto program = Plan(sql);
  return program ? Explain(*program) : ErrorText(program.error());
}

std::string TestPlanner::Rows(const std::string& sql) const {
  auto program = Plan(sql);
  if (!program) return ErrorText(program.error());
  plan::NodePtr root = program->query != nullptr ? program->query : program->sinks[0];
  auto text = ToDuckDBSql(root, [&](const plan::Scan& scan) -> Result<std::string> {
    std::string columns;
    for (int column : scan.columns) {
      columns += (columns.empty() ? "" : ", ") + scan.table.physical.fields[static_cast<std::size_t>(column)].name;
    }
    return "(SELECT " + columns + " FROM (" + relations.at(scan.table.name) + "))";
  });
  if (!text) return ErrorText(text.error());
  duckdb::DuckDB database(nullptr);
  EXPECT_TRUE(bind::RegisterKernels(*database.instance, *const_cast<ManualClock*>(&clock_)));
  duckdb::Connection connection(database);
  connection.Query("SET TimeZone = 'UTC'");
  auto result = connection.Query(*text);
  if (result->HasError()) return result->GetError().substr(0, result->GetError().find('\n')) + "\n" + *text;
  std::string rows;
  for (duckdb::idx_t row = 0; row < result->RowCount(); ++row) {
    for (duckdb::idx_t column = 0; column < result->ColumnCount(); ++column) {
      rows += (column > 0 ? "|" : "") + result->GetValue(column, row).ToString();
    }
    rows += row + 1 < result->RowCount() ? "\n" : "";
  }
  return rows;
}

}  // namespace floe::sql::planner
