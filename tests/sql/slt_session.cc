// SPDX-License-Identifier: Apache-2.0
#include "slt_session.h"

#include <filesystem>

#include <fmt/format.h>

#include "base/result.h"
#include "query/batch_query.h"
#include "query/batch_scan.h"
#include "query/session_parts.h"
#include "sql/bind/kernels/kernels.h"
#include "sql/dialect/parser.h"
#include "sql/planner/duckdb_sql.h"

namespace floe::slt {
namespace {

namespace dialect = sql::dialect;
namespace catalog = sql::catalog;
namespace plan = sql::plan;

/// Rows of a batch query as text.
class Collecting final : public query::ResultConsumer {
 public:
  Status OnSchema(const data::Schema&, bool, bool) override { return {}; }
  Status OnRows(const data::Batch& batch) override {
    for (duckdb::idx_t row = 0; row < batch.size(); ++row) lines.push_back(RowText(batch, row));
    return {};
  }
  void OnProgress(double) override {}
  void OnWarning(const std::string&) override {}
  bool Cancelled() const override { return false; }
  std::vector<std::string> lines;
};

Rows TextRows(const std::vector<std::vector<std::string>>& table) {
  Rows rows;
  for (const auto& cells : table) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) line += (i == 0 ? "" : "|") + CellText(duckdb::Value(cells[i]));
    rows.lines.push_back(std::move(line));
  }
  return rows;
}

Result<Rows> Done(Status status) {
  if (!status) return Fail(std::move(status).error());
  return Rows{};
}

}  // namespace

Engine::Engine()
    : duck({.threads = 1,
            .on_open =
                [this](duckdb::DatabaseInstance& database) { return sql::bind::RegisterKernels(database, clock); }}),
      scans(duck) {}

Result<std::unique_ptr<Session>> Session::Make(Engine& engine, const std::string& directory) {
  std::unique_ptr<Session> session(new Session(engine));
  engine.clock.JumpWall(std::chrono::microseconds(kStart.value() - engine.clock.WallNow().value()));
  FLOE_TRY(session->catalogs_, catalog::CatalogManager::Open(nullptr));
  session->names_ = std::make_unique<catalog::SessionCatalog>(*session->catalogs_);
  FLOE_TRY(session->meta_, meta::Store::Open(directory + "/meta.db"));
  FLOE_TRY_VOID(stream::CheckpointStore::Migrate(*session->meta_));
  auto feed = std::make_unique<FeedConnector>();
  session->tables_ = feed.get();
  session->connectors_.Add(std::move(feed));
  session->services_.reset(new stream::Services{engine.duck, session->connectors_, *session->meta_,
                                                io::LocalFileSystem(), engine.clock, session->side_.Factory(),
                                                directory + "/checkpoints"});
  return session;
}

Session::~Session() = default;

Result<catalog::TablePtr> Session::Find(const std::string& table) const {
  dialect::ObjectName name;
  name.parts.push_back({.text = table});
  return names_->Resolve(name);
}

sql::planner::Planner Session::MakePlanner(const std::string& mode) const {
  std::map<std::string, std::string> settings = settings_;
  settings["execution.runtime-mode"] = mode;
  return sql::planner::Planner({.tables = sql::planner::LookupIn(*names_),
                                .connectors = &connectors_,
                                .format_options = {},
                                .settings = std::move(settings),
                                .clock = &engine_.clock});
}

/// One overload for each statement that files use.
struct Session::Visitor {
  Session& session;
  const dialect::Statement& statement;

  using R = Result<Rows>;
  R operator()(const dialect::QueryStatement&) const {
    FLOE_TRY(plan::Program program, session.MakePlanner("batch").Plan(statement));
    return session.RunBatch(program.query);
  }
  R operator()(const dialect::Insert&) const { return Planned(); }
  R operator()(const dialect::StatementSet&) const { return Planned(); }
  R operator()(const dialect::CreateTable& s) const { return session.CreateTable(s); }
  R operator()(const dialect::CreateView& s) const { return session.CreateView(s); }
  R operator()(const dialect::CreateCatalog& s) const { return Done(session.names_->CreateCatalog(s)); }
  R operator()(const dialect::CreateDatabase& s) const { return Done(session.names_->CreateDatabase(s)); }
  R operator()(const dialect::Drop& s) const { return Done(session.names_->Drop(s)); }
  R operator()(const dialect::AlterTable& s) const { return session.AlterTable(s); }
  R operator()(const dialect::AlterOptions& s) const { return Done(session.names_->AlterOptions(s)); }
  R operator()(const dialect::AlterView& s) const {
    if (!s.as_query) return Done(session.names_->AlterView(s));
    FLOE_TRY(catalog::ViewQuery query, session.MakePlanner("batch").Expand(*s.as_query));
    return Done(session.names_->AlterView(s, &query));
  }
  R operator()(const dialect::Use& s) const { return Done(session.names_->Use(s)); }
  R operator()(const dialect::Show& s) const {
    if (s.kind == dialect::ShowKind::kColumns)
      return session.Describe({.kind = dialect::ObjectKind::kTable, .name = s.in});
    FLOE_TRY(catalog::TextTable table, session.names_->Show(s));
    return TextRows(table.rows);
  }
  R operator()(const dialect::Describe& s) const { return session.Describe(s); }
  R operator()(const dialect::Set& s) const { return session.Set(s); }
  R operator()(const dialect::Reset& s) const {
    if (s.key.empty()) session.settings_.clear();
    session.settings_.erase(s.key);
    return Rows{};
  }
  template <typename Other>
  R operator()(const Other&) const {
    return Fail(ErrorKind::kNotSupported, "a logic file cannot run this statement");
  }

  /// An INSERT in a statement directive is planned and not run.
  R Planned() const {
    FLOE_TRY(plan::Program program, session.MakePlanner("streaming").Plan(statement));
    return Rows{};
  }
};

Result<Rows> Session::Execute(const std::string& sql) {
  FLOE_TRY(dialect::Statement statement, dialect::ParseStatement(sql));
  return std::visit(Visitor{*this, statement}, statement.node);
}

Result<Rows> Session::CreateTable(const dialect::CreateTable& statement) {
  FLOE_TRY(catalog::CatalogTable table, names_->Prepare(statement));
  FLOE_TRY_VOID(MakePlanner("streaming").Check(table, sql::planner::WrittenOf(statement)));
  return Done(
      names_->Store(std::move(table), statement.or_replace, statement.if_not_exists, statement.name.span.position));
}

Result<Rows> Session::AlterTable(const dialect::AlterTable& statement) {
  auto before = names_->Resolve(statement.name);
  if (before && !std::holds_alternative<dialect::RenameTable>(statement.action)) {
    auto after = catalog::AlterTable(**before, statement);
    if (after) FLOE_TRY_VOID(MakePlanner("streaming").CheckAltered(*after, sql::planner::WrittenOf(statement)));
  }
  return Done(names_->AlterTable(statement));
}

Result<Rows> Session::CreateView(const dialect::CreateView& statement) {
  FLOE_TRY(catalog::ViewQuery query, MakePlanner("batch").Expand(statement.query));
  FLOE_TRY_VOID(names_->CreateView(statement, &query));
  FLOE_TRY(catalog::TablePtr made, names_->Resolve(statement.name));
  Status checked = MakePlanner("batch").Check(*made);
  if (checked) return Rows{};
  FLOE_TRY_VOID(names_->Drop({.kind = dialect::ObjectKind::kView,
                              .name = statement.name,
                              .temporary = statement.temporary,
                              .if_exists = true}));
  return Done(std::move(checked));
}

Result<Rows> Session::Describe(const dialect::Describe& statement) {
  if (statement.kind != dialect::ObjectKind::kTable && statement.kind != dialect::ObjectKind::kView) {
    FLOE_TRY(catalog::TextTable table, names_->Describe(statement));
    return TextRows(table.rows);
  }
  FLOE_TRY(catalog::TablePtr table, names_->Resolve(statement.name));
  FLOE_TRY(data::Schema schema, MakePlanner("streaming").SchemaOf(*table));
  return TextRows(query::DescribeRows(*table, schema));
}

Result<Rows> Session::Set(const dialect::Set& statement) {
  if (statement.option) {
    settings_[statement.option->key] = statement.option->value;
    return Rows{};
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, value] : settings_) rows.push_back({key, value});
  return TextRows(rows);
}

Result<plan::Program> Session::PlanStream(const std::string& sql) const {
  FLOE_TRY(dialect::Statement statement, dialect::ParseStatement(sql));
  FLOE_TRY(plan::Program program, MakePlanner("streaming").Plan(statement));
  if (!program.query) return program;
  plan::SinkWrite write;
  write.table = {.catalog = "default_catalog",
                 .database = "default_database",
                 .name = "result",
                 .physical = program.query->schema,
                 .connector = "feed"};
  write.input = program.query;
  program.sinks.push_back(
      std::make_shared<const plan::Node>(plan::Node{.op = std::move(write), .position = program.query->position}));
  program.query = nullptr;
  return program;
}

Result<Rows> Session::RunBatch(const plan::NodePtr& node) {
  std::vector<query::ScanHandle> handles;
  auto skipped = std::make_shared<query::SkippedRecords>();
  FLOE_TRY(std::string sql, sql::planner::ToDuckDBSql(node, [&](const plan::Scan& scan) -> Result<std::string> {
             FLOE_TRY(connect::Connector * connector, connectors_.Find(scan.table.connector));
             FLOE_TRY(query::ScanSource source, query::BoundedScan(scan, *connector, skipped));
             FLOE_TRY(query::ScanHandle handle, engine_.scans.Add(std::move(source)));
             std::string relation = handle.Relation();
             handles.push_back(std::move(handle));
             return relation;
           }));
  Collecting collecting;
  FLOE_TRY_VOID(query::RunDuckDB(engine_.duck, sql, &node->schema, collecting));
  Rows rows{.lines = std::move(collecting.lines)};
  for (const data::Field& field : node->schema.fields) rows.types.push_back(field.type.ToString());
  return rows;
}

Result<std::vector<std::pair<std::string, Rows>>> Session::Batch(const std::string& sql) {
  FLOE_TRY(dialect::Statement statement, dialect::ParseStatement(sql));
  FLOE_TRY(plan::Program program, MakePlanner("batch").Plan(statement));
  std::vector<std::pair<std::string, Rows>> answers;
  if (program.query) {
    FLOE_TRY(Rows rows, RunBatch(program.query));
    answers.emplace_back("result", std::move(rows));
  }
  for (const plan::NodePtr& sink : program.sinks) {
    const auto& write = std::get<plan::SinkWrite>(sink->op);
    FLOE_TRY(Rows rows, RunBatch(write.input));
    answers.emplace_back(write.table.name, std::move(rows));
  }
  return answers;
}

Result<std::string> Session::Explain(const std::string& sql) const {
  FLOE_TRY(dialect::Statement statement, dialect::ParseStatement(sql));
  FLOE_TRY(plan::Program program, MakePlanner("streaming").Plan(statement));
  return sql::planner::Explain(program);
}

}  // namespace floe::slt
