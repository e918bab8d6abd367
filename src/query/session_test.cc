// SPDX-License-Identifier: Apache-2.0
#include "query/session.h"

#include <filesystem>

#include <duckdb.hpp>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/matchers.h"
#include "connect/datagen/datagen.h"
#include "connect/print/print.h"
#include "query/duckdb_dialect.h"
#include "query/row_json.h"
#include "sql/bind/kernels/kernels.h"
#include "stream/runtime/side_outputs.h"

namespace floe::query {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class Collecting final : public ResultConsumer {
 public:
  Status OnSchema(const data::Schema& schema, bool, bool) override {
    schema_ = schema;
    return {};
  }
  Status OnRows(const data::Batch& batch) override {
    for (duckdb::idx_t row = 0; row < batch.size(); ++row) {
      for (std::size_t column = 0; column < schema_.size(); ++column) {
        std::string cell;
        AppendJson(cell, batch.rows.GetValue(column, row), schema_.fields[column].type);
        if (cell.starts_with('"')) cell = cell.substr(1, cell.size() - 2);
        text += (column > 0 ? "|" : "") + cell;
      }
      text += '\n';
    }
    return {};
  }
  void OnProgress(double) override {}
  void OnWarning(const std::string& warning) override { text += "warning: " + warning + "\n"; }
  bool Cancelled() const override { return false; }
  std::string text;

 private:
  data::Schema schema_;
};

class SessionTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = testing::TempDir() + "floe_session_" + SystemRandom().Uuid();
    std::filesystem::create_directories(directory_);
    meta_ = std::move(*meta::Store::Open(directory_ + "/meta.db"));
    ASSERT_OK(stream::CheckpointStore::Migrate(*meta_));
    catalogs_ = std::move(*sql::catalog::CatalogManager::Open(nullptr));
    connectors_.Add(connect::MakeDatagenConnector(clock_));
    connectors_.Add(connect::MakeBlackholeConnector());
    stream_.reset(new stream::Services{duckdb_, connectors_, *meta_, io::LocalFileSystem(), clock_, side_.Factory(),
                                       directory_ + "/checkpoints"});
    jobs_ = std::make_unique<stream::JobManager>(
        *stream_,
        [this](const stream::JobDefinition& job) {
          return Session::PlanProgram(*services_, job.program, job.settings);
        },
        SystemRandom());
    services_.reset(new SessionServices{
        .catalogs = *catalogs_,
        .connectors = connectors_,
        .format_options = {},
        .duckdb = duckdb_,
        .scans = scans_,
        .jobs = *jobs_,
        .stream = *stream_,
        .submit =
            [this](const std::string& name, const std::string& program, std::map<std::string, std::string> settings) {
              programs_.push_back(program);
              return jobs_->SubmitOrResume(name, program, std::move(settings));
            },
        .native_scans = {},
        .on_drop = {}});
    ASSERT_OK(jobs_->Start());
    session_ = std::make_unique<Session>(*services_);
  }
  void TearDown() override {
    session_.reset();
    jobs_.reset();
    std::filesystem::remove_all(directory_);
  }

  /// Rows and warnings a line each; or the message; or the error as "line:column kind: text".
  std::string Run(const std::string& sql) {
    Collecting rows;
    auto result = session_->Execute(sql, rows);
    if (!result) {
      TextPosition at = result.error().position().value_or(TextPosition{});
      return fmt::format("{}:{} {}: {}", at.line, at.column, ToString(result.error().kind()),
                         result.error().ToString());
    }
    return rows.text.empty() ? result->message : rows.text;
  }

  std::string directory_;
  Clock& clock_ = SystemClock();  // datagen waits for its rows' times
  duck::Instance duckdb_{{.threads = 2, .on_open = [this](duckdb::DatabaseInstance& database) -> Status {
                            FLOE_TRY_VOID(RegisterTableLookup(database));
                            return sql::bind::RegisterKernels(database);
                          }}};
  ScanFunction scans_{duckdb_};
  std::unique_ptr<meta::Store> meta_;
  std::unique_ptr<sql::catalog::CatalogManager> catalogs_;
  connect::ConnectorRegistry connectors_;
  stream::MemorySideOutputs side_;
  std::unique_ptr<stream::Services> stream_;
  std::unique_ptr<stream::JobManager> jobs_;
  std::unique_ptr<SessionServices> services_;
  std::vector<std::string> programs_;
  std::unique_ptr<Session> session_;
};

constexpr const char* kNumbers =
    "CREATE TABLE numbers (n BIGINT, doubled AS n * 2) WITH ('connector' = 'datagen', 'number-of-rows' = '5', "
    "'rows-per-second' = '1000000', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '5')";

TEST_F(SessionTest, ViewsAreShownAndDescribed) {
  EXPECT_EQ(Run(kNumbers), "OK");
  EXPECT_EQ(Run("CREATE VIEW sums (total, k) COMMENT 'per parity' AS SELECT SUM(n), n % 2 FROM numbers GROUP BY n % 2"),
            "OK");
  EXPECT_EQ(Run("SELECT total FROM sums ORDER BY k"), "6\n9\n");
  EXPECT_EQ(Run("SHOW TABLES"), "numbers\nsums\n");
  EXPECT_EQ(Run("SHOW VIEWS"), "sums\n");
  EXPECT_EQ(Run("SHOW TABLES LIKE 'num%'"), "numbers\n");
  EXPECT_EQ(Run("SHOW TABLES NOT LIKE 'num%'"), "sums\n");
  EXPECT_THAT(Run("SHOW CREATE VIEW sums"),
              StartsWith("CREATE VIEW `default_catalog`.`default_database`.`sums` (\\n  `total`,\\n  `k`\\n)\\n"
                         "COMMENT 'per parity'\\nAS SELECT SUM(`numbers`.`n`)"));
  EXPECT_THAT(Run("SHOW CREATE TABLE sums"), HasSubstr("use SHOW CREATE VIEW"));
  EXPECT_THAT(Run("SHOW CREATE TABLE numbers"), HasSubstr("`doubled` AS `n` * 2"));
  EXPECT_EQ(Run("DESCRIBE sums"), "total|BIGINT|TRUE|||\nk|INT|TRUE|||\n");
  EXPECT_EQ(Run("DESC numbers"), "n|BIGINT|TRUE|||\ndoubled|BIGINT|TRUE||AS `n` * 2|\n");
  EXPECT_EQ(Run("SHOW COLUMNS FROM numbers"), Run("DESCRIBE numbers"));
  EXPECT_EQ(Run("SHOW COLUMNS FROM numbers LIKE 'd%'"), "doubled|BIGINT|TRUE||AS `n` * 2|\n");
  EXPECT_THAT(Run("SHOW COLUMNS FROM nmbers"), StartsWith("1:19 not found: "));
}

TEST_F(SessionTest, CreateTableAgain) {
  EXPECT_EQ(Run(kNumbers), "OK");
  EXPECT_THAT(Run(kNumbers), StartsWith("1:14 already exists: default_catalog.default_database.numbers exists already; "
                                        "write CREATE TABLE IF NOT EXISTS to keep it, or DROP TABLE it first"));
  EXPECT_EQ(Run("SET 'floe.job.foreground' = 'true'"), "OK");
  EXPECT_EQ(Run(kNumbers), "OK: the table is there already");
  EXPECT_THAT(Run("CREATE TABLE numbers (n INT) WITH ('connector' = 'blackhole')"),
              testing::AllOf(StartsWith("1:14 already exists: "),
                             HasSubstr("floe run takes a CREATE TABLE again only with the columns")));
}

TEST_F(SessionTest, AViewIsStoredWithItsColumns) {
  Run("CREATE TABLE t (k STRING, n INT) WITH ('connector' = 'datagen')");
  Run("CREATE TABLE u (k STRING, r ROW<a INT>) WITH ('connector' = 'datagen')");
  const std::string t = "`default_catalog`.`default_database`.`t`", u = "`default_catalog`.`default_database`.`u`";
  auto query_of = [&](const std::string& query) {
    EXPECT_EQ(Run("CREATE OR REPLACE VIEW v AS " + query), "OK");
    std::string shown = Run("SHOW CREATE VIEW v");
    return shown.substr(shown.find("AS SELECT"));
  };
  EXPECT_EQ(query_of("SELECT * FROM t"), "AS SELECT `t`.`k`, `t`.`n` FROM " + t + " AS `t`\n");
  EXPECT_EQ(query_of("TABLE t"), "AS SELECT `t`.`k`, `t`.`n` FROM " + t + " AS `t`\n");
  EXPECT_EQ(query_of("SELECT u.*, n + u.r.a AS s FROM t AS x JOIN u ON x.k = u.k"),
            "AS SELECT `u`.`k`, `u`.`r`, `x`.`n` + `u`.`r`.`a` AS `s` FROM " + t + " AS `x` INNER JOIN " + u +
                " AS `u` ON `x`.`k` = `u`.`k`\n");
  // What ORDER BY and GROUP BY name of the select list stays.
  EXPECT_EQ(query_of("SELECT n * -1 AS n, k FROM t ORDER BY n LIMIT 1"),
            "AS SELECT `t`.`n` * -1 AS `n`, `t`.`k` FROM " + t + " AS `t` ORDER BY `n` LIMIT 1\n");
  EXPECT_EQ(query_of("SELECT n + 1 AS m, COUNT(*) AS c FROM t GROUP BY m"),
            "AS SELECT `t`.`n` + 1 AS `m`, COUNT(*) AS `c` FROM " + t + " AS `t` GROUP BY `m`\n");
  // Two tables of one name: Flink refuses that; here they are told apart by their whole names.
  Run("CREATE DATABASE d");
  Run("CREATE TABLE d.t (k STRING) WITH ('connector' = 'datagen')");
  const std::string other = "`default_catalog`.`d`.`t`";
  EXPECT_EQ(query_of("SELECT d.t.* FROM t, d.t"), "AS SELECT " + other + ".`k` FROM " + t + ", " + other + "\n");
  // A name of the query around that one inside would take stays as it is written.
  EXPECT_THAT(query_of("SELECT n FROM t WHERE EXISTS (SELECT 1 FROM (SELECT k, n AS m FROM t) AS t WHERE n = m)"),
              HasSubstr("WHERE `t`.`n` = `t`.`m`"));
  EXPECT_THAT(query_of("SELECT n FROM t WHERE EXISTS (SELECT 1 FROM (SELECT 1 AS a) AS x (t) WHERE n > x.t)"),
              HasSubstr("> `x`.`t`)"));
}

TEST_F(SessionTest, AViewThatCannotBeChangesNothing) {
  Run(kNumbers);
  EXPECT_THAT(Run("CREATE VIEW v AS\n  SELECT nope FROM numbers"), StartsWith("2:10 invalid input: unknown column"));
  EXPECT_THAT(Run("CREATE VIEW v (a, b) AS SELECT n FROM numbers"), StartsWith("1:13 invalid input: "));
  EXPECT_EQ(Run("SHOW VIEWS"), "");
  EXPECT_EQ(Run("CREATE VIEW v AS SELECT n FROM numbers"), "OK");
  EXPECT_THAT(Run("CREATE VIEW v AS SELECT 1"), StartsWith("1:13 already exists: "));
  EXPECT_EQ(Run("CREATE VIEW IF NOT EXISTS v AS SELECT 1"), "OK");
  EXPECT_THAT(Run("CREATE OR REPLACE VIEW v (a, b) AS SELECT n FROM numbers"), HasSubstr("names 2 columns"));
  EXPECT_THAT(Run("CREATE OR REPLACE VIEW v AS SELECT * FROM v"), HasSubstr("reads itself"));
  EXPECT_EQ(Run("SELECT COUNT(*) FROM v"), "5\n");
  EXPECT_THAT(Run("ALTER VIEW v AS SELECT nope FROM numbers"), StartsWith("1:24 invalid input: "));
  EXPECT_THAT(Run("ALTER VIEW v AS SELECT * FROM v"), HasSubstr("reads itself"));
  EXPECT_EQ(Run("ALTER VIEW v AS SELECT n + 1 AS m FROM numbers WHERE n > 3"), "OK");
  EXPECT_EQ(Run("ALTER VIEW v RENAME TO w"), "OK");
  EXPECT_EQ(Run("SELECT SUM(m) FROM w"), "11\n");
  // What is below a view may go; then the error shows the view's own text.
  EXPECT_EQ(Run("DROP TABLE numbers"), "OK");
  std::string gone = Run("SELECT m FROM w");
  EXPECT_THAT(gone, StartsWith("1:15 not found: "));
  EXPECT_THAT(gone, HasSubstr("in view default_catalog.default_database.w, line 1, column"));
  EXPECT_THAT(gone, HasSubstr("^"));
}

TEST_F(SessionTest, DropAndAlterMindIfExists) {
  Run(kNumbers);
  EXPECT_THAT(Run("DROP TABLE nope"), StartsWith("1:12 not found: "));
  EXPECT_EQ(Run("DROP TABLE IF EXISTS nope"), "OK");
  EXPECT_THAT(Run("DROP FUNCTION nope"), StartsWith("1:15 not supported: "));
  EXPECT_EQ(Run("DROP FUNCTION IF EXISTS nope"), "OK");
  EXPECT_EQ(Run("DROP VIEW IF EXISTS nope"), "OK");
  EXPECT_THAT(Run("DROP VIEW numbers"), StartsWith("1:11 failed precondition: "));
  EXPECT_THAT(Run("DROP TEMPORARY TABLE numbers"), StartsWith("1:22 not found: "));
  EXPECT_EQ(Run("DROP DATABASE IF EXISTS nope"), "OK");
  EXPECT_THAT(Run("DROP DATABASE nope"), StartsWith("1:15 not found: "));
  EXPECT_EQ(Run("DROP CATALOG IF EXISTS nope"), "OK");
  EXPECT_EQ(Run("ALTER TABLE IF EXISTS nope RENAME TO x"), "OK");
  EXPECT_EQ(Run("ALTER TABLE numbers SET ('number-of-rows' = '2', 'fields.n.end' = '2')"), "OK");
  EXPECT_EQ(Run("SELECT SUM(n) FROM numbers"), "3\n");
  EXPECT_THAT(Run("ALTER TABLE numbers SET ('number-of-row' = '2')"), StartsWith("1:26 invalid input: "));
  EXPECT_THAT(Run("ALTER TABLE numbers ADD (bad AS\n n + nope)"), StartsWith("2:6 invalid input: unknown column"));
  EXPECT_EQ(Run("ALTER TABLE numbers ADD (tripled AS n * 3 COMMENT 'x')"), "OK");
  EXPECT_EQ(Run("SELECT MAX(tripled) FROM numbers"), "6\n");
  EXPECT_EQ(Run("ALTER TABLE numbers RENAME TO few"), "OK");
  EXPECT_EQ(Run("ALTER TABLE few DROP tripled"), "OK");
  EXPECT_EQ(Run("SHOW TABLES"), "few\n");
  EXPECT_EQ(Run("DROP TABLE few"), "OK");
  EXPECT_EQ(Run("SHOW TABLES"), "");
}

TEST_F(SessionTest, CatalogsAndDatabases) {
  EXPECT_EQ(Run("SHOW CATALOGS"), "default_catalog\n");
  EXPECT_EQ(Run("CREATE CATALOG other WITH ('type' = 'generic_in_memory')"), "OK");
  EXPECT_EQ(Run("CREATE DATABASE IF NOT EXISTS db COMMENT 'mine'"), "OK");
  EXPECT_EQ(Run("SHOW DATABASES"), "db\ndefault_database\n");
  EXPECT_EQ(Run("USE db"), "OK");
  EXPECT_EQ(Run("SHOW CURRENT DATABASE"), "db\n");
  Run(kNumbers);
  EXPECT_EQ(Run("SHOW TABLES FROM default_catalog.db"), "numbers\n");
  EXPECT_EQ(Run("USE CATALOG other"), "OK");
  EXPECT_EQ(Run("SHOW CURRENT CATALOG"), "other\n");
  EXPECT_EQ(Run("SELECT COUNT(*) FROM default_catalog.db.numbers"), "5\n");
  EXPECT_THAT(Run("SELECT * FROM numbers"), StartsWith("1:15 not found: "));
  EXPECT_THAT(Run("USE nope"), StartsWith("1:5 not found: "));
  EXPECT_THAT(Run("DROP CATALOG other"), HasSubstr("in use"));
  EXPECT_EQ(Run("USE CATALOG default_catalog"), "OK");
  EXPECT_EQ(Run("DESCRIBE DATABASE db"), "catalog|default_catalog\nname|db\ncomment|mine\n");
  EXPECT_THAT(Run("DESCRIBE CATALOG other"), HasSubstr("type|generic_in_memory"));
  EXPECT_THAT(Run("SHOW CREATE CATALOG other"), HasSubstr("'type' = 'generic_in_memory'"));
  EXPECT_EQ(Run("ALTER DATABASE db SET ('a' = 'b')"), "OK");
  EXPECT_THAT(Run("DESCRIBE DATABASE EXTENDED db"), HasSubstr("option:a|b"));
  EXPECT_THAT(Run("DROP DATABASE db"), HasSubstr("not empty"));
  EXPECT_EQ(Run("DROP DATABASE db CASCADE"), "OK");
  EXPECT_EQ(Run("DROP CATALOG other"), "OK");
  EXPECT_EQ(Run("SHOW CATALOGS"), "default_catalog\n");
}

TEST_F(SessionTest, ShowOfWhatIsNoCatalogs) {
  EXPECT_EQ(Run("SHOW JOBS"), "");
  EXPECT_EQ(Run("SHOW MODULES"), "core\n");
  EXPECT_EQ(Run("SHOW USER FUNCTIONS"), "");
  EXPECT_THAT(Run("SHOW FUNCTIONS"), HasSubstr("COUNT\n"));
  EXPECT_EQ(Run("SHOW FUNCTIONS LIKE 'SPLIT%'"), "SPLIT_INDEX\n");
  EXPECT_THAT(Run("SHOW PARTITIONS t"), StartsWith("1:17 not found: "));
}

TEST_F(SessionTest, ShowCreateViewNamesTablesInFull) {
  EXPECT_EQ(Run(kNumbers), "OK");
  EXPECT_EQ(
      Run("CREATE VIEW few AS WITH numbers AS (SELECT n FROM numbers), w AS (SELECT numbers.n FROM numbers WHERE "
          "n IN (SELECT doubled FROM default_database.numbers)) SELECT w.n FROM w, (SELECT MAX(n) AS most FROM "
          "default_database.numbers AS x) WHERE w.n < most AND EXISTS (SELECT 1 FROM numbers AS y WHERE y.n = w.n)"),
      "OK");
  const std::string shown = Run("SHOW CREATE VIEW few");
  const std::string table = "`default_catalog`.`default_database`.`numbers`";
  const std::string named = table + " AS `numbers`";
  EXPECT_THAT(shown, HasSubstr("AS WITH `numbers` AS (SELECT `numbers`.`n` FROM " + named + "), `w` AS (SELECT " +
                               "`numbers`.`n` FROM `numbers` WHERE `numbers`.`n` IN (SELECT `numbers`.`doubled` FROM " +
                               named + ")) SELECT"));
  EXPECT_THAT(shown, HasSubstr("FROM " + table + " AS `x`"));
  EXPECT_THAT(shown, HasSubstr("EXISTS (SELECT 1 FROM `numbers` AS `y`"));
  // It makes the same view where other names are current.
  const std::string rows = Run("SELECT * FROM few ORDER BY n");
  EXPECT_EQ(rows, "2\n4\n");
  Run("CREATE DATABASE db");
  Run("USE db");
  std::string again = shown.substr(shown.find("WITH"));
  EXPECT_EQ(Run("CREATE VIEW few AS " + again), "OK");
  EXPECT_EQ(Run("SELECT * FROM few ORDER BY n"), rows);
}

TEST_F(SessionTest, SettingsAreChecked) {
  EXPECT_EQ(Run("SET 'execution.runtime-mode' = 'batch'"), "OK");
  EXPECT_EQ(Run("SET"), "execution.runtime-mode|batch\n");
  EXPECT_THAT(Run("SET 'execution.runtime-mod' = 'batch'"),
              StartsWith("1:5 invalid input: there is no setting 'execution.runtime-mod'. Did you mean "
                         "'execution.runtime-mode'?"));
  EXPECT_THAT(Run("SET 'execution.runtime-mode' = 'foo'"), HasSubstr("one of streaming, batch, automatic"));
  EXPECT_THAT(Run("SET 'execution.checkpointing.interval' = 'abc'"), HasSubstr("invalid input"));
  EXPECT_THAT(Run("SET 'table.local-time-zone' = 'Nope'"),
              StartsWith("1:31 invalid input: 'table.local-time-zone' = 'Nope' is no time zone"));
  EXPECT_THAT(Run("SET 'foo.bar' = '1'"), HasSubstr("Those with a meaning here: execution.buffer-timeout.interval"));
  EXPECT_THAT(Run("SET 'parallelism.default' = '4'"), StartsWith("warning: 'parallelism.default' is Flink's"));
  EXPECT_THAT(Run("SET 'pipeline.jars' = 'x'"), StartsWith("warning: "));
  EXPECT_EQ(Run("RESET 'parallelism.default'"), "OK");
  EXPECT_THAT(Run("RESET 'nope'"), StartsWith("1:1 invalid input: there is no setting 'nope'"));
  EXPECT_EQ(Run("RESET"), "OK");
  EXPECT_EQ(Run("SET"), "");
}

TEST_F(SessionTest, InstantsAreShownInTheSessionsZone) {
  const std::string instant = "SELECT TO_TIMESTAMP_LTZ(1782907200000, 3)";  // 2026-07-01 12:00:00 UTC
  EXPECT_EQ(Run(instant), "2026-07-01 12:00:00.000\n");
  EXPECT_EQ(Run("SET 'table.local-time-zone' = 'Europe/Berlin'"), "OK");
  EXPECT_EQ(Run(instant), "2026-07-01 14:00:00.000\n");
  EXPECT_EQ(Run("SELECT TO_TIMESTAMP_LTZ(0, 3), CAST(NULL AS TIMESTAMP_LTZ(3))"), "1970-01-01 01:00:00.000|null\n");
  EXPECT_EQ(Run("SELECT ARRAY[TO_TIMESTAMP_LTZ(0, 3)], ROW(TO_TIMESTAMP_LTZ(0, 0), 1)"),
            "[\"1970-01-01 01:00:00.000\"]|{\"EXPR$0\":\"1970-01-01 01:00:00.000\",\"EXPR$1\":1}\n");
  EXPECT_EQ(Run("SELECT CURRENT_TIMESTAMP, LOCALTIMESTAMP, CURRENT_DATE, LOCALTIME, DATE_FORMAT(CURRENT_TIMESTAMP, "
                "'HH:mm'), CAST(CURRENT_TIMESTAMP AS STRING)")
                .size(),
            std::string("2026-01-01 01:00:00.000|2026-01-01 01:00:00.000|2026-01-01|01:00:00|01:00|2026-01-01 "
                        "01:00:00.000\n")
                .size());
  // As a stream too; a wall clock becomes an instant by the same zone.
  EXPECT_EQ(Run("SET 'execution.runtime-mode' = 'streaming'"), "OK");
  EXPECT_EQ(
      Run("SELECT CAST(TIMESTAMP '2026-07-01 14:00:00' AS TIMESTAMP_LTZ(3)), CAST(TIMESTAMP '2026-07-01 14:00:00' "
          "AS TIMESTAMP_LTZ(3)) = TO_TIMESTAMP_LTZ(1782907200000, 3)"),
      "2026-07-01 14:00:00.000|true\n");
  // An hour that comes twice, one that never comes, before 1970, and before there was summer time.
  EXPECT_EQ(Run("SELECT TO_TIMESTAMP_LTZ(1792886399000, 3), TO_TIMESTAMP_LTZ(1792890000000, 3), "
                "TO_TIMESTAMP_LTZ(1774745999000, 3), TO_TIMESTAMP_LTZ(1774746000000, 3), TO_TIMESTAMP_LTZ(-1, 3), "
                "TO_TIMESTAMP_LTZ(-2240524800000, 3)"),
            "2026-10-25 01:59:59.000|2026-10-25 02:00:00.000|2026-03-29 01:59:59.000|2026-03-29 03:00:00.000|"
            "1970-01-01 00:59:59.999|1899-01-01 01:00:00.000\n");
  EXPECT_EQ(Run("SELECT MAP[TO_TIMESTAMP_LTZ(0, 3), 1, TO_TIMESTAMP_LTZ(3600000, 3), 2], "
                "ARRAY[CAST(NULL AS TIMESTAMP_LTZ(3)), TO_TIMESTAMP_LTZ(0, 3)]"),
            "{\"1970-01-01 01:00:00.000\":1,\"1970-01-01 02:00:00.000\":2}|[null,\"1970-01-01 01:00:00.000\"]\n");
  // Equal on the wall clock: they stay apart.
  EXPECT_EQ(Run("SELECT MAP[TO_TIMESTAMP_LTZ(1792888200000, 3), 1, TO_TIMESTAMP_LTZ(1792891800000, 3), 2]"),
            "{\"2026-10-25 00:30:00.000\":1,\"2026-10-25 01:30:00.000\":2}\n");
  EXPECT_EQ(Run("SELECT TO_TIMESTAMP_LTZ('1970-01-01 00:00:00'), "
                "TO_TIMESTAMP_LTZ('1970-01-01 00:00:00', 'yyyy-MM-dd HH:mm:ss', 'America/New_York')"),
            "1970-01-01 01:00:00.000|1970-01-01 06:00:00.000\n");
  EXPECT_EQ(Run("SET 'table.local-time-zone' = '-03:30'"), "OK");
  EXPECT_EQ(Run(instant), "2026-07-01 08:30:00.000\n");
  EXPECT_EQ(Run("RESET 'table.local-time-zone'"), "OK");
  EXPECT_EQ(Run(instant), "2026-07-01 12:00:00.000\n");
}

TEST_F(SessionTest, DuckDBReadsTheSessionsTablesByAnyName) {
  Run(kNumbers);
  Run("CREATE DATABASE db");
  Run("USE db");
  Run("CREATE TABLE `my table` (n BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '2', 'rows-per-second' = "
      "'1000', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '2')");
  EXPECT_EQ(Run("SET 'sql.dialect' = 'duckdb'"), "OK");
  EXPECT_EQ(Run("SELECT sum(n)::INT FROM default_catalog.default_database.numbers"), "15\n");
  EXPECT_EQ(Run("FROM default_database.numbers AS x SELECT max(x.doubled)"), "10\n");
  EXPECT_EQ(
      Run("WITH t AS (SELECT n FROM \"my table\") SELECT count(*) FROM t, default_database.numbers AS m WHERE t.n "
          "= m.n"),
      "2\n");
  EXPECT_EQ(Run("SELECT numbers.n FROM default_database.numbers ORDER BY n LIMIT 1"), "1\n");
  EXPECT_THAT(Run("SUMMARIZE \"my table\""), StartsWith("n|BIGINT|1|2|"));
  EXPECT_THAT(Run("SELECT * FROM nope"), StartsWith("0:0 not found: there is no table"));
  EXPECT_THAT(Run("SELECT * FROM default_catalog.nope.numbers"), HasSubstr("not found"));
  EXPECT_EQ(
      Run("SELECT TIMESTAMP_S '2024-01-01 00:00:01', TIMESTAMP_NS '2024-01-01 00:00:00.123456789', [1, 2]::INT[2], "
          "'a'::ENUM ('a', 'b'), row(1, 2)"),
      "2024-01-01 00:00:01.000000|2024-01-01 00:00:00.123456|[1,2]|a|{\"f0\":1,\"f1\":2}\n");
  for (const char* from :
       {"FROM numbers AT (VERSION => 1)", "SELECT 1 WHERE 1 IN (SELECT n FROM numbers AT (VERSION => 1))",
        "WITH x AS (FROM numbers AT (VERSION => 1)) FROM x", "SELECT * FROM (FROM numbers AT (VERSION => 1)) AS y",
        "SELECT * FROM range(3) AS r JOIN numbers AT (VERSION => 1) ON true"}) {
    EXPECT_THAT(Run(from), HasSubstr("FOR VERSION AS OF")) << from;
  }
  // Only queries are DuckDB's.
  EXPECT_THAT(Run("CREATE TABLE zz (i int)"), HasSubstr("connector"));
  EXPECT_THAT(Run("COPY (SELECT 1) TO '/tmp/x'"), HasSubstr("only queries go to DuckDB"));
  EXPECT_THAT(Run("ATTACH ':memory:' AS m"), HasSubstr("only queries go to DuckDB"));
  EXPECT_THAT(Run("SELECT 1; DROP TABLE x"), HasSubstr("only queries go to DuckDB"));
  EXPECT_THAT(Run("EXPLAIN ANALYZE COPY (SELECT 1) TO '/tmp/x'"), HasSubstr("only queries go to DuckDB"));
  EXPECT_THAT(Run("EXPLAIN ANALYZE CREATE TABLE zz (i int)"), HasSubstr("only queries go to DuckDB"));
  EXPECT_THAT(Run("EXPLAIN SELECT count(*) FROM \"my table\""), HasSubstr("AGGREGATE"));
  EXPECT_THAT(Run("SELECT nofunc(1) FROM \"my table\""), HasSubstr("nofunc"));
  EXPECT_EQ(Run("SHOW TABLES"), "my table\n");
  EXPECT_EQ(Run("SET 'table.local-time-zone' = 'Europe/Berlin'"), "OK");
  EXPECT_EQ(Run("SELECT make_timestamptz(0), make_timestamptz(0)::VARCHAR"),
            "1970-01-01 01:00:00.000000|1970-01-01 01:00:00+01\n");
}

TEST_F(SessionTest, ErrorsOfValuesShowNoGeneratedSql) {
  Run(kNumbers);
  std::string error = Run("SELECT CAST('x' || CAST(n AS STRING) AS DOUBLE) FROM numbers");
  EXPECT_THAT(error, HasSubstr("Could not convert string 'x1' to DOUBLE"));
  EXPECT_THAT(error, Not(HasSubstr("\n")));
}

TEST_F(SessionTest, JobsSeeTheSessionsTemporaryTables) {
  Run("CREATE DATABASE db");
  EXPECT_EQ(Run("CREATE TEMPORARY TABLE source (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1')"),
            "OK");
  EXPECT_EQ(Run("DROP TEMPORARY TABLE source"), "OK");
  EXPECT_EQ(Run("CREATE TEMPORARY TABLE source (n BIGINT, m INT) WITH ('connector' = 'datagen')"), "OK");
  EXPECT_EQ(Run("ALTER TABLE source SET ('rows-per-second' = '1')"), "OK");
  EXPECT_EQ(Run("CREATE TEMPORARY VIEW a AS SELECT n FROM source"), "OK");
  EXPECT_EQ(Run("CREATE TEMPORARY VIEW b AS SELECT n FROM a"), "OK");
  EXPECT_EQ(Run("ALTER VIEW a AS SELECT n + m AS n FROM source"), "OK");
  EXPECT_EQ(Run("USE db"), "OK");
  EXPECT_EQ(Run("CREATE TABLE nowhere (n BIGINT) WITH ('connector' = 'blackhole')"), "OK");
  EXPECT_EQ(Run("INSERT INTO nowhere SELECT n FROM default_database.b"), "The job runs; SHOW JOBS lists it.");
  ASSERT_EQ(programs_.size(), 1u);
  auto jobs = jobs_->List();
  ASSERT_EQ(jobs.size(), 1u);
  EXPECT_THAT(programs_[0], testing::EndsWith("USE CATALOG `default_catalog`;\nUSE `db`;\n"
                                              "INSERT INTO nowhere SELECT n FROM default_database.b"));
  // What a job that lives needs stays: also the database in which its text was written.
  EXPECT_THAT(Run("DROP DATABASE db CASCADE"), HasSubstr("is used by job"));
  EXPECT_THAT(Run("DROP TABLE nowhere"),
              StartsWith("1:12 failed precondition: default_catalog.db.nowhere is used by job"));
  EXPECT_OK(jobs_->Cancel(jobs[0].job.id));
  EXPECT_EQ(Run("DROP TABLE nowhere"), "OK");
}

}  // namespace
}  // namespace floe::query
