// SPDX-License-Identifier: Apache-2.0
// Every operator, and mixes of them, against DuckDB: random rows, chunks, disorder, splits and kills.
#include <cstdlib>

#include <gtest/gtest.h>

#include "base/matchers.h"
#include "stream/testing/oracle.h"
#include "stream/testing/plans.h"

namespace floe::stream::testing {
namespace {

using data::Type;
using sql::plan::AggregateCall;
using sql::plan::NodePtr;

std::vector<AggregateCall> AllAggregates(const NodePtr& in) {
  return {Agg("count_star", {}, Type::BigInt()),
          Agg("count", {Col(in, "i")}, Type::BigInt()),
          Agg("sum", {Col(in, "i")}, Type::Int()),
          Agg("sum", {Col(in, "b")}, Type::BigInt()),
          Agg("sum", {Col(in, "d")}, Type::Double()),
          Agg("avg", {Col(in, "d")}, Type::Double()),
          Agg("sum", {Col(in, "n")}, Type::Decimal(38, 2)),
          Agg("min", {Col(in, "i")}, Type::Int()),
          Agg("max", {Col(in, "d")}, Type::Double()),
          Agg("min", {Col(in, "n")}, Type::Decimal(10, 2)),
          Agg("max", {Col(in, "s")}, Type::String()),
          Agg("count", {Col(in, "s")}, Type::BigInt(), true),
          Agg("sum", {Col(in, "i")}, Type::BigInt(), true),
          Agg("stddev_pop", {Col(in, "i")}, Type::Double()),
          Agg("bool_or", {Is(">", Col(in, "i"), Lit(990, Type::Int()))}, Type::Boolean()),
          Agg("count_star", {}, Type::BigInt(), false, Is(">", Col(in, "d"), As(Lit(0, Type::Int()), Type::Double())))};
}
// stddev_pop is rounded on both sides: its value depends on the order of addition in the last digits.
const char* kAllAggregates =
    "count(*), count(i), sum(i)::INT, sum(b)::BIGINT, sum(d), avg(d), sum(n)::DECIMAL(38,2), min(i), max(d), min(n), "
    "max(s), "
    "count(DISTINCT s), sum(DISTINCT i)::BIGINT, round(stddev_pop(i), 6), bool_or(i > 990), count(*) FILTER (d > 0)";

/// All columns of a node, with DOUBLE column `a13` rounded.
NodePtr Rounded(NodePtr node) {
  std::vector<std::pair<std::string, sql::plan::ExpressionPtr>> columns;
  for (const auto& field : node->schema.fields) {
    auto column = Col(node, field.name);
    if (field.name == "a13") column = Fn("round", {column, Lit(6, Type::Int())}, Type::Double());
    columns.emplace_back(field.name, column);
  }
  return Project(std::move(node), std::move(columns));
}

NodePtr Timed(const NodePtr& events) {
  return Watermark(events, "ts", 4000);
}

const RandomShape append;
const RandomShape retract{.disorder_ms = 0, .retractions = true};

void AddRowScenarios(std::vector<Scenario>& all) {
  auto project = [](const NodePtr& in, const NodePtr&) {
    auto kept = Filter(in, Is(">", Col(in, "i"), Lit(100, Type::Int())));
    return Project(kept, {{"k", Fn("upper", {Col(kept, "k")}, Type::String())},
                          {"x", Fn("+", {As(Col(kept, "i"), Type::BigInt()), Col(kept, "b")}, Type::BigInt())},
                          {"ts", Col(kept, "ts")}});
  };
  const char* project_sql = "SELECT upper(k), i::BIGINT + b, ts FROM events WHERE i > 100";
  all.push_back({"filter and project", project, project_sql, append});
  all.push_back({"filter and project, retractions", project, project_sql, retract});
}

void AddWindowScenarios(std::vector<Scenario>& all) {
  all.push_back(
      {"tumble",
       [](const NodePtr& events, const NodePtr&) {
         auto in = Timed(events);
         return Rounded(WindowBy(in, Tumble(in, "ts", 10000), {"k"}, AllAggregates(in)));
       },
       std::string("SELECT k, ") + kAllAggregates +
           ", time_bucket(INTERVAL 10 SECOND, ts) AS w, w + INTERVAL 10 SECOND, w + INTERVAL 9999 MILLISECOND "
           "FROM events GROUP BY k, w",
       append});
  all.push_back(
      {"tumble, two keys, retractions",
       [](const NodePtr& events, const NodePtr&) {
         auto in = Watermark(events, "ts", 3600'000);  // a deletion is as old as its row
         return Rounded(WindowBy(in, Tumble(in, "ts", 10000), {"k", "s"}, AllAggregates(in)));
       },
       std::string("SELECT k, s, ") + kAllAggregates +
           ", time_bucket(INTERVAL 10 SECOND, ts) AS w, w + INTERVAL 10 SECOND, w + INTERVAL 9999 MILLISECOND "
           "FROM events GROUP BY k, s, w",
       retract});
  all.push_back({"hop",
                 [](const NodePtr& events, const NodePtr&) {
                   auto in = Timed(events);
                   return Rounded(WindowBy(in, Hop(in, "ts", 15000, 6000), {"k"}, AllAggregates(in)));
                 },
                 std::string("SELECT k, ") + kAllAggregates +
                     ", w, w + INTERVAL 15 SECOND, w + INTERVAL 14999 MILLISECOND FROM (SELECT *, "
                     "unnest(generate_series(time_bucket(INTERVAL 6 SECOND, ts, TIMESTAMP '1970-01-01'), ts - INTERVAL "
                     "14999999 MICROSECOND, "
                     "INTERVAL (-6) SECOND)) AS w FROM events) GROUP BY k, w",
                 append});
  all.push_back({"hop that skips rows",
                 [](const NodePtr& events, const NodePtr&) {
                   auto in = Timed(events);
                   return WindowBy(in, Hop(in, "ts", 4000, 10000), {}, {Agg("count_star", {}, Type::BigInt())});
                 },
                 "SELECT count(*), time_bucket(INTERVAL 10 SECOND, ts) AS w, w + INTERVAL 4 SECOND, w + INTERVAL 3999 "
                 "MILLISECOND "
                 "FROM events WHERE ts < time_bucket(INTERVAL 10 SECOND, ts) + INTERVAL 4 SECOND GROUP BY w",
                 append});
  all.push_back({"cumulate",
                 [](const NodePtr& events, const NodePtr&) {
                   auto in = Timed(events);
                   return Rounded(WindowBy(in, Cumulate(in, "ts", 20000, 5000), {"k"}, AllAggregates(in)));
                 },
                 std::string("SELECT k, ") + kAllAggregates +
                     ", w, e, e - INTERVAL 1 MILLISECOND FROM (SELECT *, time_bucket(INTERVAL 20 SECOND, ts) AS w, "
                     "unnest(generate_series(time_bucket(INTERVAL 5 SECOND, ts) + INTERVAL 5 SECOND, "
                     "time_bucket(INTERVAL 20 SECOND, ts) + INTERVAL 20 SECOND, INTERVAL 5 SECOND)) AS e FROM events) "
                     "GROUP BY k, w, e",
                 append});
}

void AddGroupScenarios(std::vector<Scenario>& all) {
  auto group = [](const NodePtr& in, const NodePtr&) { return Rounded(GroupBy(in, {"k"}, AllAggregates(in))); };
  const std::string group_sql = std::string("SELECT k, ") + kAllAggregates + " FROM events GROUP BY k";
  all.push_back({"group", group, group_sql, append});
  all.push_back({"group, retractions", group, group_sql, retract});
  all.push_back({"group without keys",
                 [](const NodePtr& in, const NodePtr&) { return Rounded(GroupBy(in, {}, AllAggregates(in))); },
                 std::string("SELECT ") + kAllAggregates + " FROM events", retract});
  all.push_back({"distinct", [](const NodePtr& in, const NodePtr&) { return GroupBy(in, {"k", "s"}, {}); },
                 "SELECT DISTINCT k, s FROM events", retract});
  all.push_back({"group over group",
                 [](const NodePtr& in, const NodePtr&) {
                   auto per_key =
                       GroupBy(in, {"k", "s"},
                               {Agg("count_star", {}, Type::BigInt()), Agg("max", {Col(in, "i")}, Type::Int())});
                   return GroupBy(per_key, {"a0"},
                                  {Agg("count_star", {}, Type::BigInt()), Agg("min", {Col(per_key, "a1")}, Type::Int()),
                                   Agg("sum", {Col(per_key, "a1")}, Type::BigInt())});
                 },
                 "SELECT c, count(*), min(m), sum(m)::BIGINT FROM (SELECT count(*) AS c, max(i) AS m FROM events GROUP "
                 "BY k, s) GROUP BY c",
                 append});
  all.push_back({"union into windows",
                 [](const NodePtr& events, const NodePtr& more) {
                   auto in = UnionAll({Timed(events), Timed(more)});
                   return WindowBy(in, Tumble(in, "ts", 10000), {"k"}, {Agg("sum", {Col(in, "i")}, Type::BigInt())});
                 },
                 "SELECT k, sum(i)::BIGINT, time_bucket(INTERVAL 10 SECOND, ts) AS w, w + INTERVAL 10 SECOND, w + "
                 "INTERVAL 9999 MILLISECOND "
                 "FROM (FROM events UNION ALL FROM more) GROUP BY k, w",
                 append});
  all.push_back(
      {"window rows into group",
       [](const NodePtr& events, const NodePtr&) {
         auto in = AssignWindow(Timed(events), Hop(events, "ts", 10000, 5000));
         return GroupBy(in, {"window_start", "window_end"}, {Agg("count", {Col(in, "d")}, Type::BigInt())});
       },
       "SELECT w, w + INTERVAL 10 SECOND, count(d) FROM (SELECT *, unnest([time_bucket(INTERVAL 5 SECOND, ts), "
       "time_bucket(INTERVAL 5 SECOND, ts) - INTERVAL 5 SECOND]) AS w FROM events) GROUP BY w",
       append});
}

std::vector<Scenario> Scenarios() {
  std::vector<Scenario> all;
  AddRowScenarios(all);
  AddWindowScenarios(all);
  AddGroupScenarios(all);
  return all;
}

class Oracle : public ::testing::TestWithParam<Weather> {};

/// FLOE_ORACLE_SEEDS=50 looks longer than every build has time for.
std::uint64_t Seeds() {
  const char* text = std::getenv("FLOE_ORACLE_SEEDS");  // NOLINT(concurrency-mt-unsafe): nothing sets variables
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

TEST_P(Oracle, StreamAndBatchAgree) {
  for (const Scenario& scenario : Scenarios()) {
    for (std::uint64_t seed = 1; seed <= Seeds(); ++seed) {
      CheckAgainstOracle(scenario, GetParam(), seed * 7919 + scenario.name.size());
      if (::testing::Test::HasFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Weathers, Oracle,
                         ::testing::Values(Weather::kCalm, Weather::kKillAtBarriers, Weather::kKillAnywhere,
                                           Weather::kKillBeforePublish));

}  // namespace
}  // namespace floe::stream::testing
