// SPDX-License-Identifier: Apache-2.0
// Running queries and inserts of a session: in batch through DuckDB, or as a stream.
#include <duckdb.hpp>
#include <fmt/format.h>

#include "base/result.h"
#include "duck/guard.h"
#include "query/batch_query.h"
#include "query/cancel_watch.h"
#include "query/duckdb_dialect.h"
#include "query/local_time.h"
#include "query/session.h"
#include "query/session_parts.h"
#include "sql/bind/zone.h"
#include "sql/dialect/parser.h"
#include "sql/dialect/unparser.h"
#include "sql/planner/duckdb_sql.h"

namespace floe::query {
namespace {

namespace plan = sql::plan;

void WarnOfSkipped(const SkippedRecords& skipped, ResultConsumer& consumer) {
  if (skipped.count() == 0) return;
  consumer.OnWarning(fmt::format("{} records could not be decoded and were left out; the first: {}", skipped.count(),
                                 skipped.first()));
}

/// DuckDB knows its own names only; of functions and columns it says something else.
bool SaysMissing(std::string_view message) {
  return message.find("Table with name ") != std::string_view::npos || message.starts_with("Catalog \"") ||
         message.starts_with("Schema with name ");
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

Result<StatementResult> Session::DuckDBDialect(const std::string& text, ResultConsumer& consumer) {
  Held held;
  FLOE_TRY(auto connection, services_.duckdb.Connect());
  FLOE_TRY_VOID(CheckIsQuery(*connection, text));
  std::string zone = sql::bind::ZoneOf(settings_);
  if (auto fixed = sql::bind::FixedOffsetMs(zone)) {
    constexpr std::int64_t kHourMs = 3'600'000;
    if (*fixed % kHourMs != 0) consumer.OnWarning("DuckDB has no time zone '" + zone + "': times are in UTC");
    // POSIX counts westwards.
    zone = *fixed == 0 || *fixed % kHourMs != 0 ? "UTC" : fmt::format("Etc/GMT{:+}", -*fixed / kHourMs);
  }
  FLOE_TRY_VOID(duck::Guard([&] {
    auto set = connection->Query("SET TimeZone = " + duckdb::KeywordHelper::WriteQuoted(zone));
    if (set->HasError()) set->ThrowError();
  }));
  TableLookupScope tables(*connection, [&](const std::vector<std::string>& name) -> Result<std::string> {
    std::string path;
    for (const std::string& part : name) path += (path.empty() ? "" : ".") + sql::dialect::QuoteIdentifier(part);
    FLOE_TRY(sql::dialect::Statement statement, sql::dialect::ParseStatement("SELECT * FROM " + path));
    FLOE_TRY(plan::Program program, MakePlanner("batch").Plan(statement));
    return PrintBatch(program.query, held);
  });
  LocalTimes shown(services_.duckdb, zone, consumer);
  Status done = RunDuckDB(*connection, text, nullptr, shown);
  if (!done && tables.missing() && SaysMissing(done.error().message()))
    return Fail(Error(tables.missing()->kind(), tables.missing()->message()));
  if (!done) return Fail(std::move(done).error());
  WarnOfSkipped(*held.skipped, consumer);
  return StatementResult{};
}

}  // namespace floe::query
