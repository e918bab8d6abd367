// SPDX-License-Identifier: Apache-2.0
#include "query/session.h"

#include <algorithm>
#include <iterator>

#include <duckdb.hpp>
#include <fmt/format.h>

#include "base/result.h"
#include "connect/iceberg/iceberg_connector.h"
#include "duck/guard.h"
#include "query/batch_query.h"
#include "query/local_time.h"
#include "query/session_parts.h"
#include "query/session_settings.h"
#include "sql/bind/aggregates.h"
#include "sql/bind/functions.h"
#include "sql/bind/zone.h"
#include "sql/dialect/parser.h"
#include "sql/dialect/unparser.h"
#include "sql/planner/duckdb_sql.h"

namespace floe::query {
namespace {

namespace dialect = sql::dialect;
namespace catalog = sql::catalog;

Result<StatementResult> Done(Status status, std::string message = "OK") {
  if (!status) return Fail(std::move(status).error());
  return StatementResult{.message = std::move(message), .job_id = {}};
}

std::unexpected<Error> NotBuilt(const std::string& what, const dialect::Span& span) {
  return Fail(
      Error(ErrorKind::kNotSupported, what + " is not supported yet (docs/status.md)").WithPosition(span.position));
}

/// What answers SHOW PARTITIONS. kFailedPrecondition for tables that have none.
Result<std::string> PartitionsQuery(const catalog::CatalogTable& table) {
  if (table.connector() != "iceberg") {
    return Fail(ErrorKind::kFailedPrecondition,
                fmt::format("{} is no Iceberg table: only those have partitions to show", table.path.ToString()));
  }
  const auto name = connect::IcebergTableOf(table.options, table.path.database, table.path.name);
  // Of a table without partitions there is none to show.
  return fmt::format(
      "SELECT `partition` AS `partition name`, record_count, file_count FROM `iceberg`.`{}`.`{}$partitions` "
      "WHERE `partition` <> ''",
      name.database, name.table);
}

}  // namespace

Status SendText(ResultConsumer& consumer, const std::vector<std::string>& columns,
                const std::vector<std::vector<std::string>>& rows) {
  data::Schema schema;
  duckdb::vector<duckdb::LogicalType> types;
  for (const std::string& column : columns) {
    schema.fields.push_back({column, data::Type::String(), {}, {}});
    types.emplace_back(duckdb::LogicalTypeId::VARCHAR);
  }
  FLOE_TRY_VOID(consumer.OnSchema(schema, false, false));
  for (std::size_t begin = 0; begin < rows.size(); begin += STANDARD_VECTOR_SIZE) {
    std::size_t count = std::min<std::size_t>(rows.size() - begin, STANDARD_VECTOR_SIZE);
    data::Batch batch;
    batch.rows.Initialize(duckdb::Allocator::DefaultAllocator(), types);
    for (std::size_t row = 0; row < count; ++row) {
      for (std::size_t column = 0; column < columns.size(); ++column)
        batch.rows.SetValue(column, row, duckdb::Value(rows[begin + row][column]));
    }
    batch.rows.SetCardinality(count);
    FLOE_TRY_VOID(consumer.OnRows(batch));
  }
  return {};
}

Session::Session(SessionServices services)
    : services_(std::move(services)), catalog_(std::make_unique<catalog::SessionCatalog>(services_.catalogs)) {}

bool Session::Is(const std::string& key, const std::string& value) const {
  auto found = settings_.find(key);
  if (found == settings_.end()) return false;
  return std::equal(value.begin(), value.end(), found->second.begin(), found->second.end(),
                    [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); });
}

sql::planner::Planner Session::MakePlanner(const std::string& mode) const {
  return MakePlanner(mode, sql::planner::LookupIn(*catalog_));
}

sql::planner::Planner Session::MakePlanner(const std::string& mode, sql::planner::TableLookup tables) const {
  std::map<std::string, std::string> settings = settings_;
  settings["execution.runtime-mode"] = mode;
  if (used_ != nullptr) {
    tables = [inner = std::move(tables), used = used_](const dialect::ObjectName& name, const std::string& catalog,
                                                       const std::string& database) {
      auto found = inner(name, catalog, database);
      if (found && !(*found)->temporary) used->insert((*found)->path);
      return found;
    };
  }
  return sql::planner::Planner({.tables = std::move(tables),
                                .connectors = &services_.connectors,
                                .format_options = services_.format_options,
                                .settings = std::move(settings),
                                .time_of = [this](const sql::plan::Expression& e) { return TimeOf(e); }});
}

Result<std::optional<std::int64_t>> Session::TimeOf(const sql::plan::Expression& expression) const {
  FLOE_TRY(auto connection, services_.duckdb.Connect());
  return duck::Guard([&]() -> std::optional<std::int64_t> {
    auto result = connection->Query("SELECT epoch_us(" + sql::planner::ToDuckDBSql(expression, {}) + ")");
    if (result->HasError()) result->ThrowError();
    const duckdb::Value micros = result->GetValue(0, 0);
    if (micros.IsNull()) return std::nullopt;
    return micros.GetValue<std::int64_t>();
  });
}

/// One overload per statement; the names of statements are the dialect's.
struct Session::Visitor {
  Session& session;
  const dialect::Statement& statement;
  const std::string& text;
  ResultConsumer& consumer;

  using R = Result<StatementResult>;
  catalog::SessionCatalog& names() const { return *session.catalog_; }

  R operator()(const dialect::QueryStatement&) const { return session.Select(statement, consumer); }
  R operator()(const dialect::Insert&) const { return session.Insert(statement, text, consumer); }
  R operator()(const dialect::StatementSet&) const { return session.Insert(statement, text, consumer); }
  R operator()(const dialect::CreateTable& s) const { return session.CreateTable(s, text, consumer); }
  R operator()(const dialect::CreateView& s) const { return session.CreateView(s); }
  R operator()(const dialect::CreateCatalog& s) const { return Done(names().CreateCatalog(s)); }
  R operator()(const dialect::CreateDatabase& s) const {
    dialect::CreateDatabase create = s;
    create.if_not_exists = s.if_not_exists || session.Is(stream::kForegroundSetting, "true");
    return Done(names().CreateDatabase(create));
  }
  R operator()(const dialect::CreateFunction&) const { return NotBuilt("CREATE FUNCTION", statement.span); }
  R operator()(const dialect::Drop& s) const { return session.Drop(s); }
  R operator()(const dialect::AlterTable& s) const { return session.AlterTable(s); }
  R operator()(const dialect::AlterOptions& s) const { return Done(names().AlterOptions(s)); }
  R operator()(const dialect::AlterView& s) const { return session.AlterView(s); }
  R operator()(const dialect::Show& s) const { return session.Show(s, consumer); }
  R operator()(const dialect::Describe& s) const { return session.Describe(s, consumer); }
  R operator()(const dialect::DescribeJob& s) const {
    FLOE_TRY(auto status, session.services_.jobs.Show(s.job_id));
    FLOE_TRY_VOID(SendText(consumer, {"job id", "job name", "status"},
                           {{status.job.id, status.job.name, std::string(stream::ToString(status.state))}}));
    return StatementResult{};
  }
  R operator()(const dialect::Use& s) const { return Done(names().Use(s)); }
  R operator()(const dialect::Set& s) const { return session.Set(s, consumer); }
  R operator()(const dialect::Reset& s) const { return session.Reset(s, statement.span.position); }
  R operator()(const dialect::Explain& s) const { return session.Explain(s); }
  R operator()(const dialect::StopJob& s) const { return Done(session.services_.jobs.Stop(s.job_id)); }
  R operator()(const dialect::Delete&) const { return NotBuilt("DELETE", statement.span); }
  R operator()(const dialect::Update&) const { return NotBuilt("UPDATE", statement.span); }
  R operator()(const dialect::Merge&) const { return NotBuilt("MERGE", statement.span); }
  R operator()(const dialect::Truncate&) const { return NotBuilt("TRUNCATE", statement.span); }
  R operator()(const dialect::CallProcedure&) const { return NotBuilt("CALL", statement.span); }
  R operator()(const dialect::Jar&) const {
    consumer.OnWarning("jars have no meaning here: connectors and formats are built in");
    return Done({});
  }
  R operator()(const dialect::Module&) const { return NotBuilt("changing modules", statement.span); }
  R operator()(const dialect::ShellCommand& s) const {
    return Fail(Error(ErrorKind::kInvalidInput, s.word + " is a command of the shell, not a statement")
                    .WithPosition(statement.span.position));
  }
};

Result<StatementResult> Session::Execute(const std::string& text, ResultConsumer& consumer) {
  auto statement = dialect::ParseStatement(text);
  if (Is("sql.dialect", "duckdb")) {
    // Queries are DuckDB's, and so is what only DuckDB can read; everything else stays Flink SQL.
    const auto* explain = statement ? statement->As<dialect::Explain>() : nullptr;
    const bool query = !statement || statement->As<dialect::QueryStatement>() != nullptr ||
                       (explain != nullptr && explain->statement->As<dialect::QueryStatement>() != nullptr);
    if (query) return DuckDBDialect(text, consumer);
  }
  if (!statement) return Fail(std::move(statement).error());
  return std::visit(Visitor{*this, *statement, text, consumer}, statement->node);
}

Result<StatementResult> Session::Select(const dialect::Statement& statement, ResultConsumer& consumer) {
  bool streaming = Is("execution.runtime-mode", "streaming");
  FLOE_TRY(sql::plan::Program program, MakePlanner(streaming ? "streaming" : "batch").Plan(statement));
  LocalTimes shown(services_.duckdb, sql::bind::ZoneOf(settings_), consumer);
  if (streaming) {
    FLOE_TRY_VOID(RunStreaming(std::move(program), shown));
  } else {
    FLOE_TRY_VOID(RunBatch(program.query, shown));
  }
  return StatementResult{};
}

Result<StatementResult> Session::Show(const dialect::Show& statement, ResultConsumer& consumer) {
  if (statement.kind == dialect::ShowKind::kJobs) {
    std::vector<std::vector<std::string>> rows;
    for (const auto& status : services_.jobs.List()) {
      rows.push_back({status.job.id, status.job.name, std::string(stream::ToString(status.state)),
                      FormatTime(status.job.created_ms)});
    }
    FLOE_TRY_VOID(SendText(consumer, {"job id", "job name", "status", "start time"}, rows));
    return StatementResult{};
  }
  if (statement.kind == dialect::ShowKind::kFunctions) {
    std::vector<std::string> names = sql::bind::FunctionNames();
    std::ranges::copy(sql::bind::AggregateNames(), std::back_inserter(names));
    std::ranges::sort(names);
    std::vector<std::vector<std::string>> rows;
    for (std::string& name : names) {
      // All are built in: SHOW USER FUNCTIONS has none to list.
      if (!statement.user && catalog::ShowMatches(statement, name)) rows.push_back({std::move(name)});
    }
    FLOE_TRY_VOID(SendText(consumer, {"function name"}, rows));
    return StatementResult{};
  }
  if (statement.kind == dialect::ShowKind::kModules) {
    FLOE_TRY_VOID(statement.full ? SendText(consumer, {"module name", "used"}, {{"core", "TRUE"}})
                                 : SendText(consumer, {"module name"}, {{"core"}}));
    return StatementResult{};
  }
  if (statement.kind == dialect::ShowKind::kPartitions) {
    FLOE_TRY(catalog::TablePtr table, catalog_->Resolve(statement.in));
    FLOE_TRY(std::string query, PartitionsQuery(*table));
    FLOE_TRY(dialect::Statement select, dialect::ParseStatement(query));
    return Select(select, consumer);
  }
  if (statement.kind == dialect::ShowKind::kColumns) return ShowColumns(statement, consumer);
  FLOE_TRY(catalog::TextTable table, catalog_->Show(statement));
  FLOE_TRY_VOID(SendText(consumer, table.columns, table.rows));
  return StatementResult{};
}

Result<StatementResult> Session::Describe(const dialect::Describe& statement, ResultConsumer& consumer) {
  if (statement.kind != dialect::ObjectKind::kTable && statement.kind != dialect::ObjectKind::kView) {
    FLOE_TRY(catalog::TextTable table, catalog_->Describe(statement));
    FLOE_TRY_VOID(SendText(consumer, table.columns, table.rows));
    return StatementResult{};
  }
  return ShowColumns({.kind = dialect::ShowKind::kColumns, .in = statement.name}, consumer);
}

Result<StatementResult> Session::ShowColumns(const dialect::Show& statement, ResultConsumer& consumer) {
  FLOE_TRY(catalog::TablePtr table, catalog_->Resolve(statement.in));
  FLOE_TRY(data::Schema schema, MakePlanner("streaming").SchemaOf(*table));
  auto rows = DescribeRows(*table, schema);
  std::erase_if(rows, [&](const auto& row) { return !catalog::ShowMatches(statement, row[0]); });
  std::vector<std::string> columns = {"name", "type", "null", "key", "extras", "watermark"};
  if (HasComments(*table)) columns.emplace_back("comment");
  FLOE_TRY_VOID(SendText(consumer, columns, rows));
  return StatementResult{};
}

Status Session::CheckZone(const std::string& zone) const {
  if (sql::bind::FixedOffsetMs(sql::bind::ZoneNamed(zone))) return {};
  FLOE_TRY(auto connection, services_.duckdb.Connect());
  return duck::Guard([&]() -> Status {
    auto result = connection->Query("SET TimeZone = " + duckdb::KeywordHelper::WriteQuoted(zone));
    if (!result->HasError()) return {};
    return Fail(
        ErrorKind::kInvalidInput,
        fmt::format("'table.local-time-zone' = '{}' is no time zone; write UTC, Europe/Berlin or GMT+02:00", zone));
  });
}

Result<StatementResult> Session::Set(const dialect::Set& statement, ResultConsumer& consumer) {
  if (statement.option) {
    const auto& [key, value, key_span, value_span] = *statement.option;
    auto ignored = CheckSetting(key, value);
    if (!ignored) return Fail(std::move(ignored).error().WithPosition(key_span.position));
    if (*ignored) consumer.OnWarning("'" + key + "' is Flink's and changes nothing here");
    if (key == "table.local-time-zone") {
      if (Status zone = CheckZone(value); !zone) return Fail(std::move(zone).error().WithPosition(value_span.position));
    }
    settings_[key] = value;
    return StatementResult{.message = "OK", .job_id = {}};
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, value] : settings_) rows.push_back({key, value});
  FLOE_TRY_VOID(SendText(consumer, {"key", "value"}, rows));
  return StatementResult{};
}

Result<StatementResult> Session::Reset(const dialect::Reset& statement, TextPosition position) {
  if (statement.key.empty()) {
    settings_.clear();
  } else if (settings_.erase(statement.key) == 0 &&
             std::ranges::find(KnownSettings(), statement.key) == KnownSettings().end()) {
    auto checked = CheckSetting(statement.key, "");
    if (!checked) return Fail(std::move(checked).error().WithPosition(position));
  }
  return StatementResult{.message = "OK", .job_id = {}};
}

Result<StatementResult> Session::Explain(const dialect::Explain& statement) {
  const dialect::Statement& inner = *statement.statement;
  bool query = inner.As<dialect::QueryStatement>() != nullptr;
  bool streaming = !query || Is("execution.runtime-mode", "streaming");
  FLOE_TRY(sql::plan::Program program, MakePlanner(streaming ? "streaming" : "batch").Plan(inner));
  return StatementResult{.message = sql::planner::Explain(program), .job_id = {}};
}

std::string JobName(const std::map<std::string, std::string>& settings, const sql::plan::Program& program) {
  auto named = settings.find("pipeline.name");
  if (named != settings.end() && !named->second.empty()) return named->second;
  std::string name = "insert-into";
  for (const auto& sink : program.sinks) {
    const auto& table = std::get<sql::plan::SinkWrite>(sink->op).table;
    name += "_" + table.catalog + "." + table.database + "." + table.name;
  }
  return name;
}

Result<StatementResult> Session::Insert(const dialect::Statement& statement, const std::string& text,
                                        ResultConsumer& consumer) {
  bool batch = Is("execution.runtime-mode", "batch");
  // Tables that DuckDB reads by itself end: without a word on the mode such an INSERT is done when it returns.
  if (!settings_.contains("execution.runtime-mode")) {
    auto bounded = MakePlanner("batch").Plan(statement);
    batch = bounded && std::ranges::all_of(bounded->sinks, [&](const auto& sink) {
              return std::ranges::all_of(ScansOf(sink), [&](const sql::plan::Scan* scan) {
                return services_.native_scans.contains(scan->table.connector);
              });
            });
  }
  FLOE_TRY(sql::plan::Program program, MakePlanner(batch ? "batch" : "streaming").Plan(statement));
  const bool prints = std::ranges::any_of(program.sinks, [](const auto& sink) {
    return std::get<sql::plan::SinkWrite>(sink->op).table.connector == "print";
  });
  if (batch || ReadsNoTable(program)) {
    FLOE_TRY(std::int64_t rows, RunBatchInsert(program, consumer));
    return StatementResult{.message = fmt::format("{} {} written.", rows, rows == 1 ? "row" : "rows"),
                           .job_id = {},
                           .written = rows,
                           .prints = prints};
  }
  FLOE_TRY(stream::Submission job, services_.submit(NameFor(program, text), Prelude() + text, settings_));
  StatementResult result{.message = "The job runs; SHOW JOBS lists it.",
                         .job_id = std::move(job.id),
                         .resumed = job.resumed,
                         .prints = prints};
  if (result.resumed) {
    FLOE_TRY(stream::JobStatus status, services_.jobs.Show(result.job_id));
    const auto& last = status.task.last_checkpoint;
    result.message =
        fmt::format("Job '{}' goes on {}.", status.job.name,
                    last ? fmt::format("from checkpoint {}, taken {}", last->id.value(), FormatTime(last->completed_ms))
                         : "from its start: it had no checkpoint yet");
  }
  return result;
}

std::string Session::NameFor(const sql::plan::Program& program, const std::string& text) {
  std::string name = JobName(settings_, program);
  if (!settings_.contains("pipeline.name")) return name;
  std::vector<std::string>& texts = named_[name];
  auto known = std::ranges::find(texts, text);
  const auto number = std::distance(texts.begin(), known) + 1;
  if (known == texts.end()) texts.push_back(text);
  return number == 1 ? name : fmt::format("{}-{}", name, number);
}

Result<sql::plan::Program> Session::PlanProgram(const SessionServices& services, const std::string& program,
                                                const std::map<std::string, std::string>& settings,
                                                std::set<catalog::ObjectPath>* used) {
  Session session(services);
  session.settings_ = settings;
  session.used_ = used;
  session.replays_ = true;
  for (const auto& part : dialect::SplitScript(program)) {
    std::string text(part.span.In(program));
    FLOE_TRY(dialect::Statement statement, dialect::ParseStatement(text));
    if (statement.As<dialect::Insert>() != nullptr || statement.As<dialect::StatementSet>() != nullptr) {
      return session.MakePlanner("streaming").Plan(statement);
    }
    NullConsumer nobody;
    FLOE_TRY(StatementResult ignored, session.Execute(text, nobody));
    // Without the database this text cannot be planned again.
    if (used != nullptr && statement.As<dialect::Use>() != nullptr)
      used->insert({session.catalog_->current_catalog(), session.catalog_->current_database(), {}});
  }
  return Fail(ErrorKind::kInvalidInput, "the job's program holds no INSERT");
}

}  // namespace floe::query
