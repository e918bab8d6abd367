// SPDX-License-Identifier: Apache-2.0
// What the interop test drives: reads any table into a Parquet file, writes sample tables and what should be in them.
#include <cstdio>
#include <filesystem>
#include <string>

#include <duckdb.hpp>
#include <fmt/format.h>

#include "base/clock.h"
#include "base/result.h"
#include "data/duckdb_type.h"
#include "duck/instance.h"
#include "iceberg/commit/catalog.h"
#include "iceberg/commit/table_appender.h"
#include "iceberg/commit/table_builder.h"
#include "iceberg/scan/plan.h"
#include "iceberg/scan/relation.h"

namespace floe::iceberg {
namespace {

Status Run(duckdb::Connection& connection, const std::string& sql) {
  auto result = connection.Query(sql);
  if (result->HasError()) return Fail(ErrorKind::kInternal, result->GetError());
  return {};
}

Status Read(const std::string& metadata, const std::string& out) {
  duck::Instance instance;
  TableIo io(io::LocalFileSystem());
  FLOE_TRY(LoadedTable table, io.Load(metadata));
  FLOE_TRY(ScanPlan plan, PlanScan(io, table, {}, {}));
  FLOE_TRY(TableRelation relation, MakeRelation(instance, plan));
  FLOE_TRY(auto connection, instance.Connect());
  FLOE_TRY_VOID(Run(*connection, "SET TimeZone = 'UTC'"));
  return Run(*connection, fmt::format("COPY (SELECT * FROM {}) TO '{}' (FORMAT parquet)", relation.sql, out));
}

Status Append(Catalog& catalog, duck::Instance& instance, const TableName& name, const std::string& query) {
  FLOE_TRY(auto connection, instance.Connect());
  auto result = connection->Query(query);
  if (result->HasError()) return Fail(ErrorKind::kInternal, result->GetError());
  data::Schema schema;
  for (std::size_t i = 0; i < result->names.size(); ++i) {
    FLOE_TRY(data::Type type, data::FromDuckDB(result->types[i]));
    schema.fields.push_back({result->names[i], type, "", {}});
  }
  FLOE_TRY(auto appender, TableAppender::Open(catalog, instance, name, schema, {.job_id = "interop"}));
  while (auto chunk = result->Fetch()) {
    data::Batch batch;
    batch.rows.InitializeEmpty(result->types);
    batch.rows.Reference(*chunk);
    FLOE_TRY_VOID(appender->Write(batch));
  }
  FLOE_TRY(auto files, appender->Flush());
  FLOE_TRY_VOID(catalog.Append(name, std::move(files), {}));
  return {};
}

/// A table partitioned in one way, filled in two commits; its rows go beside it as Parquet.
Status WriteTable(Catalog& catalog, duck::Instance& instance, const std::string& root, const std::string& table,
                  std::vector<std::string> partitioning, const std::string& query) {
  FLOE_TRY(auto connection, instance.Connect());
  auto sample = connection->Query(query + " LIMIT 0");
  if (sample->HasError()) return Fail(ErrorKind::kInternal, sample->GetError());
  data::Schema schema;
  for (std::size_t i = 0; i < sample->names.size(); ++i) {
    FLOE_TRY(data::Type type, data::FromDuckDB(sample->types[i]));
    schema.fields.push_back({sample->names[i], type, "", {}});
  }
  TableDefinition definition;
  FLOE_TRY(definition.fields, FromFlink(schema));
  definition.partitioning = std::move(partitioning);
  TableName name{"db", table};
  FLOE_TRY_VOID(catalog.CreateTable(name, definition));
  FLOE_TRY_VOID(Append(catalog, instance, name, query));
  FLOE_TRY_VOID(Append(catalog, instance, name, query));
  std::string expected = fmt::format("{}/{}.expected.parquet", root, table);
  FLOE_TRY_VOID(
      Run(*connection, fmt::format("COPY (({0}) UNION ALL ({0})) TO '{1}' (FORMAT parquet)", query, expected)));
  FLOE_TRY(LoadedTable loaded, catalog.LoadTable(name));
  fmt::print("{} {} {}\n", table, loaded.metadata_location, expected);
  return {};
}

Status Write(const std::string& root) {
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root);
  FLOE_TRY(auto store, meta::Store::Open(root + "/meta.db"));
  FLOE_TRY(auto catalog,
           Catalog::Open(*store, io::LocalFileSystem(), root + "/warehouse", SystemClock(), SystemRandom()));
  FLOE_TRY_VOID(catalog->CreateDatabase("db"));
  duck::Instance instance;
  const std::string flat =
      "SELECT i::INTEGER AS i, (i * 1000)::BIGINT AS l, 'näme ' || i AS s, (i * 1.25)::DECIMAL(9,2) AS dec,"
      " (i * 1.25)::DECIMAL(38,10) AS bigdec, DATE '1969-12-30' + i::INTEGER AS d, TIMESTAMP '1969-12-31 "
      "20:00:00.000001' + to_hours(i) AS ts,"
      " TIMESTAMPTZ '1969-12-31 20:00:00+00' + to_hours(i) AS tz, (i % 2 = 0) AS b,"
      " CASE WHEN i = 3 THEN 'nan'::DOUBLE WHEN i = 4 THEN NULL WHEN i = 5 THEN '-inf'::DOUBLE ELSE i / 7 END AS f,"
      " (i / 3)::FLOAT AS r, encode('b' || i) AS bin"
      " FROM (SELECT unnest([-3, -2, -1, 0, 1, 2, 3, 4, 5, NULL]) AS i)";
  const std::string nested =
      "SELECT i::BIGINT AS id, {'a': i::INTEGER, 'b': {'c': 'c' || i, 'd': [1, NULL, i::INTEGER]}} AS s, CASE WHEN i = "
      "2 THEN NULL "
      "WHEN i = 3 THEN [] ELSE ['x', NULL, 'y' || i] END AS l, MAP {'k1': i::INTEGER, 'k2': NULL} AS m,"
      " [{'k': 'kk', 'v': MAP {'z': i::BIGINT}}] AS ls FROM range(5) r(i)";
  FLOE_TRY_VOID(WriteTable(*catalog, instance, root, "flat", {}, flat));
  FLOE_TRY_VOID(WriteTable(*catalog, instance, root, "nested", {}, nested));
  FLOE_TRY_VOID(
      WriteTable(*catalog, instance, root, "times", {}, "SELECT i, TIME '23:59:59.999999' AS t FROM range(5) r(i)"));
  int number = 0;
  for (const char* transform : {"i",
                                "s",
                                "d",
                                "b",
                                "dec",
                                "bin",
                                "bucket(4, l)",
                                "bucket(4, s)",
                                "bucket(3, d)",
                                "bucket(3, tz)",
                                "bucket(4, dec)",
                                "bucket(4, bin)",
                                "truncate(s, 3)",
                                "truncate(3, i)",
                                "truncate(dec, 50)",
                                "year(d)",
                                "year(ts)",
                                "month(tz)",
                                "day(ts)",
                                "day(d)",
                                "hour(tz)"}) {
    FLOE_TRY_VOID(WriteTable(*catalog, instance, root, fmt::format("part{:02}", number++), {transform}, flat));
  }
  return {};
}

int Main(int argc, char** argv) {
  std::string command = argc > 1 ? argv[1] : "";
  Status status = Fail(ErrorKind::kInvalidInput, "usage: iceberg_tool read METADATA OUT.parquet | write DIR");
  if (command == "read" && argc == 4) status = Read(argv[2], argv[3]);
  if (command == "write" && argc == 3) status = Write(argv[2]);
  if (status) return 0;
  fmt::print(stderr, "{}: {}\n", ToString(status.error().kind()), status.error().ToString());
  return 1;
}

}  // namespace
}  // namespace floe::iceberg

int main(int argc, char** argv) {
  return floe::iceberg::Main(argc, argv);
}
