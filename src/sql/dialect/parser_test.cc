// SPDX-License-Identifier: Apache-2.0
#include "sql/dialect/parser.h"

#include <gtest/gtest.h>

#include "base/matchers.h"
#include "sql/dialect/unparser.h"

namespace floe::sql::dialect {
namespace {

Statement Parse(std::string_view sql) {
  auto statement = ParseStatement(sql);
  EXPECT_TRUE(statement.has_value()) << (statement ? "" : RenderError(sql, statement.error()));
  return statement ? std::move(*statement) : Statement();
}

std::string Expr(std::string_view sql) {
  auto expression = ParseExpression(sql);
  if (!expression) return RenderError(sql, expression.error());
  return ToSql(*expression);
}

TEST(ParseExpression, PrecedenceIsCalcites) {
  struct Case {
    const char* sql;
    const char* printed;
  };
  for (const Case& c : {
           Case{"a OR b AND NOT c = d", "`a` OR `b` AND NOT `c` = `d`"},
           Case{"(a OR b) AND c", "(`a` OR `b`) AND `c`"},
           Case{"a - (b - c) - d", "`a` - (`b` - `c`) - `d`"},
           Case{"a * (b + c) % 2", "`a` * (`b` + `c`) % 2"},
           Case{"a = b IS NULL", "`a` = `b` IS NULL"},
           Case{"a = (b IS NULL)", "`a` = (`b` IS NULL)"},
           Case{"a = b IN (1, 2)", "`a` = `b` IN (1, 2)"},
           Case{"(a = b) IN (TRUE)", "(`a` = `b`) IN (TRUE)"},
           Case{"a BETWEEN 1 AND 2 AND b", "`a` BETWEEN 1 AND 2 AND `b`"},
           Case{"a NOT BETWEEN SYMMETRIC 1 + 1 AND 2", "`a` NOT BETWEEN SYMMETRIC 1 + 1 AND 2"},
           Case{"- - a", "-(-`a`)"},
           Case{"-a.b[1].c", "-`a`.`b`[1].`c`"},
           Case{"(a).b", "(`a`).`b`"},
           Case{"a || b = 'x''y'", "`a` || `b` = 'x''y'"},
           Case{"a IS NOT DISTINCT FROM b + 1", "`a` IS NOT DISTINCT FROM `b` + 1"},
           Case{"a NOT LIKE '%!%' ESCAPE '!' OR b SIMILAR TO 'c'",
                "`a` NOT LIKE '%!%' ESCAPE '!' OR `b` SIMILAR TO 'c'"},
           Case{"x IS JSON ARRAY", "`x` IS JSON ARRAY"},
           Case{"a <> ALL (SELECT b FROM t)", "`a` <> ALL (SELECT `b` FROM `t`)"},
           Case{"(1, 'a')", "ROW(1, 'a')"},
           Case{"((SELECT 1) + 2)", "(SELECT 1) + 2"},
           Case{"CASE a WHEN 1 THEN 'x' ELSE 'y' END", "CASE `a` WHEN 1 THEN 'x' ELSE 'y' END"},
           Case{"TRY_CAST(a AS DECIMAL(10, 2))", "TRY_CAST(`a` AS DECIMAL(10, 2))"},
           Case{"INTERVAL -'1-2' YEAR(4) TO MONTH", "INTERVAL -'1-2' YEAR(4) TO MONTH"},
           Case{"INTERVAL '5' MINUTES", "INTERVAL '5' MINUTE"},
           Case{"INTERVAL '1 02:03:04.5' DAY TO SECOND(3)", "INTERVAL '1 02:03:04.5' DAY TO SECOND(3)"},
           Case{"U&'d\\0061t\\+000061'", "'data'"},
           Case{"U&'d!0061' UESCAPE '!'", "'da'"},
           Case{"X'0aFf'", "X'0AFF'"},
           Case{"'a'\n'b'", "'ab'"},
           Case{".5 + 1e-3", ".5 + 1e-3"},
           Case{"EXTRACT(HOUR FROM ts)", "EXTRACT(HOUR FROM `ts`)"},
           Case{"TRIM(LEADING 'x' FROM a)", "TRIM(LEADING 'x' FROM `a`)"},
           Case{"TRIM(a)", "TRIM(`a`)"},
           Case{"SUBSTRING(a FROM 2 FOR 3)", "SUBSTRING(`a`, 2, 3)"},
           Case{"POSITION('a' IN b)", "POSITION('a' IN `b`)"},
           Case{"OVERLAY(a PLACING b FROM 1)", "OVERLAY(`a`, `b`, 1)"},
           Case{"FLOOR(ts TO HOUR)", "FLOOR(`ts` TO HOUR)"},
           Case{"TIMESTAMPDIFF(SECOND, a, b)", "TIMESTAMPDIFF(SECOND, `a`, `b`)"},
           Case{"COUNT(DISTINCT a) FILTER (WHERE b > 1)", "COUNT(DISTINCT `a`) FILTER (WHERE `b` > 1)"},
           Case{"LAG(a, 1) OVER (PARTITION BY b ORDER BY c DESC NULLS LAST)",
                "LAG(`a`, 1) OVER (PARTITION BY `b` ORDER BY `c` DESC NULLS LAST)"},
           Case{"SUM(a) OVER (ORDER BY c RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW)",
                "SUM(`a`) OVER (ORDER BY `c` RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW)"},
           Case{"JSON_VALUE(j, '$.a' RETURNING INT NULL ON EMPTY ERROR ON ERROR)",
                "JSON_VALUE(`j`, '$.a' RETURNING INT NULL ON EMPTY ERROR ON ERROR)"},
           Case{"JSON_OBJECT('k' VALUE 1, KEY 'l' VALUE a ABSENT ON NULL)",
                "JSON_OBJECT(KEY 'k' VALUE 1, KEY 'l' VALUE `a` ABSENT ON NULL)"},
           Case{"LEFT(a, 2)", "LEFT(`a`, 2)"},
           Case{"CURRENT_TIMESTAMP", "CURRENT_TIMESTAMP"},
           Case{"`CURRENT_TIMESTAMP`", "`CURRENT_TIMESTAMP`"},
           Case{"hour(ts) = 14", "hour(`ts`) = 14"},
           Case{"MAP['a', ARRAY[1, 2]]['a'][1]", "MAP['a', ARRAY[1, 2]]['a'][1]"},
           Case{"f(x => 1, y => DESCRIPTOR(ts))", "f(`x` => 1, `y` => DESCRIPTOR(`ts`))"},
       }) {
    EXPECT_EQ(Expr(c.sql), c.printed) << c.sql;
    EXPECT_EQ(Expr(c.printed), c.printed);
  }
}

TEST(ParseType, FlinksTypes) {
  struct Case {
    const char* sql;
    const char* type;
  };
  for (const Case& c : {
           Case{"VARCHAR", "STRING"},
           Case{"VARCHAR(255) NOT NULL", "VARCHAR(255) NOT NULL"},
           Case{"CHARACTER VARYING(3)", "VARCHAR(3)"},
           Case{"DOUBLE PRECISION", "DOUBLE"},
           Case{"NUMERIC(10)", "DECIMAL(10, 0)"},
           Case{"TIMESTAMP", "TIMESTAMP(6)"},
           Case{"TIMESTAMP(3) WITHOUT TIME ZONE", "TIMESTAMP(3)"},
           Case{"TIMESTAMP(3) WITH LOCAL TIME ZONE", "TIMESTAMP_LTZ(3)"},
           Case{"TIMESTAMP WITH TIME ZONE", "TIMESTAMP_LTZ(6)"},
           Case{"ROW<a INT 'the a', b ARRAY<MAP<STRING, INT NOT NULL>>>",
                "ROW<`a` INT, `b` ARRAY<MAP<STRING, INT NOT NULL>>>"},
           Case{"ROW(a INT, b STRING)", "ROW<`a` INT, `b` STRING>"},
           Case{"INT ARRAY NOT NULL MULTISET", "MULTISET<ARRAY<INT> NOT NULL>"},
           Case{"INTERVAL DAY(2) TO SECOND(3)", "INTERVAL DAY TO SECOND(3)"},
           Case{"INTERVAL YEAR", "INTERVAL YEAR TO MONTH"},
       }) {
    auto type = ParseType(c.sql);
    ASSERT_OK(type) << c.sql;
    EXPECT_EQ(type->type.ToString(), c.type) << c.sql;
  }
  EXPECT_EQ(ParseType("RAW('a.B', 'xyz')")->unresolved, "RAW('a.B', 'xyz')");
  EXPECT_EQ(ToSql(*ParseType("ROW<a INT 'it''s'>")), "ROW<`a` INT 'it''s'>");
}

TEST(ParseStatement, CreateTableKeepsEveryClause) {
  Statement statement = Parse(
      "CREATE TEMPORARY TABLE IF NOT EXISTS db.t (\n"
      "  id BIGINT, `offset` BIGINT METADATA VIRTUAL, ts TIMESTAMP(3) METADATA FROM 'timestamp',\n"
      "  doubled AS id * 2 COMMENT 'twice', pt AS PROCTIME(),\n"
      "  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,\n"
      "  CONSTRAINT pk PRIMARY KEY (id) NOT ENFORCED\n"
      ") COMMENT 'c' DISTRIBUTED BY HASH(id) INTO 4 BUCKETS PARTITIONED BY (id) WITH ('connector' = 'kafka')\n"
      "LIKE base (INCLUDING ALL EXCLUDING OPTIONS)");
  const auto* table = statement.As<CreateTable>();
  ASSERT_NE(table, nullptr);
  EXPECT_TRUE(table->temporary && table->if_not_exists);
  ASSERT_EQ(table->columns.size(), 5u);
  EXPECT_TRUE(std::get<MetadataColumn>(table->columns[1].definition).is_virtual);
  EXPECT_EQ(std::get<MetadataColumn>(table->columns[2].definition).key, "timestamp");
  EXPECT_EQ(table->columns[3].comment, "twice");
  EXPECT_EQ(table->columns[3].span.position, (TextPosition{3, 3}));
  EXPECT_EQ(table->watermarks[0].column[0].text, "ts");
  EXPECT_EQ(table->primary_keys[0].constraint.text, "pk");
  EXPECT_FALSE(table->primary_keys[0].enforced);
  EXPECT_EQ(table->distribution->buckets, 4);
  EXPECT_EQ(table->like->options[1].feature, "OPTIONS");
}

TEST(ParseStatement, TrinoAndSparkSpellPartitionsTheirWay) {
  Statement trino = Parse(
      "CREATE TABLE iceberg.default.weather (city VARCHAR, ts TIMESTAMP WITH TIME ZONE) "
      "WITH (format = 'PARQUET', format_version = 2, partitioning = ARRAY['hour(ts)', 'bucket(city, 4)'])");
  const auto* table = trino.As<CreateTable>();
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->partitioned_by[0].ToString(), "hour(ts)");
  EXPECT_EQ(table->partitioned_by[1].ToString(), "bucket(city, 4)");
  ASSERT_EQ(table->options.size(), 2u);
  EXPECT_EQ(table->options[1].value, "2");

  Statement spark = Parse(
      "CREATE TABLE db.t (a INT, ts TIMESTAMP) USING iceberg PARTITIONED BY (hours(ts), bucket(16, a), a) "
      "TBLPROPERTIES ('k'='v')");
  table = spark.As<CreateTable>();
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table->provider, "iceberg");
  EXPECT_EQ(table->partitioned_by[0].ToString(), "hour(ts)");
  EXPECT_EQ(table->partitioned_by[1].ToString(), "bucket(a, 16)");
  EXPECT_EQ(table->partitioned_by[2].ToString(), "a");
}

TEST(ParseStatement, TimeTravelInBothSpellings) {
  for (const char* sql :
       {"SELECT * FROM t FOR TIMESTAMP AS OF TIMESTAMP '2024-02-01 12:00:00' AS x",
        "SELECT * FROM t TIMESTAMP AS OF '2024-02-01' x", "SELECT * FROM t FOR VERSION AS OF 123",
        "SELECT * FROM t VERSION AS OF 'main'", "SELECT * FROM o JOIN d FOR SYSTEM_TIME AS OF o.p AS x ON o.a = x.a"}) {
    Parse(sql);
  }
  Statement statement =
      Parse("SELECT * FROM nessie.\"default\".t FOR TIMESTAMP AS OF TIMESTAMP '2024-02-01 12:00:00' WHERE a = true");
  const auto& select = std::get<Select>(statement.As<QueryStatement>()->query.body);
  const auto* named = select.from->As<NamedTable>();
  ASSERT_NE(named, nullptr);
  EXPECT_EQ(named->as_of->kind, TravelKind::kTimestamp);
  EXPECT_EQ(named->name.ToString(), "nessie.default.t");
}

TEST(ParseStatement, SpansAreExact) {
  std::string_view sql = "SELECT a,\n  cöl + 1 AS x\nFROM t";
  Statement statement = Parse(sql);
  const auto& select = std::get<Select>(statement.As<QueryStatement>()->query.body);
  const Expression& sum = select.items[1].expression;
  EXPECT_EQ(sum.span.In(sql), "cöl + 1");
  EXPECT_EQ(sum.span.position, (TextPosition{2, 3}));
  EXPECT_EQ(sum.As<Binary>()->right->span.position, (TextPosition{2, 9}));  // columns count characters, not bytes
  EXPECT_EQ(statement.span.In(sql), sql);
}

TEST(ParseStatement, SetKeepsTheOldSpelling) {
  EXPECT_EQ(Parse("SET execution.checkpointing.interval = 10s;").As<Set>()->option->value, "10s");
  EXPECT_EQ(Parse("SET state.dir=s3://b/x ;").As<Set>()->option->value, "s3://b/x");
  EXPECT_EQ(Parse("SET 'a' = 'b'").As<Set>()->option->key, "a");
  EXPECT_FALSE(Parse("SET;").As<Set>()->option.has_value());
  EXPECT_EQ(Parse("RESET 'a'").As<Reset>()->key, "a");
}

TEST(ParseErrors, SayWhereWhatAndHowToFix) {
  struct Case {
    const char* sql;
    TextPosition position;
    const char* text;
  };
  for (const Case& c : {
           Case{"SELEC 1", {1, 1}, "did you mean SELECT?"},
           Case{"SELECT a FORM t", {1, 15}, "did you mean FROM instead of 'FORM' at line 1, column 10?"},
           Case{"CREATE TABEL t (a INT)", {1, 8}, "did you mean TABLE?"},
           Case{"CREATE TABLE t (a INT b INT)", {1, 23}, "is a ',' missing before it?"},
           Case{"CREATE TABLE t (a INT,)", {1, 22}, "nothing follows this ','"},
           Case{"CREATE TABLE t (order INT)", {1, 17}, "put it in back-ticks: `order`"},
           Case{"CREATE TABLE t (a TEXT)", {1, 19}, "use STRING"},
           Case{"CREATE TABLE t (a STRNG)", {1, 19}, "did you mean STRING?"},
           Case{"CREATE TABLE t (a DECIMAL(40))", {1, 27}, "1 to 38"},
           Case{"CREATE TABLE t (a INT) WITH (\"connector\" = 'x')", {1, 30}, "write 'connector'"},
           Case{"CREATE TABLE t (a INT) WITH ('connector' = kafka)", {1, 44}, "write 'kafka'"},
           Case{"CREATE TABLE t (a INT) WITH ('a' = 'b' 'c' = 'd')", {1, 40}, "missing ',' before 'c'"},
           Case{"CREATE TABLE t (a INT) WHIT ('a' = 'b')", {1, 24}, "did you mean WITH?"},
           Case{"CREATE TABLE t (a INT, WATERMARK FOR a - 1)", {1, 40}, "WATERMARK FOR ts AS"},
           Case{"SELECT (a + 1 FROM t", {1, 8}, "never closed"},
           Case{"SELECT f(a, b", {1, 9}, "never closed"},
           Case{"SELECT a) FROM t", {1, 9}, "closes nothing"},
           Case{"SELECT\n 'abc FROM t", {2, 2}, "never closed"},
           Case{"SELECT `abc FROM t", {1, 8}, "never closed"},
           Case{"SELECT 1 /* x", {1, 10}, "comment is never closed"},
           Case{"SELECT a, FROM t", {1, 9}, "nothing follows this ','"},
           Case{"SELECT a == b", {1, 10}, "write = to compare"},
           Case{"SELECT a::INT", {1, 9}, "CAST"},
           Case{"SELECT \xE2\x80\x98x\xE2\x80\x99", {1, 8}, "typographic quote"},
           Case{"SELECT INTERVAL 5 MINUTE", {1, 17}, "INTERVAL '5' MINUTE"},
           Case{"SELECT * FROM a JOIN b WHERE x", {1, 17}, "no condition"},
           Case{"SELECT * FROM SELECT 1", {1, 15}, "in parentheses"},
           Case{"SELECT a FROM t GROUP BY a WHERE b", {1, 28}, "too late"},
           Case{"SELECT 1a", {1, 8}, "back-ticks"},
           Case{"VALUES (1, 2), (3)", {1, 16}, "1 values, the first row has 2"},
           Case{"SELECT CASE WHEN a THEN b", {1, 8}, "add END"},
           Case{"SELECT 1; SELECT 2", {1, 11}, "second statement"},
           Case{"EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1;", {1, 1}, "never closed"},
           Case{"SELECT * FROM a.b.c.d.e", {1, 15}, "at most 4"},
           Case{"", {1, 1}, "expected a statement, found the end"},
           Case{"ANALYZE TABLE t COMPUTE STATISTICS", {1, 1}, "ANALYZE is not supported"},
       }) {
    auto statement = ParseStatement(c.sql);
    ASSERT_FALSE(statement.has_value()) << c.sql;
    EXPECT_THAT(statement.error().message(), ::testing::HasSubstr(c.text)) << c.sql;
    EXPECT_EQ(statement.error().position(), c.position) << c.sql << "\n" << RenderError(c.sql, statement.error());
  }
}

TEST(ParseLimits, DeepAndLongTextIsAnErrorNotACrash) {
  auto repeat = [](std::string_view text, int n) {
    std::string out;
    for (int i = 0; i < n; ++i) out += text;
    return out;
  };
  for (const std::string& sql :
       {"SELECT " + repeat("(", 20000), "SELECT " + repeat("- ", 20000) + "1", "SELECT " + repeat("NOT ", 20000) + "a",
        "SELECT 1" + repeat(" + 1", 20000), "SELECT a" + repeat("[1]", 20000), "SELECT f(1)" + repeat(".a", 20000),
        "SELECT " + repeat("f(", 20000), "SELECT 1" + repeat(" UNION ALL SELECT 1", 20000),
        "SELECT * FROM a" + repeat(" CROSS JOIN a", 20000), "SELECT * FROM " + repeat("(", 20000) + "SELECT",
        "SELECT CAST(a AS " + repeat("ARRAY<", 20000), "SELECT CAST(a AS INT" + repeat(" ARRAY", 20000),
        "SELECT 1" + repeat(" IS NULL", 20000), "SELECT a FROM t GROUP BY " + repeat("ROLLUP(", 20000),
        "SELECT " + repeat("CASE WHEN ", 20000), "SELECT * FROM " + repeat("LATERAL (SELECT * FROM ", 10000)}) {
    EXPECT_THAT(ParseStatement(sql), IsError(ErrorKind::kTooLarge)) << sql.substr(0, 40);
  }
  EXPECT_OK(ParseStatement("SELECT " + repeat("(", 60) + "1" + repeat(")", 60)));
  EXPECT_OK(ParseStatement("SELECT 1" + repeat(" + 1", 900)));
  EXPECT_OK(ParseStatement("INSERT INTO t VALUES (1)" + repeat(", (1)", 20000)));
  EXPECT_THAT(ParseStatement("SELECT 1", {.max_bytes = 7}), IsError(ErrorKind::kTooLarge));
  EXPECT_THAT(ParseStatement("SELECT '\xFF'"), IsError(ErrorKind::kInvalidInput));
}

TEST(SplitScript, MindsQuotesCommentsAndStatementSets) {
  std::string_view sql =
      "-- a ; comment\nSELECT ';', `;` FROM t; /* ; */\n\n;EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT CASE WHEN "
      "x THEN 1 END FROM b; INSERT INTO c SELECT 1; END;\n"
      "BEGIN STATEMENT SET; INSERT INTO a SELECT 1; END; SET x = 10s; SELECT 2";
  auto parts = SplitScript(sql);
  ASSERT_EQ(parts.size(), 5u);
  EXPECT_EQ(parts[0].span.In(sql), "SELECT ';', `;` FROM t");
  EXPECT_EQ(parts[0].span.position, (TextPosition{2, 1}));
  EXPECT_TRUE(parts[1].span.In(sql).ends_with("END"));
  EXPECT_TRUE(parts[2].span.In(sql).starts_with("BEGIN") && parts[2].span.In(sql).ends_with("END"));
  EXPECT_EQ(parts[3].span.In(sql), "SET x = 10s");
  EXPECT_EQ(parts[4].span.In(sql), "SELECT 2");
  EXPECT_FALSE(parts[4].complete);
  for (const auto& part : parts) EXPECT_OK(ParseStatement(part.span.In(sql), {}, part.span.position));

  auto open = SplitScript("SELECT 1; SELECT 'a;");
  ASSERT_EQ(open.size(), 2u);
  EXPECT_FALSE(open[1].complete);
  auto bad = SplitScript("SELECT 1a; SELECT 2;");
  ASSERT_EQ(bad.size(), 2u);
  EXPECT_TRUE(bad[0].complete && bad[1].complete);
  EXPECT_TRUE(SplitScript(" ;; -- x\n").empty());
  EXPECT_EQ(ParseScript(sql)->size(), 5u);
}

TEST(SplitScript, PositionsCountFromTheScript) {
  std::string_view sql = "SELECT 1;\n\n  SELECT a,, b;";
  auto parts = SplitScript(sql);
  ASSERT_EQ(parts.size(), 2u);
  auto error = ParseStatement(parts[1].span.In(sql), {}, parts[1].span.position);
  ASSERT_FALSE(error.has_value());
  EXPECT_EQ(error.error().position(), (TextPosition{3, 12}));
}

TEST(RenderError, ShowsTheLineAndACaret) {
  std::string_view sql = "SELECT a\nFROM t\tWHERE ö = == b";
  auto error = ParseStatement(sql);
  ASSERT_FALSE(error.has_value());
  EXPECT_EQ(RenderError(sql, error.error()),
            "error at line 2, column 18: '==' is not an operator here; write = to compare\n"
            "  2 | FROM t WHERE ö = == b\n"
            "    |                  ^");
  EXPECT_EQ(RenderError(sql, Error(ErrorKind::kIo, "x")), "error: x");
  std::string longer = "SELECT " + std::string(500, 'a') + ", " + std::string(500, 'b') + " c d";
  auto wide = ParseStatement(longer);
  ASSERT_FALSE(wide.has_value());
  EXPECT_LT(RenderError(longer, wide.error()).size(), 400u);
}

}  // namespace
}  // namespace floe::sql::dialect
