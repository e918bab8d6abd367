// SPDX-License-Identifier: Apache-2.0
// Running queries and inserts of a session: in batch through DuckDB, or as a stream.
#include <duckdb.hpp>
#include <fmt/format.h>

#include "base/result.h"
#include "duck/guard.h"
#include "query/batch_query.h"
#include "query/cancel_watch.h"
#include "query/session.h"
#include "query/session_parts.h"
#include "sql/dialect/parser.h"
#include "sql/planner/duckdb_sql.h"

namespace floe::query {
namespace {

namespace plan = sql::plan;

void WarnOfSkipped(const SkippedRecords& skipped, ResultConsumer& consumer) {
  if (skipped.count() == 0) return;
  consumer.OnWarning(fmt::format("{} records could not be decoded and were left out; the first: {}", skipped.count(),
                                 skipped.first()));
}

/// Writes a batch query's rows into a sink.
class SinkConsumer final : public ResultConsumer {
 public:
  SinkConsumer(connect::Sink& sink, ResultConsumer& outer) : sink_(sink), outer_(outer) {}
  Status OnSchema(const data::Schema&, bool, bool) override { return {}; }
  Status OnRows(const data::Batch& batch) override {
    rows_ += static_cast<std::int64_t>(batch.size());
    return sink_.Write(batch);
  }
  void OnProgress(double fraction) override { outer_.OnProgress(fraction); }
  void OnWarning(const std::string& warning) override { outer_.OnWarning(warning); }
  bool Cancelled() const override { return outer_.Cancelled(); }
  std::int64_t rows() const { return rows_; }

 private:
  connect::Sink& sink_;
  ResultConsumer& outer_;
  std::int64_t rows_ = 0;
};

}  // namespace

Result<std::string> Session::PrintBatch(const plan::NodePtr& node, Held& held) {
  return sql::planner::ToDuckDBSql(node, [&](const plan::Scan& scan) -> Result<std::string> {
    if (auto native = services_.native_scans.find(scan.table.connector); native != services_.native_scans.end()) {
      FLOE_TRY(NativeRelation relation, native->second(scan));
      held.native.push_back(std::move(relation.keep_alive));
      return relation.sql;
    }
    FLOE_TRY(connect::Connector * connector, services_.connectors.Find(scan.table.connector));
    FLOE_TRY(ScanSource source, BoundedScan(scan, *connector, held.skipped));
    FLOE_TRY(ScanHandle handle, services_.scans.Add(std::move(source)));
    std::string relation = handle.Relation();
    held.scans.push_back(std::move(handle));
    return relation;
  });
}

Status Session::RunBatch(const plan::NodePtr& query, ResultConsumer& consumer) {
  Held held;
  FLOE_TRY(std::string sql, PrintBatch(query, held));
  FLOE_TRY_VOID(RunDuckDB(services_.duckdb, sql, &query->schema, consumer));
  WarnOfSkipped(*held.skipped, consumer);
  return {};
}

Status Session::RunStreaming(plan::Program program, ResultConsumer& consumer) {
  data::Schema schema = program.query->schema;
  bool changelog = true;
  stream::StreamingQuery query(services_.stream, std::move(program));
  CancelWatch watch(consumer, [&] { query.Cancel(); });
  return query.Run([&](const data::Batch& batch) { return consumer.OnRows(batch); },
                   [&] { return consumer.OnSchema(schema, changelog, true); });
}

Result<std::int64_t> Session::RunBatchInsert(const plan::Program& program, ResultConsumer& consumer) {
  // One checkpoint of its own: all sinks of the statement become visible together.
  const CheckpointId checkpoint(1);
  std::string job = "insert-" + SystemRandom().Uuid();
  std::vector<std::unique_ptr<connect::Sink>> sinks;
  std::int64_t rows = 0;
  for (const plan::NodePtr& node : program.sinks) {
    const auto& write = std::get<plan::SinkWrite>(node->op);
    if (write.overwrite)
      return Fail(Error(ErrorKind::kNotSupported, "INSERT OVERWRITE is not supported yet (docs/status.md)")
                      .WithPosition(node->position));
    FLOE_TRY(connect::Connector * connector, services_.connectors.Find(write.table.connector));
    connect::SinkRequest request;
    request.table = write.table;
    request.input = write.input->schema;
    request.input_metadata = write.input_metadata;
    request.job_id = job;
    request.sink_index = static_cast<int>(sinks.size());
    FLOE_TRY(auto sink, connector->OpenSink(std::move(request)));
    SinkConsumer into(*sink, consumer);
    Held held;
    FLOE_TRY(std::string sql, PrintBatch(write.input, held));
    FLOE_TRY_VOID(RunDuckDB(services_.duckdb, sql, &write.input->schema, into));
    WarnOfSkipped(*held.skipped, consumer);
    rows += into.rows();
    sinks.push_back(std::move(sink));
  }
  for (auto& sink : sinks) {
    FLOE_TRY(std::string ignored, sink->Prepare(checkpoint));
  }
  FLOE_TRY_VOID(services_.stream.meta.Write([&](meta::Transaction& transaction) -> Status {
    for (auto& sink : sinks) FLOE_TRY_VOID(sink->Commit(transaction, checkpoint));
    return {};
  }));
  for (auto& sink : sinks) FLOE_TRY_VOID(sink->Publish(checkpoint));
  for (auto& sink : sinks) FLOE_TRY_VOID(sink->Close());
  return rows;
}

Result<StatementResult> Session::CreateTableAs(const sql::dialect::CreateTable& statement, const std::string& text,
                                               ResultConsumer& consumer) {
  FLOE_TRY(plan::Program program, MakePlanner("batch").Plan(*statement.as_query));
  sql::dialect::CreateTable plain = statement;
  plain.as_query = {};
  plain.column_names.clear();
  if (plain.columns.empty()) {
    for (std::size_t i = 0; i < program.query->schema.size(); ++i) {
      const data::Field& field = program.query->schema.fields[i];
      FLOE_TRY(sql::dialect::TypeName type, sql::dialect::ParseType(field.type.ToString()));
      sql::dialect::ColumnDefinition column;
      column.name.text = i < statement.column_names.size() ? statement.column_names[i].text : field.name;
      column.definition = sql::dialect::PhysicalColumn{.type = std::move(type), .default_value = {}};
      plain.columns.push_back(std::move(column));
    }
  }
  FLOE_TRY(StatementResult created, CreateTable(plain, text, consumer));
  std::string insert =
      "INSERT INTO " + statement.name.ToString() + " " + std::string(statement.as_query->span.In(text));
  return Execute(insert, consumer);
}

Result<StatementResult> Session::DuckDBDialect(const std::string& text, ResultConsumer& consumer) {
  // Tables of the session that the text names become views over their scans for the length of this query.
  Held held;
  std::string views;
  FLOE_TRY(auto connection, services_.duckdb.Connect());
  FLOE_TRY(auto names, duck::Guard([&] { return connection->GetTableNames(text, true); }));
  for (const std::string& name : names) {
    auto parsed = sql::dialect::ParseStatement("SELECT * FROM " + name);
    if (!parsed) continue;
    auto planned = MakePlanner("batch").Plan(*parsed);
    if (!planned) continue;
    FLOE_TRY(std::string sql, PrintBatch(planned->query, held));
    std::string columns;
    for (const data::Field& field : planned->query->schema.fields)
      columns += (columns.empty() ? "" : ", ") + duckdb::KeywordHelper::WriteOptionallyQuoted(field.name);
    std::string plain_name = name.substr(name.rfind('.') == std::string::npos ? 0 : name.rfind('.') + 1);
    views += fmt::format("{} {}({}) AS ({})", views.empty() ? "WITH" : ",", plain_name, columns, sql);
  }
  std::string query = views.empty() ? text : views + " " + text;
  FLOE_TRY_VOID(RunDuckDB(services_.duckdb, query, nullptr, consumer));
  WarnOfSkipped(*held.skipped, consumer);
  return StatementResult{};
}

}  // namespace floe::query
