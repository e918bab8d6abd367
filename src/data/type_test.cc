// SPDX-License-Identifier: Apache-2.0
#include "data/type.h"

#include <gtest/gtest.h>

#include "base/matchers.h"
#include "data/duckdb_type.h"

namespace floe::data {
namespace {

std::shared_ptr<const Type> Shared(Type type) {
  return std::make_shared<const Type>(std::move(type));
}

TEST(TypeTest, PrintsAsFlinkDoes) {
  EXPECT_EQ(Type::String().ToString(), "STRING");
  EXPECT_EQ(Type::Varchar(10).WithNullable(false).ToString(), "VARCHAR(10) NOT NULL");
  Type row = Type::Row({{"a", Shared(Type::Int()), ""}, {"b`c", Shared(Type::Array(Type::TimestampLtz(3))), ""}});
  EXPECT_EQ(row.ToString(), "ROW<`a` INT, `b``c` ARRAY<TIMESTAMP_LTZ(3)>>");
}

TEST(TypeTest, EveryDuckDBFormComesBackAsAnEqualType) {
  for (const Type& type : {Type::Boolean(), Type::Decimal(20, 4), Type::Timestamp(6), Type::TimestampLtz(6),
                           Type::Map(Type::String(), Type::Array(Type::Double())), Type::Bytes()}) {
    auto duck = ToDuckDB(type);
    ASSERT_OK(duck);
    auto back = FromDuckDB(*duck);
    ASSERT_OK(back);
    EXPECT_EQ(*back, type) << type.ToString();
  }
}

TEST(TypeTest, NanosecondsAreRefused) {
  EXPECT_THAT(ToDuckDB(Type::Timestamp(9)), IsError(ErrorKind::kNotSupported));
}

}  // namespace
}  // namespace floe::data
