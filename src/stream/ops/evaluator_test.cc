// SPDX-License-Identifier: Apache-2.0
#include "stream/ops/evaluator.h"

#include <gtest/gtest.h>

#include "base/matchers.h"
#include "data/duckdb_type.h"
#include "stream/testing/plans.h"

namespace floe::stream::testing {
namespace {

using data::Type;
using data::TypeKind;
using duckdb::Value;
using sql::plan::ExpressionKind;
using sql::plan::ExpressionPtr;

class EvaluatorTest : public ::testing::Test {
 protected:
  EvaluatorTest() {
    schema_.fields = {{"i", Type::Int(), {}, {}},
                      {"s", Type::String(), {}, {}},
                      {"t", Type::TimestampLtz(3), {}, {}},
                      {"r", Type::Row({{"a", std::make_shared<const Type>(Type::Int()), ""}}), {}, {}}};
    types_ = data::ToDuckDB(schema_).value();
    context_ = ExpressionContext::Make(Duck(), {}).value();
    rows_.Initialize(duckdb::Allocator::DefaultAllocator(), types_);
    Add({Value::INTEGER(7), Value("12"), Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(1'700'000'000'000'000)),
         Value::STRUCT({{"a", Value::INTEGER(5)}})});
    Add({Value(types_[0]), Value("x"), Value(types_[2]), Value(types_[3])});
  }
  static duck::Instance& Duck() {
    static duck::Instance instance({.threads = 1});
    return instance;
  }
  void Add(const std::vector<Value>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) rows_.SetValue(i, rows_.size(), row[i]);
    rows_.SetCardinality(rows_.size() + 1);
  }
  ExpressionPtr C(const char* name) const { return Col(schema_, name); }
  /// Of both rows: "7, NULL"; a bad row is "!".
  std::string Eval(const ExpressionPtr& expression) {
    auto evaluator = Evaluator::Make(*context_, {expression}, types_);
    if (!evaluator) return evaluator.error().ToString();
    std::vector<duckdb::idx_t> kept;
    std::vector<std::string> text(rows_.size());
    bool bad = false;
    auto result = (*evaluator)->Run(rows_, kept, [&](const auto&, duckdb::idx_t row, const Error&) {
      bad = true;
      text[row] = "!";
      return Status{};
    });
    if (!result) return result.error().ToString();
    for (duckdb::idx_t i = 0; i < (*result)->size(); ++i)
      text[bad ? kept[i] : i] = (*result)->GetValue(0, i).ToString();
    return text[0] + ", " + text[1];
  }

  data::Schema schema_;
  DuckTypes types_;
  std::unique_ptr<ExpressionContext> context_;
  duckdb::DataChunk rows_;
};

ExpressionPtr Of(ExpressionKind kind, std::vector<ExpressionPtr> args, Type type, std::string function = "") {
  auto expression = std::make_shared<sql::plan::Expression>();
  expression->kind = kind;
  expression->args = std::move(args);
  expression->type = std::move(type);
  expression->function = std::move(function);
  return expression;
}

TEST_F(EvaluatorTest, EveryKindOfExpression) {
  const auto seven = Lit(7, Type::Int());
  const auto null_int = Of(ExpressionKind::kLiteral, {}, Type::Int());
  const auto is_seven = Is("=", C("i"), seven);
  EXPECT_EQ(Eval(C("i")), "7, NULL");
  EXPECT_EQ(Eval(Fn("+", {C("i"), seven}, Type::Int())), "14, NULL");
  EXPECT_EQ(Eval(Fn("upper", {C("s")}, Type::String())), "12, X");
  EXPECT_EQ(Eval(As(C("s"), Type::Int())), "12, !");
  EXPECT_EQ(Eval(Of(ExpressionKind::kTryCast, {C("s")}, Type::Int())), "12, NULL");
  EXPECT_EQ(Eval(is_seven), "true, NULL");
  EXPECT_EQ(Eval(Is("is not distinct from", C("i"), null_int)), "false, true");
  EXPECT_EQ(Eval(Of(ExpressionKind::kAnd, {is_seven, Lit(0, Type::Boolean())}, Type::Boolean())), "false, false");
  EXPECT_EQ(Eval(Of(ExpressionKind::kOr, {is_seven, Lit(0, Type::Boolean())}, Type::Boolean())), "true, NULL");
  EXPECT_EQ(Eval(Of(ExpressionKind::kNot, {is_seven}, Type::Boolean())), "false, NULL");
  EXPECT_EQ(Eval(Of(ExpressionKind::kIsNull, {C("i")}, Type::Boolean())), "false, true");
  EXPECT_EQ(Eval(Of(ExpressionKind::kIsNotNull, {C("i")}, Type::Boolean())), "true, false");
  EXPECT_EQ(Eval(Of(ExpressionKind::kIn, {C("s"), Text("x"), Text("y")}, Type::Boolean())), "false, true");
  EXPECT_EQ(Eval(Of(ExpressionKind::kCase, {is_seven, Text("seven"), Text("other")}, Type::String())), "seven, other");
  EXPECT_EQ(Eval(Of(ExpressionKind::kCoalesce, {C("i"), Lit(-1, Type::Int())}, Type::Int())), "7, -1");
  EXPECT_EQ(Eval(Of(ExpressionKind::kField, {C("r")}, Type::Int(), "a")), "5, NULL");
  EXPECT_EQ(Eval(Minus(C("t"), 1500)), "2023-11-14 22:13:18.5+00, NULL");
}

TEST_F(EvaluatorTest, LiteralsOfEveryType) {
  auto literal = [&](sql::plan::LiteralValue value, Type type) {
    auto expression = std::make_shared<sql::plan::Expression>();
    expression->value = std::move(value);
    expression->type = std::move(type);
    const std::string both = Eval(expression);
    return both.substr(0, both.size() / 2 - 1);
  };
  EXPECT_EQ(literal(std::int64_t{1}, Type::Boolean()), "true");
  EXPECT_EQ(literal(std::int64_t{-5}, Type(TypeKind::kTinyInt)), "-5");
  EXPECT_EQ(literal(2.5, Type::Double()), "2.5");
  EXPECT_EQ(literal(std::string("12.345"), Type::Decimal(10, 3)), "12.345");
  EXPECT_EQ(literal(std::string("text"), Type::String()), "text");
  EXPECT_EQ(literal(std::int64_t{19675}, Type(TypeKind::kDate)), "2023-11-14");
  EXPECT_EQ(literal(std::int64_t{3'600'000'000}, Type::Time(3)), "01:00:00");
  EXPECT_EQ(literal(std::int64_t{1'700'000'000'000'000}, Type::Timestamp(3)), "2023-11-14 22:13:20");
  EXPECT_EQ(literal(std::int64_t{14}, Type(TypeKind::kIntervalYearMonth)), "1 year 2 months");
  EXPECT_EQ(literal(std::int64_t{61'000}, Type(TypeKind::kIntervalDayTime)), "00:01:01");
}

TEST_F(EvaluatorTest, ErrorsHaveKindAndPosition) {
  auto unknown = std::make_shared<sql::plan::Expression>(*Fn("frobnicate", {C("i")}, Type::Int()));
  unknown->position = {2, 9};
  auto evaluator = Evaluator::Make(*context_, {unknown}, types_);
  ASSERT_THAT(evaluator, IsError(ErrorKind::kNotSupported));
  EXPECT_EQ(evaluator.error().position(), (TextPosition{2, 9}));
  EXPECT_THAT(ExpressionContext::Make(Duck(), {{"table.local-time-zone", "Middle/Earth"}}),
              HasErrorMessage("Middle/Earth"));
}

TEST_F(EvaluatorTest, AFewBadRowsCostOnlyThemselves) {
  for (int i = 0; i < 1000; ++i)
    Add({Value::INTEGER(i), Value(i % 100 == 50 ? "bad" : "1"), Value(types_[2]), Value(types_[3])});
  auto evaluator = Evaluator::Make(*context_, {As(C("s"), Type::Int()), C("i")}, types_);
  ASSERT_OK(evaluator);
  std::vector<duckdb::idx_t> kept;
  int bad = 0;
  auto result = (*evaluator)->Run(rows_, kept, [&](const auto&, duckdb::idx_t, const Error&) {
    ++bad;
    return Status{};
  });
  ASSERT_OK(result);
  EXPECT_EQ(bad, 11);
  ASSERT_EQ((*result)->size(), 991u);
  EXPECT_EQ((*result)->GetValue(1, 990).ToString(), "999");
}

}  // namespace
}  // namespace floe::stream::testing
