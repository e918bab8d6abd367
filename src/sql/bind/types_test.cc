// SPDX-License-Identifier: Apache-2.0
#include "sql/bind/types.h"

#include <string>

#include <gtest/gtest.h>

#include "base/matchers.h"
#include "sql/bind/date_format.h"
#include "sql/dialect/parser.h"

namespace floe::sql::bind {
namespace {

Type T(const std::string& text) {
  auto parsed = dialect::ParseType(text);
  EXPECT_TRUE(parsed) << text;
  return parsed->type;
}

struct ArithmeticCase {
  Arithmetic op;
  const char* left;
  const char* right;
  const char* result;
};

TEST(TypesTest, ArithmeticFollowsFlink) {
  const ArithmeticCase cases[] = {
      {Arithmetic::kAdd, "INT", "BIGINT", "BIGINT"},
      {Arithmetic::kDivide, "INT", "INT", "INT"},
      {Arithmetic::kModulo, "BIGINT", "INT", "INT"},
      {Arithmetic::kMultiply, "INT", "FLOAT", "FLOAT"},
      {Arithmetic::kMultiply, "DECIMAL(10, 2)", "DOUBLE", "DOUBLE"},
      {Arithmetic::kAdd, "DECIMAL(10, 2)", "DECIMAL(5, 1)", "DECIMAL(11, 2)"},
      {Arithmetic::kMultiply, "DECIMAL(10, 2)", "INT", "DECIMAL(20, 2)"},
      {Arithmetic::kMultiply, "DECIMAL(38, 18)", "DECIMAL(38, 18)", "DECIMAL(38, 6)"},
      {Arithmetic::kDivide, "DECIMAL(10, 2)", "DECIMAL(5, 1)", "DECIMAL(17, 8)"},
      {Arithmetic::kModulo, "DECIMAL(10, 2)", "DECIMAL(5, 1)", "DECIMAL(6, 2)"},
  };
  for (const ArithmeticCase& c : cases) {
    auto result = ArithmeticType(c.op, T(c.left), T(c.right));
    ASSERT_TRUE(result) << c.left << ToString(c.op) << c.right;
    EXPECT_EQ(result->ToString(), c.result) << c.left << ToString(c.op) << c.right;
  }
  EXPECT_FALSE(ArithmeticType(Arithmetic::kAdd, T("STRING"), T("INT")));
}

TEST(TypesTest, LeastRestrictive) {
  struct Case {
    const char* a;
    const char* b;
    const char* common;
  };
  const Case cases[] = {
      {"CHAR(2)", "CHAR(3)", "VARCHAR(3)"},
      {"INT", "DECIMAL(5, 2)", "DECIMAL(12, 2)"},
      {"DATE", "TIMESTAMP(3)", "TIMESTAMP(3)"},
      {"TIMESTAMP(3)", "TIMESTAMP_LTZ(6)", "TIMESTAMP_LTZ(6)"},
      {"ARRAY<INT>", "ARRAY<BIGINT>", "ARRAY<BIGINT>"},
      {"INT NOT NULL", "INT", "INT"},
  };
  for (const Case& c : cases) {
    auto common = LeastRestrictive(T(c.a), T(c.b));
    ASSERT_TRUE(common) << c.a << " and " << c.b;
    EXPECT_EQ(common->ToString(), c.common) << c.a << " and " << c.b;
  }
  EXPECT_FALSE(LeastRestrictive(T("INT"), T("STRING")));
}

TEST(TypesTest, Casts) {
  EXPECT_TRUE(CanCastImplicitly(T("INT"), T("BIGINT")));
  EXPECT_FALSE(CanCastImplicitly(T("BIGINT"), T("INT")));
  EXPECT_FALSE(CanCastImplicitly(T("STRING"), T("INT")));
  EXPECT_TRUE(CanCastExplicitly(T("STRING"), T("INT")));
  EXPECT_FALSE(CanCastExplicitly(T("BIGINT"), T("TIMESTAMP(3)")));
  EXPECT_EQ(SumType(T("DECIMAL(10, 2)")).ToString(), "DECIMAL(38, 2)");
  EXPECT_EQ(AverageType(T("DECIMAL(10, 2)")).ToString(), "DECIMAL(38, 6)");
  EXPECT_EQ(AverageType(T("INT NOT NULL")).ToString(), "INT");
}

TEST(DateFormatTest, JavaPatterns) {
  EXPECT_EQ(*FormatFromJavaPattern("yyyy-MM-dd HH:mm:ss.SSS"), "%Y-%m-%d %H:%M:%S.%g");
  EXPECT_EQ(*FormatFromJavaPattern("yyyyMMdd'T'HH''"), "%Y%m%dT%H'");
  EXPECT_EQ(*FormatFromJavaPattern("EEE, d MMM 100%"), "%a, %-d %b 100%%");
  EXPECT_THAT(FormatFromJavaPattern("yyyy-QQ"), HasErrorMessage("'QQ' is not supported"));
  EXPECT_THAT(FormatFromJavaPattern("yyyy 'open"), HasErrorMessage("no closing quote"));
}

}  // namespace
}  // namespace floe::sql::bind
