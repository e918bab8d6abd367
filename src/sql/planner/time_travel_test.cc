// SPDX-License-Identifier: Apache-2.0
#include "sql/planner/time_travel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/planner/planner_testing.h"

namespace floe::sql::planner {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class TimeTravelTest : public testing::Test {
 protected:
  void SetUp() override {
    planner.settings["execution.runtime-mode"] = "batch";
    planner.Create("CREATE TABLE v (a INT) WITH ('connector' = 'iceberg')");
  }
  /// "2024-01-31 12:00:00.000 UTC", or the error.
  std::string At(const std::string& expression, const std::string& zone = "UTC") {
    planner.settings["table.local-time-zone"] = zone;
    std::string text = planner.Text("SELECT * FROM v FOR TIMESTAMP AS OF " + expression);
    std::size_t begin = text.find("as_of=");
    if (begin == std::string::npos) return text;
    begin += 6;
    return text.substr(begin, text.find_first_of(",)]", begin) - begin);
  }
  TestPlanner planner;  // its clock stands at 2023-11-14 22:13:20
};

TEST_F(TimeTravelTest, ATimestampIsTheSessionsWallClock) {
  const char* noon = "TIMESTAMP '2024-01-31 12:00:00'";
  EXPECT_EQ(At(noon), "2024-01-31 12:00:00.000 UTC");
  EXPECT_EQ(At(noon, "+02:00"), "2024-01-31 10:00:00.000 UTC");
  EXPECT_EQ(At(noon, "Asia/Kolkata"), "2024-01-31 06:30:00.000 UTC");
  EXPECT_EQ(At(noon, "Europe/Berlin"), "2024-01-31 11:00:00.000 UTC");
  EXPECT_EQ(At("TIMESTAMP '2024-07-31 12:00:00'", "Europe/Berlin"), "2024-07-31 10:00:00.000 UTC");
}

// The answers of java.time: LocalDateTime.atZone(zone).toInstant().
TEST_F(TimeTravelTest, ClocksThatChangeAreReadAsInJava) {
  // 02:30 comes twice: the first one.
  EXPECT_EQ(At("TIMESTAMP '2024-10-27 02:30:00'", "Europe/Berlin"), "2024-10-27 00:30:00.000 UTC");
  EXPECT_EQ(At("TIMESTAMP '2024-10-27 02:00:00'", "Europe/Berlin"), "2024-10-27 00:00:00.000 UTC");
  EXPECT_EQ(At("TIMESTAMP '2024-10-27 03:00:00'", "Europe/Berlin"), "2024-10-27 02:00:00.000 UTC");
  EXPECT_EQ(At("TIMESTAMP '2024-10-27 01:59:59'", "Europe/Berlin"), "2024-10-26 23:59:59.000 UTC");
  EXPECT_EQ(At("TIMESTAMP '2024-11-03 01:30:00'", "America/New_York"), "2024-11-03 05:30:00.000 UTC");
  EXPECT_EQ(At("TIMESTAMP '2024-04-07 01:45:00'", "Australia/Lord_Howe"), "2024-04-06 14:45:00.000 UTC");
  // 02:30 does not come: as 03:30.
  EXPECT_EQ(At("TIMESTAMP '2024-03-31 02:30:00'", "Europe/Berlin"), "2024-03-31 01:30:00.000 UTC");
  EXPECT_EQ(At("TIMESTAMP '2024-03-31 03:00:00'", "Europe/Berlin"), "2024-03-31 01:00:00.000 UTC");
  EXPECT_EQ(At("TIMESTAMP '2024-03-10 02:30:00'", "America/New_York"), "2024-03-10 07:30:00.000 UTC");
}

TEST_F(TimeTravelTest, TakesConstantExpressions) {
  EXPECT_EQ(At("TIMESTAMP '2024-01-31 12:00:00' - INTERVAL '10' SECOND"), "2024-01-31 11:59:50.000 UTC");
  EXPECT_EQ(At("TIMESTAMP '2024-01-31 12:00:00' + INTERVAL '1' MONTH"), "2024-02-29 12:00:00.000 UTC");
  EXPECT_EQ(At("TIMESTAMP '2024-01-31 12:00:00' - INTERVAL '10' SECOND", "Asia/Kolkata"),
            "2024-01-31 06:29:50.000 UTC");
  EXPECT_EQ(At("TO_TIMESTAMP_LTZ(1700000000123, 3)", "Europe/Berlin"), "2023-11-14 22:13:20.123 UTC");
  EXPECT_EQ(At("TO_TIMESTAMP_LTZ(1700000000, 0)"), "2023-11-14 22:13:20.000 UTC");
  EXPECT_EQ(At("CAST('2024-01-31 12:00:00' AS TIMESTAMP_LTZ(3))", "Europe/Berlin"), "2024-01-31 11:00:00.000 UTC");
  EXPECT_EQ(At("CAST(TIMESTAMP '2024-01-31 12:00:00' AS TIMESTAMP_LTZ(3))"), "2024-01-31 12:00:00.000 UTC");
  EXPECT_EQ(At("TIMESTAMP_LTZ '2024-01-31 12:00:00'", "Europe/Berlin"), "2024-01-31 11:00:00.000 UTC");
  EXPECT_EQ(At("CURRENT_TIMESTAMP - INTERVAL '1' HOUR", "Europe/Berlin"), "2023-11-14 21:13:20.000 UTC");
  EXPECT_EQ(At("LOCALTIMESTAMP", "Europe/Berlin"), "2023-11-14 22:13:20.000 UTC");
  EXPECT_EQ(At("TO_TIMESTAMP('31.01.2024', 'dd.MM.yyyy')"), "2024-01-31 00:00:00.000 UTC");
}

TEST_F(TimeTravelTest, OthersAreRefusedAtTheirPlace) {
  EXPECT_THAT(At("1700000000123"), StartsWith("1:37 AS OF takes a TIMESTAMP or TIMESTAMP_LTZ; this is BIGINT; write"));
  EXPECT_THAT(At("'2024-01-31 12:00:00'"), StartsWith("1:37 AS OF takes a TIMESTAMP or TIMESTAMP_LTZ; this is CHAR"));
  EXPECT_THAT(At("DATE '2024-01-31'"), StartsWith("1:37 AS OF takes a TIMESTAMP or TIMESTAMP_LTZ; this is DATE"));
  EXPECT_THAT(At("TO_TIMESTAMP('x')"), StartsWith("1:37 AS OF takes a time; this expression is NULL"));
  EXPECT_THAT(At("CAST('x' AS TIMESTAMP(3))"), StartsWith("1:37 "));
  EXPECT_THAT(At("a"), StartsWith("1:37 unknown column"));
  EXPECT_THAT(At("(SELECT TIMESTAMP '2024-01-31 12:00:00')"), StartsWith("1:3"));
  EXPECT_THAT(At("MAX(TIMESTAMP '2024-01-31 12:00:00')"), HasSubstr("MAX"));
}

}  // namespace
}  // namespace floe::sql::planner
