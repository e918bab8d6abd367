// SPDX-License-Identifier: Apache-2.0
// What the oracle does not show: counters, late rows, bad rows, watermarks, idleness, timers, conflicts, refusals.
#include "stream/runtime/task.h"

#include <gtest/gtest.h>

#include "base/matchers.h"
#include "stream/testing/oracle.h"
#include "stream/testing/plans.h"

namespace floe::stream::testing {
namespace {

using data::RowKind;
using data::Type;
using duckdb::Value;
using sql::plan::NodePtr;
using sql::plan::Program;

constexpr std::int64_t kBase = 1'700'000'040'000;  // the beginning of a minute, in ms

data::Schema EventSchema() {
  data::Schema schema;
  schema.fields = {{"ts", Type::Timestamp(3), {}, {}}, {"k", Type::String(), {}, {}}, {"v", Type::String(), {}, {}}};
  return schema;
}
Row Event(std::int64_t ms, const char* key, const char* value = "1", RowKind kind = RowKind::kInsert) {
  return {{Value::TIMESTAMP(duckdb::timestamp_t((kBase + ms) * 1000)), Value(key), Value(value)}, kind};
}
NodePtr Events() {
  return Scan("events", EventSchema());
}
NodePtr Minute(const NodePtr& in) {
  return WindowBy(in, Tumble(in, "ts", 60000), {"k"}, {Agg("count_star", {}, Type::BigInt())});
}
Program Into(NodePtr node) {
  Program program;
  program.sinks = {Sink(std::move(node), "out")};
  return program;
}
std::vector<std::string> Published(Bench& bench) {
  std::vector<std::string> rows;
  for (const Row& row : bench.tables().sinks["out"].published)
    rows.push_back(std::string(data::ToString(row.kind)) + " " + row.Text());
  return rows;
}
void RunUntilIdle(Task& task) {
  for (int i = 0; i < 1000; ++i) {
    auto step = task.RunOnce();
    ASSERT_OK(step);
    if (*step != Task::Step::kBusy) return;
  }
  FAIL() << "never idle";
}

TEST(Task, CountersAddUpAndSurviveARestart) {
  Bench bench(1, 2);
  auto& table = bench.tables().sources["events"];
  table.splits = {
      {Event(0, "a", "1"), Event(1, "a", "broken"), Event(2, "b", "500"), Event(3, "b", "7"), Event(4, "c", "8")}};
  table.bad = {{0, 4}};
  auto in = Events();
  auto number = Project(in, {{"k", Col(in, "k")}, {"n", As(Col(in, "v"), Type::Int())}});
  const Program program = Into(Filter(number, Is("<", Col(number, "n"), Lit(100, Type::Int()))));
  auto task = bench.NewTask(program);
  ASSERT_OK(task);
  ASSERT_OK((*task)->RunOnce());
  ASSERT_OK((*task)->Checkpoint());
  task = bench.NewTask(program);  // the old one dies
  ASSERT_OK(task);
  while ((*task)->RunOnce().value() != Task::Step::kFinished) continue;
  const TaskStatus status = (*task)->Snapshot();
  ASSERT_EQ(status.sinks.size(), 1u);
  const Counters& c = status.sinks[0].counters;
  EXPECT_EQ(c.in, 5);
  EXPECT_EQ(c.out, 2);
  EXPECT_EQ(c.filtered, 1);
  EXPECT_EQ(c.dead_lettered, 2);
  EXPECT_EQ(c.late, 0);
  EXPECT_EQ(c.in, c.out + c.filtered + c.late + c.dead_lettered + c.skipped);
  EXPECT_EQ(Published(bench), (std::vector<std::string>{"+I a|1|", "+I b|7|"}));
  const auto letters = bench.side().dead_letters();
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_EQ(letters[0].stage, "1-project");
  EXPECT_EQ(letters[0].value, R"({"ts":"2023-11-14 22:14:00.001","k":"a","v":"broken"})");
  EXPECT_THAT(letters[0].message, ::testing::HasSubstr("broken"));
  EXPECT_EQ(letters[1].stage, "decode");
}

TEST(Task, BadRecordsFailOrAreSkippedWhenAsked) {
  for (const char* policy : {"fail", "skip"}) {
    Bench bench(1);
    bench.tables().sources["events"].splits = {{Event(0, "a", "broken"), Event(1, "a", "2")}};
    auto in = Events();
    Program program = Into(Project(in, {{"n", As(Col(in, "v"), Type::Int())}}));
    program.settings["floe.bad-records"] = policy;
    auto task = bench.NewTask(program);
    ASSERT_OK(task);
    auto step = (*task)->RunOnce();
    if (std::string(policy) == "fail") {
      EXPECT_THAT(step, IsError(ErrorKind::kInvalidInput));
    } else {
      while ((*task)->RunOnce().value() != Task::Step::kFinished) continue;
      EXPECT_EQ(Published(bench), (std::vector<std::string>{"+I 2|"}));
    }
    EXPECT_TRUE(bench.side().dead_letters().empty());
  }
}

TEST(Task, LateRowsAreCountedAndKept) {
  Bench bench(1, 1);
  bench.tables().sources["events"].splits = {
      {Event(0, "a"), Event(70'000, "a"), Event(10, "late"), Event(65'000, "b"), Event(200'000, "c")}};
  auto in = Watermark(Events(), "ts", 1000);
  auto task = bench.NewTask(Into(Minute(in)));
  ASSERT_OK(task);
  while ((*task)->RunOnce().value() != Task::Step::kFinished) continue;
  EXPECT_THAT(Published(bench), ::testing::UnorderedElementsAre(
                                    "+I a|1|2023-11-14 22:14:00|2023-11-14 22:15:00|2023-11-14 22:14:59.999|",
                                    "+I a|1|2023-11-14 22:15:00|2023-11-14 22:16:00|2023-11-14 22:15:59.999|",
                                    "+I b|1|2023-11-14 22:15:00|2023-11-14 22:16:00|2023-11-14 22:15:59.999|",
                                    "+I c|1|2023-11-14 22:17:00|2023-11-14 22:18:00|2023-11-14 22:17:59.999|"));
  EXPECT_EQ(bench.side().late_rows(),
            (std::vector<std::string>{"2-window_aggregate: 2023-11-14 22:14:00.01, late, 1"}));
  const Counters c = (*task)->Snapshot().sinks[0].counters;
  EXPECT_EQ(c.late, 1);
  EXPECT_EQ(c.absorbed, 4);
  EXPECT_EQ(c.generated, 4);
  EXPECT_EQ(c.in + c.generated, c.out + c.filtered + c.late + c.dead_lettered + c.skipped + c.absorbed);
}

TEST(Task, ASplitWithoutRowsHoldsTheWatermarkUntilItIsIdle) {
  Bench bench(1);
  auto& table = bench.tables().sources["events"];
  table.endless = true;
  table.splits = {{Event(0, "a"), Event(100'000, "a")}, {}};
  auto task = bench.NewTask(Into(Minute(Watermark(Events(), "ts", 0))));
  ASSERT_OK(task);
  RunUntilIdle(**task);
  ASSERT_OK((*task)->Checkpoint());
  EXPECT_TRUE(Published(bench).empty());
  ASSERT_TRUE((*task)->NextDeadline().has_value());
  bench.clock().Advance(std::chrono::seconds(6));
  RunUntilIdle(**task);
  ASSERT_OK((*task)->Checkpoint());
  // Both splits are idle now: the watermark stays where it is, and nothing is left to wait for.
  bench.clock().Advance(std::chrono::seconds(70));
  RunUntilIdle(**task);
  ASSERT_OK((*task)->Checkpoint());
  EXPECT_FALSE((*task)->NextDeadline().has_value());
  table.splits[0].push_back(Event(100'001, "a"));
  RunUntilIdle(**task);
  ASSERT_OK((*task)->Checkpoint());
  EXPECT_EQ(Published(bench),
            (std::vector<std::string>{"+I a|1|2023-11-14 22:14:00|2023-11-14 22:15:00|2023-11-14 22:14:59.999|"}));
}

TEST(Task, ProcessingTimeWindowsFireByTheClock) {
  Bench bench(1);
  auto& table = bench.tables().sources["events"];
  table.endless = true;
  table.splits = {{Event(0, "a"), Event(0, "a")}};
  auto in = Events();
  sql::plan::WindowSpec window{.kind = sql::plan::WindowKind::kTumble, .size_ms = 10'000, .proctime = true};
  auto task = bench.NewTask(Into(WindowBy(in, window, {"k"}, {Agg("count_star", {}, Type::BigInt())})));
  ASSERT_OK(task);
  RunUntilIdle(**task);
  const auto deadline = (*task)->NextDeadline();
  ASSERT_TRUE(deadline.has_value());
  bench.clock().Advance(std::chrono::seconds(11));
  RunUntilIdle(**task);
  ASSERT_OK((*task)->Checkpoint());
  ASSERT_EQ(Published(bench).size(), 1u);
  EXPECT_TRUE(Published(bench)[0].starts_with("+I a|2|"));
}

TEST(Task, GroupChangesComeAsAdjacentPairs) {
  Bench bench(1, 1);
  bench.tables().sources["events"].splits = {{Event(0, "a"), Event(1, "a"), Event(2, "b"),
                                              Event(0, "a", "1", RowKind::kDelete),
                                              Event(1, "a", "1", RowKind::kDelete)}};
  auto in = Scan("events", EventSchema(), true);
  auto task = bench.NewTask(Into(GroupBy(in, {"k"}, {Agg("count_star", {}, Type::BigInt())})));
  ASSERT_OK(task);
  while ((*task)->RunOnce().value() != Task::Step::kFinished) continue;
  EXPECT_EQ(Published(bench),
            (std::vector<std::string>{"+I a|1|", "-U a|1|", "+U a|2|", "+I b|1|", "-U a|2|", "+U a|1|", "-D a|1|"}));
}

TEST(Task, UpsertSinksGetNoUpdateBefore) {
  for (const bool own_key : {true, false}) {
    Bench bench(1, 1);
    bench.tables().sources["events"].splits = {{Event(0, "a"), Event(1, "a")}};
    auto in = Events();
    auto grouped = GroupBy(in, {"k"}, {Agg("count_star", {}, Type::BigInt())});
    Program program;
    program.sinks = {Sink(grouped, "out", {own_key ? "k" : "a0"})};
    auto task = bench.NewTask(program);
    ASSERT_OK(task);
    while ((*task)->RunOnce().value() != Task::Step::kFinished) continue;
    const auto want = own_key ? std::vector<std::string>{"+I a|1|", "+U a|2|"}
                              : std::vector<std::string>{"+I a|1|", "-D a|1|", "+U a|2|"};
    EXPECT_EQ(Published(bench), want);
  }
}

TEST(Task, AConflictPreparesAgainAndAPersistentOneFails) {
  Bench bench(1);
  bench.tables().sources["events"].splits = {{Event(0, "a")}};
  bench.tables().sources["events"].endless = true;
  auto task = bench.NewTask(Into(Events()));
  ASSERT_OK(task);
  RunUntilIdle(**task);
  int conflicts = 2;
  auto& sink = bench.tables().sinks["out"];
  sink.on_commit = [&]() -> Status { return conflicts-- > 0 ? Fail(ErrorKind::kConflict, "moved") : Status{}; };
  ASSERT_OK((*task)->Checkpoint());
  EXPECT_EQ(sink.prepares, 3);
  EXPECT_EQ(Published(bench).size(), 1u);
  conflicts = 1000;
  EXPECT_THAT((*task)->Checkpoint(), IsError(ErrorKind::kConflict));
}

TEST(Task, CheckpointsOnlyWhenSomethingChanged) {
  Bench bench(1);
  auto& table = bench.tables().sources["events"];
  table.splits = {{Event(0, "a")}};
  table.endless = true;
  auto task = bench.NewTask(Into(Events()));
  ASSERT_OK(task);
  RunUntilIdle(**task);
  EXPECT_TRUE((*task)->dirty());
  bench.clock().Advance(std::chrono::milliseconds(1100));
  RunUntilIdle(**task);
  EXPECT_FALSE((*task)->dirty());
  const auto first = (*task)->Snapshot().last_checkpoint;
  ASSERT_TRUE(first.has_value());
  bench.clock().Advance(std::chrono::seconds(60));
  RunUntilIdle(**task);
  EXPECT_EQ((*task)->Snapshot().last_checkpoint->id, first->id);
  EXPECT_FALSE((*task)->NextDeadline().has_value()) << "an idle job sleeps";
}

TEST(Task, AnotherPlanIsRefused) {
  Bench bench(1);
  bench.tables().sources["events"].splits = {{Event(0, "a")}};
  bench.tables().sources["events"].endless = true;
  auto in = Events();
  auto task = bench.NewTask(Into(GroupBy(in, {"k"}, {Agg("count_star", {}, Type::BigInt())})));
  ASSERT_OK(task);
  ASSERT_OK((*task)->Checkpoint());
  task->reset();
  EXPECT_THAT(bench.NewTask(Into(GroupBy(in, {"v"}, {Agg("count_star", {}, Type::BigInt())}))),
              IsError(ErrorKind::kFailedPrecondition));
}

TEST(Task, WhatDoesNotStreamSaysSo) {
  Bench bench(1);
  auto in = Events();
  auto join = std::make_shared<sql::plan::Node>();
  join->op = sql::plan::Join{.left = in, .right = in};
  join->position = {3, 7};
  join->schema = in->schema;
  auto task = bench.NewTask(Into(join));
  ASSERT_THAT(task, IsError(ErrorKind::kNotSupported));
  EXPECT_EQ(task.error().position(), (TextPosition{3, 7}));
  EXPECT_THAT(task, HasErrorMessage("JOIN"));
  EXPECT_THAT(bench.NewTask(Into(Project(in, {{"x", Fn("no_such_function", {Col(in, "k")}, Type::String())}}))),
              HasErrorMessage("no_such_function"));
}

TEST(Task, SharedSubPlansRunOnceForAllSinks) {
  Bench bench(1);
  bench.tables().sources["events"].splits = {{Event(0, "a"), Event(1, "b")}};
  auto in = Events();
  Program program;
  program.sinks = {Sink(in, "out"), Sink(Filter(in, Is("=", Col(in, "k"), Text("b"))), "other")};
  auto task = bench.NewTask(program);
  ASSERT_OK(task);
  while ((*task)->RunOnce().value() != Task::Step::kFinished) continue;
  EXPECT_EQ(bench.tables().sinks["out"].published.size(), 2u);
  EXPECT_EQ(bench.tables().sinks["other"].published.size(), 1u);
  const TaskStatus status = (*task)->Snapshot();
  EXPECT_EQ(status.sources.size(), 1u);
  EXPECT_EQ(status.sources[0].counters.in, 2);
}

TEST(Task, ALimitEndsTheQueryOfAnEndlessSource) {
  Bench bench(1, 3);
  auto& table = bench.tables().sources["events"];
  table.endless = true;
  table.splits = {{Event(0, "a"), Event(1, "b"), Event(2, "c"), Event(3, "d")}};
  Program program;
  program.query = Limit(Events(), 2);
  std::vector<std::string> rows;
  auto task = bench.NewTask(program, 16384, [&](const data::Batch& batch) {
    for (duckdb::idx_t i = 0; i < batch.size(); ++i) rows.push_back(batch.rows.GetValue(1, i).ToString());
    return Status{};
  });
  ASSERT_OK(task);
  for (int i = 0; i < 100 && (*task)->RunOnce().value() != Task::Step::kFinished; ++i) continue;
  EXPECT_TRUE((*task)->finished());
  EXPECT_EQ(rows, (std::vector<std::string>{"a", "b"}));
}

TEST(Task, IntegerSumsWrapAndDecimalSumsBecomeNull) {
  Bench bench(1);
  data::Schema schema;
  schema.fields = {{"i", Type::Int(), {}, {}}, {"n", Type::Decimal(38, 0), {}, {}}, {"a", Type::Int(), {}, {}}};
  const auto huge = Value("99999999999999999999999999999999999999").DefaultCastAs(duckdb::LogicalType::DECIMAL(38, 0));
  const Row row{{Value::INTEGER(2147483647), huge, Value::INTEGER(-3)}};
  const Row row2{{Value::INTEGER(1), huge, Value::INTEGER(-4)}};
  bench.tables().sources["numbers"].splits = {{row, row2}};
  auto in = Scan("numbers", schema);
  auto task = bench.NewTask(
      Into(GroupBy(in, {},
                   {Agg("sum", {Col(in, "i")}, Type::Int()), Agg("sum", {Col(in, "n")}, Type::Decimal(38, 0)),
                    Agg("avg", {Col(in, "a")}, Type::Int()), Agg("avg", {Col(in, "a")}, Type::Decimal(10, 3))})));
  ASSERT_OK(task);
  while ((*task)->RunOnce().value() != Task::Step::kFinished) continue;
  EXPECT_EQ(bench.tables().sinks["out"].Collapsed(),
            (std::map<std::string, std::int64_t>{{"-2147483648|NULL|-3|-3.500|", 1}}));
}

}  // namespace
}  // namespace floe::stream::testing
