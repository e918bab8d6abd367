// SPDX-License-Identifier: Apache-2.0
#include "sql/planner/planner.h"

#include <gtest/gtest.h>

#include "base/matchers.h"
#include "sql/dialect/parser.h"
#include "sql/planner/planner_testing.h"

namespace floe::sql::planner {
namespace {

using testing::HasSubstr;

class PlannerTest : public testing::Test {
 protected:
  void SetUp() override {
    planner.Create(
        "CREATE TABLE weather (city STRING, temperature DOUBLE, n INT NOT NULL, ts TIMESTAMP(3), WATERMARK FOR ts AS "
        "ts - INTERVAL '5' SECOND) WITH "
        "('connector' = 'fake')");
    planner.Create("CREATE TABLE plain (city STRING, ts TIMESTAMP(3), u INT) WITH ('connector' = 'fake')");
    planner.Create(
        "CREATE TABLE averages (city STRING, ws TIMESTAMP(3), average DOUBLE, cnt BIGINT) WITH ('connector' = 'fake')");
    planner.Create(
        "CREATE TABLE totals (city STRING, cnt BIGINT, PRIMARY KEY (city) NOT ENFORCED) WITH ('connector' = 'fake')");
    planner.Create("CREATE TABLE readonly (a INT) WITH ('connector' = 'source')");
    planner.relations["weather"] =
        "SELECT * FROM (VALUES ('a', 1.0, 1, TIMESTAMP '2024-01-01 00:00:10'), ('a', 4.0, 2, TIMESTAMP '2024-01-01 "
        "00:00:50'), ('b', 7.0, 4, TIMESTAMP '2024-01-01 00:01:10')) AS w(city, temperature, n, ts)";
  }
  TestPlanner planner;
};

constexpr const char* kTumble =
    "SELECT city, window_start, AVG(temperature), COUNT(*) FROM TABLE(TUMBLE(TABLE weather, DESCRIPTOR(ts), INTERVAL "
    "'1' MINUTE)) GROUP BY city, "
    "window_start, window_end";

TEST_F(PlannerTest, WindowedAverage) {
  EXPECT_EQ(planner.Text(std::string("INSERT INTO averages ") + kTumble),
            "Sink(table=[`default_catalog`.`default_database`.`averages`], fields=[city, ws, average, cnt])\n"
            "+- Calc(select=[city, window_start AS ws, avg$0 AS average, count_star$1 AS cnt]), changelogMode=[I]\n"
            "   +- WindowAggregate(window=[TUMBLE(size='1' MINUTE, time=ts)], groupBy=[city], "
            "select=[avg(temperature), COUNT(*)]), changelogMode=[I]\n"
            "      +- WatermarkAssigner(rowtime=[ts], watermark=[(ts - INTERVAL '5' SECOND)]), changelogMode=[I]\n"
            "         +- TableSourceScan(table=[`default_catalog`.`default_database`.`weather`], fields=[city, "
            "temperature, ts]), changelogMode=[I]\n");
}

TEST_F(PlannerTest, WindowsRunInBatch) {
  EXPECT_EQ(planner.Rows(std::string(kTumble) + " ORDER BY city"),
            "a|2024-01-01 00:00:00|2.5|2\nb|2024-01-01 00:01:00|7.0|1");
  EXPECT_EQ(planner.Rows("SELECT city, HOP_START(ts, INTERVAL '30' SECOND, INTERVAL '1' MINUTE) AS s, SUM(n) FROM "
                         "weather GROUP BY city, HOP(ts, INTERVAL "
                         "'30' SECOND, INTERVAL '1' MINUTE) ORDER BY city, s"),
            "a|2023-12-31 23:59:30|1\na|2024-01-01 00:00:00|3\na|2024-01-01 00:00:30|2\nb|2024-01-01 "
            "00:00:30|4\nb|2024-01-01 00:01:00|4");
  EXPECT_EQ(planner.Rows("SELECT window_end, SUM(n) FROM TABLE(CUMULATE(TABLE weather, DESCRIPTOR(ts), INTERVAL '30' "
                         "SECOND, INTERVAL '1' MINUTE)) GROUP BY "
                         "window_start, window_end ORDER BY window_end"),
            "2024-01-01 00:00:30|1\n2024-01-01 00:01:00|3\n2024-01-01 00:01:30|4\n2024-01-01 00:02:00|4");
  EXPECT_EQ(planner.Rows(
                "SELECT city, window_time FROM TUMBLE(TABLE weather, DESCRIPTOR(ts), INTERVAL '1' MINUTE) WHERE n = 4"),
            "b|2024-01-01 00:01:59.999");
}

TEST_F(PlannerTest, CascadedWindows) {
  std::string inner =
      "SELECT window_start AS s, window_end AS e, window_time AS t, SUM(n) AS n FROM TABLE(TUMBLE(TABLE weather, "
      "DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY "
      "window_start, window_end, window_time";
  planner.Create("CREATE VIEW minutes AS " + inner);
  EXPECT_EQ(planner.Rows("SELECT window_start, SUM(n), COUNT(*) FROM TABLE(TUMBLE(TABLE minutes, DESCRIPTOR(t), "
                         "INTERVAL '1' HOUR)) GROUP BY window_start, "
                         "window_end"),
            "2024-01-01 00:00:00|7|2");
}

TEST_F(PlannerTest, Aggregates) {
  EXPECT_EQ(planner.Rows("SELECT city, AVG(n), SUM(n), COUNT(DISTINCT n), COUNT(*) FILTER (WHERE n > 1) FROM weather "
                         "GROUP BY city ORDER BY 1"),
            "a|1|3|2|1\nb|4|4|1|1");
  EXPECT_EQ(planner.Rows("SELECT AVG(CAST(n AS DECIMAL(10, 2))) FROM weather"), "2.333333");
  EXPECT_EQ(planner.Rows("SELECT AVG(n), COUNT(*) FROM weather WHERE n > 99"), "NULL|0");
  EXPECT_EQ(planner.Rows("SELECT UPPER(city) AS c, MAX(n) + 1 FROM weather GROUP BY UPPER(city) HAVING MAX(n) > 2"),
            "B|5");
  EXPECT_EQ(planner.Rows("SELECT DISTINCT city FROM weather ORDER BY city DESC LIMIT 1"), "b");
  EXPECT_EQ(planner.Rows("SELECT LISTAGG(city, '-'), FIRST_VALUE(n), STDDEV_POP(temperature) IS NULL FROM weather"),
            "a-a-b|1|false");
}

TEST_F(PlannerTest, QueriesOfManyShapes) {
  EXPECT_EQ(planner.Rows("WITH w AS (SELECT city, n FROM weather WHERE n > 1) SELECT a.city, b.n FROM w a JOIN w b ON "
                         "a.city = b.city ORDER BY b.n"),
            "a|2\nb|4");
  EXPECT_EQ(planner.Rows("SELECT n FROM weather UNION ALL SELECT 2.5 FROM weather WHERE city = 'b' ORDER BY n"),
            "1.0\n2.0\n2.5\n4.0");
  EXPECT_EQ(planner.Rows("SELECT city FROM weather WHERE n IN (SELECT MAX(n) FROM weather)"), "b");
  EXPECT_EQ(
      planner.Rows(
          "SELECT city, ROW_NUMBER() OVER (PARTITION BY city ORDER BY n DESC) AS r FROM weather ORDER BY city, r"),
      "a|1\na|2\nb|1");
  EXPECT_EQ(planner.Rows("SELECT city FROM weather ORDER BY n DESC LIMIT 2"), "b\na");
  EXPECT_EQ(planner.Rows("SELECT x + 1 FROM (VALUES (1), (2)) AS t(x) ORDER BY x DESC"), "3\n2");
}

TEST_F(PlannerTest, ErrorsNamePlaceAndFix) {
  EXPECT_EQ(planner.Text("SELECT temperatur FROM weather"),
            "1:8 unknown column 'temperatur'; did you mean 'temperature'? Columns here: city, temperature, n, ts");
  EXPECT_THAT(planner.Text("SELECT a.city\nFROM weather a, weather b\nWHERE city = 'x'"),
              HasSubstr("3:7 column 'city' is ambiguous"));
  EXPECT_THAT(planner.Text("SELECT city, n FROM weather GROUP BY city"),
              HasSubstr("1:14 column 'n' is neither in GROUP BY nor inside an aggregate"));
  EXPECT_THAT(planner.Text("SELECT UPPER(n) FROM weather"), HasSubstr("accepted: UPPER(STRING)"));
  EXPECT_THAT(planner.Text("SELECT UPER(city) FROM weather"), HasSubstr("did you mean UPPER?"));
  EXPECT_THAT(planner.Text("SELECT city + 1 FROM weather"), HasSubstr("STRING + INT does not exist"));
  EXPECT_THAT(planner.Text("SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE plain, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP "
                           "BY window_start, window_end"),
              HasSubstr("'plain' is none; add to its CREATE TABLE: WATERMARK FOR ts AS ts - INTERVAL '5' SECOND"));
  EXPECT_THAT(planner.Text("SELECT CAST(u AS TIMESTAMP(3)) FROM plain"), HasSubstr("use TO_TIMESTAMP_LTZ"));
  EXPECT_THAT(planner.Text("INSERT INTO readonly SELECT n FROM weather"), HasSubstr("is only a source"));
  EXPECT_THAT(planner.Text("SELECT DATE_FORMAT(ts, 'yyyy-QQ') FROM weather"), HasSubstr("1:24 date pattern"));
}

TEST_F(PlannerTest, SinksTakeOnlyWhatFits) {
  EXPECT_THAT(planner.Text("INSERT INTO totals SELECT city, COUNT(*) FROM weather GROUP BY city"),
              HasSubstr("changelogMode=[I,UB,UA]"));
  EXPECT_THAT(planner.Text("INSERT INTO averages (city, cnt) SELECT city, COUNT(*) FROM weather GROUP BY city"),
              HasSubstr("only takes new rows; use a window"));
  EXPECT_THAT(planner.Text("INSERT INTO totals (city, cnt) SELECT MAX(city), COUNT(*) FROM weather GROUP BY n"),
              HasSubstr("has PRIMARY KEY (city)"));
  EXPECT_THAT(planner.Text("INSERT INTO totals SELECT city FROM weather"), HasSubstr("the query has 1 columns"));
  EXPECT_THAT(planner.Text("INSERT INTO totals SELECT city, city FROM weather"),
              HasSubstr("write CAST(... AS BIGINT)"));
  EXPECT_THAT(planner.Text("INSERT INTO averages (city) SELECT city FROM plain"), HasSubstr("NULL AS ws"));
}

TEST_F(PlannerTest, StatementSetsShareScans) {
  std::string text = planner.Text(
      "EXECUTE STATEMENT SET BEGIN INSERT INTO averages (city) SELECT city FROM plain; INSERT INTO averages (city, ws) "
      "SELECT city, ts FROM plain WHERE u > 1; END");
  EXPECT_THAT(text, HasSubstr("fields=[city, ts, u]), changelogMode=[I] (shared #1)"));
  EXPECT_THAT(text, HasSubstr("(reuse #1)"));
}

TEST_F(PlannerTest, FiltersAreOfferedToTheScan) {
  EXPECT_THAT(planner.Text("SELECT c FROM (SELECT city AS c, u FROM plain) WHERE u > 1"),
              HasSubstr("fields=[city, u], filters=[(u > 1)]"));
}

TEST_F(PlannerTest, InstantsAreSeenInTheSessionsZone) {
  planner.settings = {{"execution.runtime-mode", "batch"}, {"table.local-time-zone", "Europe/Berlin"}};
  EXPECT_EQ(planner.Rows(
                "SELECT CAST(TO_TIMESTAMP_LTZ(1700000000000, 3) AS STRING), HOUR(TO_TIMESTAMP_LTZ(1700000000000, 3))"),
            "2023-11-14 23:13:20.000|23");
}

TEST_F(PlannerTest, SchemaAndChecks) {
  planner.Create(
      "CREATE TABLE computed (s STRING, at AS TO_TIMESTAMP(s), p AS PROCTIME(), WATERMARK FOR at AS at) WITH "
      "('connector' = 'fake')");
  auto schema = planner.planner().SchemaOf(*planner.tables["computed"]);
  ASSERT_OK(schema);
  EXPECT_EQ(schema->ToString(), "(`s` STRING, `at` TIMESTAMP(3), `p` TIMESTAMP_LTZ(3) NOT NULL)");
  EXPECT_EQ(schema->fields[1].time_attribute, data::TimeAttribute::kRowtime);
  EXPECT_EQ(schema->fields[2].time_attribute, data::TimeAttribute::kProctime);
  auto wrong =
      dialect::ParseStatement("CREATE TABLE wrong (s STRING, WATERMARK FOR s AS s) WITH ('connector' = 'fake')");
  ASSERT_OK(wrong);
  EXPECT_THAT(catalog::MakeTable(*wrong->As<dialect::CreateTable>(), {"c", "d", "wrong"}),
              HasErrorMessage("it must be TIMESTAMP(3)"));
}

}  // namespace
}  // namespace floe::sql::planner
