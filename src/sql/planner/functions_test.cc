// SPDX-License-Identifier: Apache-2.0
// Flink's documented answers, computed by DuckDB through the printed plan.
#include <gtest/gtest.h>

#include "sql/planner/planner_testing.h"

namespace floe::sql::planner {
namespace {

struct Case {
  const char* expression;
  const char* answer;
};

class FunctionsTest : public testing::TestWithParam<Case> {};

TEST_P(FunctionsTest, AnswersAsFlink) {
  TestPlanner planner;
  planner.settings["execution.runtime-mode"] = "batch";
  EXPECT_EQ(planner.Rows(std::string("SELECT ") + GetParam().expression), GetParam().answer) << GetParam().expression;
}

INSTANTIATE_TEST_SUITE_P(Arithmetic, FunctionsTest,
                         testing::Values(Case{"7 / 2", "3"}, Case{"-7 / 2", "-3"}, Case{"-7 % 3", "-1"},
                                         Case{"MOD(7, 4)", "3"}, Case{"7 / 2.0", "3.500000"},
                                         Case{"CAST(1 AS DECIMAL(10, 2)) / 3", "0.3333333333333"},
                                         Case{"1.5 * 2", "3.0"}, Case{"-(1 + 2)", "-3"},
                                         Case{"ROUND(2.345, 2)", "2.35"}, Case{"FLOOR(-1.5)", "-2"},
                                         Case{"GREATEST(1, NULL, 3)", "NULL"}, Case{"LEAST(3, 2)", "2"},
                                         Case{"TRUNCATE(42.345, 2)", "42.34"}, Case{"POWER(2, 10)", "1024.0"},
                                         Case{"LOG(2, 8)", "3.0"}, Case{"ABS(-5)", "5"}));

INSTANTIATE_TEST_SUITE_P(
    Casts, FunctionsTest,
    testing::Values(Case{"CAST('1.9' AS INT)", "1"}, Case{"CAST(1.9 AS INT)", "1"}, Case{"CAST(-1.9E0 AS INT)", "-1"},
                    Case{"TRY_CAST('abc' AS INT)", "NULL"}, Case{"CAST(' 12 ' AS BIGINT)", "12"},
                    Case{"CAST(TRUE AS STRING)", "TRUE"}, Case{"CAST(1E10 AS STRING)", "1.0E10"},
                    Case{"CAST(72.5E0 AS STRING)", "72.5"},
                    Case{"CAST(TIMESTAMP '2024-01-02 03:04:05' AS STRING)", "2024-01-02 03:04:05"},
                    Case{"CAST(CAST('2024-01-02 03:04:05.678' AS TIMESTAMP(3)) AS STRING)", "2024-01-02 03:04:05.678"},
                    Case{"CAST(TIMESTAMP '2024-01-02 03:04:05.678' AS TIMESTAMP(0))", "2024-01-02 03:04:05"},
                    Case{"CAST('abcdef' AS VARCHAR(3))", "abc"}, Case{"CAST('t' AS BOOLEAN)", "true"},
                    Case{"TRY_CAST('x' AS TIMESTAMP(3))", "NULL"}, Case{"CAST('2024-01-31' AS DATE)", "2024-01-31"},
                    Case{"CAST(ROW(1, 'x') AS ROW<a INT, b STRING>)", "{'a': 1, 'b': x}"}));

INSTANTIATE_TEST_SUITE_P(
    Text, FunctionsTest,
    testing::Values(Case{"'a' || 'b'", "ab"}, Case{"CONCAT('a', NULL, 'b')", "NULL"},
                    Case{"CONCAT_WS('-', 'a', NULL, 'b')", "a-b"}, Case{"SUBSTRING('hello', 2, 3)", "ell"},
                    Case{"SUBSTRING('hello' FROM 2 FOR 3)", "ell"}, Case{"SUBSTRING('hello', 0, 2)", "he"},
                    Case{"TRIM('  a ')", "a"}, Case{"TRIM(BOTH 'x' FROM 'xxaxx')", "a"},
                    Case{"SPLIT_INDEX('a,b,c', ',', 1)", "b"}, Case{"SPLIT_INDEX('a,b', ',', 5)", "NULL"},
                    Case{"REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 2)", "bar"},
                    Case{"REGEXP_EXTRACT('x', 'y')", "NULL"}, Case{"REGEXP_REPLACE('foobar', 'oo|ar', '')", "fb"},
                    Case{"INITCAP('hello wORLD')", "Hello World"}, Case{"LPAD('hi', 4, '?')", "??hi"},
                    Case{"POSITION('b' IN 'abc')", "2"},
                    Case{"OVERLAY('xxxxxtest' PLACING 'xxxx' FROM 6)", "xxxxxxxxx"},
                    Case{"FROM_BASE64(TO_BASE64('hello'))", "hello"}, Case{"CHAR_LENGTH('häh')", "3"},
                    Case{"'abc' LIKE 'a%'", "true"}, Case{"PARSE_URL('http://a.b/c?x=1', 'HOST')", "a.b"},
                    Case{"MD5('a')", "0cc175b9c0f1b6a831c399e269772661"}));

INSTANTIATE_TEST_SUITE_P(
    Time, FunctionsTest,
    testing::Values(
        Case{"DATE_FORMAT(TIMESTAMP '2024-01-02 03:04:05', 'yyyy/MM/dd HH-mm')", "2024/01/02 03-04"},
        Case{"TO_TIMESTAMP('2024-01-02 03:04:05')", "2024-01-02 03:04:05"}, Case{"TO_TIMESTAMP('bad')", "NULL"},
        Case{"TO_TIMESTAMP('02.01.2024', 'dd.MM.yyyy')", "2024-01-02 00:00:00"},
        Case{"TO_TIMESTAMP_LTZ(1700000000000, 3)", "2023-11-14 22:13:20+00"},
        Case{"TO_TIMESTAMP_LTZ(1700000000, 0)", "2023-11-14 22:13:20+00"},
        Case{"EXTRACT(HOUR FROM TIMESTAMP '2024-01-02 03:04:05')", "3"}, Case{"DAYOFWEEK(DATE '2024-01-07')", "1"},
        Case{"TIMESTAMPDIFF(HOUR, TIMESTAMP '2024-01-01 00:30:00', TIMESTAMP '2024-01-01 02:00:00')", "1"},
        Case{"TIMESTAMPDIFF(SECOND, TIMESTAMP '2024-01-01 00:00:00.9999', TIMESTAMP '2024-01-01 00:00:01.9990')", "1"},
        Case{"TIMESTAMPDIFF(SECOND, TIMESTAMP '1969-12-31 23:59:59.0005', TIMESTAMP '1969-12-31 23:59:57.0009')", "-2"},
        Case{"TIMESTAMPDIFF(DAY, TIMESTAMP '2024-01-02 00:00:00', TIMESTAMP '2024-01-01 00:00:01')", "0"},
        Case{"TIMESTAMPDIFF(WEEK, DATE '2024-01-01', DATE '2024-01-14')", "1"},
        Case{"TIMESTAMPDIFF(DAY, DATE '2024-01-03', TIMESTAMP '2024-01-01 12:00:00')", "-1"},
        Case{"TIMESTAMPDIFF(MONTH, DATE '2024-01-31', DATE '2024-02-29')", "1"},
        Case{"TIMESTAMPDIFF(MONTH, DATE '2024-01-31', DATE '2024-02-28')", "0"},
        Case{"TIMESTAMPDIFF(MONTH, DATE '2024-02-29', DATE '2024-01-31')", "-1"},
        Case{"TIMESTAMPDIFF(MONTH, DATE '2024-03-31', DATE '2024-02-29')", "-1"},
        Case{"TIMESTAMPDIFF(MONTH, TIMESTAMP '2024-01-31 12:00:00', TIMESTAMP '2024-02-29 11:00:00')", "0"},
        Case{"TIMESTAMPDIFF(MONTH, TIMESTAMP '2024-01-15 12:00:00', TIMESTAMP '2024-03-15 12:00:00')", "2"},
        Case{"TIMESTAMPDIFF(MONTH, TIMESTAMP '2024-02-01 10:00:00', TIMESTAMP '2024-01-01 12:00:00')", "-1"},
        Case{"TIMESTAMPDIFF(MONTH, TIMESTAMP '2024-02-01 12:00:00', TIMESTAMP '2024-01-01 10:00:00')", "-2"},
        Case{"TIMESTAMPDIFF(YEAR, DATE '2020-02-29', DATE '2021-02-28')", "1"},
        Case{"TIMESTAMPDIFF(YEAR, DATE '2021-03-01', DATE '2020-03-02')", "0"},
        Case{"TIMESTAMPDIFF(QUARTER, TIMESTAMP '1969-11-30 00:00:00', TIMESTAMP '1970-06-01 00:00:00')", "2"},
        Case{"TIMESTAMPADD(MONTH, 1, DATE '2024-01-31')", "2024-02-29"},
        Case{"FLOOR(TIMESTAMP '2024-01-02 03:04:05' TO HOUR)", "2024-01-02 03:00:00"},
        Case{"CEIL(TIMESTAMP '2024-01-02 03:04:05' TO HOUR)", "2024-01-02 04:00:00"},
        Case{"TIMESTAMP '2024-01-01 00:00:00' + INTERVAL '90' SECOND", "2024-01-01 00:01:30"},
        Case{"TIMESTAMP '2024-01-31 00:00:00' + INTERVAL '1' MONTH", "2024-02-29 00:00:00"},
        Case{"CURRENT_TIMESTAMP", "2023-11-14 22:13:20+00"}, Case{"FROM_UNIXTIME(1700000000)", "2023-11-14 22:13:20"},
        Case{"UNIX_TIMESTAMP('2023-11-14 22:13:20')", "1700000000"},
        Case{"date_trunc('hour', TIMESTAMP '2024-01-02 03:04:05')", "2024-01-02 03:00:00"},
        Case{"DATE '2024-01-01' + INTERVAL '1' DAY", "2024-01-02"}));

INSTANTIATE_TEST_SUITE_P(
    Others, FunctionsTest,
    testing::Values(Case{"CASE WHEN 1 > 2 THEN 'a' ELSE 'bcd' END", "bcd"}, Case{"COALESCE(NULL, 1, 2)", "1"},
                    Case{"NULLIF(1, 1)", "NULL"}, Case{"IF(TRUE, 1, 2)", "1"},
                    Case{"JSON_VALUE('{\"a\": {\"b\": \"x\"}}', '$.a.b')", "x"}, Case{"JSON_VALUE('{', '$.a')", "NULL"},
                    Case{"JSON_VALUE('{\"a\": [1]}', '$.a')", "NULL"}, Case{"JSON_QUERY('{\"a\": [1]}', '$.a')", "[1]"},
                    Case{"JSON_EXISTS('{\"a\": 1}', '$.a')", "true"}, Case{"CARDINALITY(ARRAY[1, 2])", "2"},
                    Case{"ARRAY['a', 'bc'][2]", "bc"}, Case{"MAP['k', 1]['k']", "1"},
                    Case{"ARRAY_CONTAINS(ARRAY[1, 2], 2)", "true"}, Case{"1 IN (1, 2)", "true"},
                    Case{"2 BETWEEN 1 AND 3", "true"}, Case{"NULL IS NULL", "true"},
                    Case{"CAST(NULL AS BOOLEAN) IS TRUE", "false"}));

TEST(FunctionErrorsTest, DivisionByZeroIsAnError) {
  TestPlanner planner;
  EXPECT_NE(planner.Rows("SELECT a / 0 FROM (VALUES (1)) AS t(a)").find("division by zero"), std::string::npos);
  EXPECT_NE(planner.Rows("SELECT a / 0.0 FROM (VALUES (1)) AS t(a)").find("division by zero"), std::string::npos);
}

}  // namespace
}  // namespace floe::sql::planner
