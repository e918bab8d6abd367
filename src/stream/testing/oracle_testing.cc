// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <filesystem>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/matchers.h"
#include "data/duckdb_type.h"
#include "stream/testing/oracle.h"
#include "stream/testing/plans.h"

namespace floe::stream::testing {
namespace {

using data::Type;
using duckdb::Value;

/// One database for all tests of the program: opening it is the slow part.
duck::Instance& SharedDuck() {
  static duck::Instance instance({.threads = 1});
  return instance;
}

std::string FreshDirectory() {
  static std::atomic<int> next{0};
  std::string path = fmt::format("{}/floe_stream_{}_{}", ::testing::TempDir(), ::getpid(), next++);
  std::filesystem::create_directories(path);
  return path;
}

const char* Name(Weather weather) {
  switch (weather) {
    case Weather::kCalm: return "calm";
    case Weather::kKillAtBarriers: return "kill at barriers";
    case Weather::kKillAnywhere: return "kill anywhere";
    case Weather::kKillBeforePublish: return "kill before publish";
  }
  return "?";
}

Value Nullable(std::mt19937_64& random, Value value) {
  return random() % 10 == 0 ? Value(value.type()) : value;
}

/// The rows that are left when retractions are worked off.
std::vector<Row> Net(const SourceTable& table) {
  std::map<std::string, std::pair<Row, std::int64_t>> rows;
  for (const auto& split : table.splits) {
    for (const Row& row : split) {
      auto& entry = rows.try_emplace(row.Text(), row, 0).first->second;
      entry.second += data::Weight(row.kind);
    }
  }
  std::vector<Row> net;
  for (const auto& [text, entry] : rows) {
    for (std::int64_t i = 0; i < entry.second; ++i) net.push_back(entry.first);
  }
  return net;
}

void Load(duckdb::Connection& connection, const std::string& name, const SourceTable& table) {
  auto created =
      connection.Query("CREATE OR REPLACE TEMP TABLE " + name +
                       "(ts TIMESTAMP, k VARCHAR, i INTEGER, b BIGINT, d DOUBLE, n DECIMAL(10,2), s VARCHAR)");
  ASSERT_FALSE(created->HasError()) << created->GetError();
  duckdb::Appender appender(connection, name);
  for (const Row& row : Net(table)) {
    appender.BeginRow();
    for (const Value& value : row.values) appender.Append(value);
    appender.EndRow();
  }
  appender.Close();
}

std::map<std::string, std::int64_t> Ask(duckdb::Connection& connection, const std::string& sql) {
  std::map<std::string, std::int64_t> rows;
  auto result = connection.Query(sql);
  EXPECT_FALSE(result->HasError()) << result->GetError();
  if (result->HasError()) return rows;
  for (duckdb::idx_t row = 0; row < result->RowCount(); ++row) {
    std::string text;
    for (duckdb::idx_t column = 0; column < result->ColumnCount(); ++column)
      text += result->GetValue(column, row).ToString() + "|";
    ++rows[text];
  }
  return rows;
}

std::string Difference(const std::map<std::string, std::int64_t>& got,
                       const std::map<std::string, std::int64_t>& want) {
  std::string text;
  int shown = 0;
  for (const auto& [row, count] : want) {
    auto found = got.find(row);
    if ((found == got.end() || found->second != count) && ++shown < 6) text += fmt::format("want {}x {}\n", count, row);
  }
  for (const auto& [row, count] : got) {
    auto found = want.find(row);
    if ((found == want.end() || found->second != count) && ++shown < 12)
      text += fmt::format("got  {}x {}\n", count, row);
  }
  return text;
}

/// Runs to the end of input through the given weather.
void RunThrough(Bench& bench, const sql::plan::Program& program, Weather weather, std::mt19937_64& random) {
  // Files for some states, the manifest for others.
  const std::uint64_t inline_limit = random() % 2 == 0 ? 16384 : 64;
  bool publish_fails = false;
  bench.tables().sinks["out"].on_publish = [&]() -> Status {
    if (!publish_fails) return {};
    publish_fails = false;
    return Fail(ErrorKind::kUnavailable, "the lights went out");
  };
  auto task = bench.NewTask(program, inline_limit);
  ASSERT_OK(task);
  for (int guard = 0; guard < 100000; ++guard) {
    bench.clock().Advance(std::chrono::milliseconds(1));
    auto step = (*task)->RunOnce();
    bool dead = !step;
    if (!dead && *step == Task::Step::kFinished) {
      ASSERT_OK((*task)->Close());
      bench.tables().sinks["out"].on_publish = nullptr;
      return;
    }
    if (!dead && weather != Weather::kCalm && random() % 3 == 0) {
      publish_fails = weather == Weather::kKillBeforePublish && random() % 2 == 0;
      auto taken = (*task)->Checkpoint();
      if (!taken) {
        ASSERT_THAT(taken, IsError(ErrorKind::kUnavailable));
      }
      dead = !taken || weather == Weather::kKillAtBarriers;
    }
    dead = dead || (weather == Weather::kKillAnywhere && random() % 5 == 0);
    if (dead) {
      task->reset();
      task = bench.NewTask(program, inline_limit);
      ASSERT_OK(task);
    }
  }
  FAIL() << "the job does not end";
}

}  // namespace

Bench::Bench(std::uint64_t seed, std::size_t largest_chunk) : directory_(FreshDirectory()), duck_(&SharedDuck()) {
  auto store = meta::Store::Open(directory_ + "/meta.db");
  FLOE_CHECK(store.has_value());
  meta_ = std::move(*store);
  FLOE_CHECK(CheckpointStore::Migrate(*meta_).has_value());
  auto connector = std::make_unique<MemoryConnector>(seed, largest_chunk);
  tables_ = connector.get();
  connectors_.Add(std::move(connector));
  services_.reset(new Services{*duck_, connectors_, *meta_, io::LocalFileSystem(), clock_, side_.Factory(),
                               directory_ + "/checkpoints"});
}

Bench::~Bench() {
  services_.reset();
  meta_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

Result<std::unique_ptr<Task>> Bench::NewTask(const sql::plan::Program& program, std::uint64_t inline_limit,
                                             RowCollector collector) {
  FLOE_TRY(TaskOptions options, OptionsFromSettings("job", program.settings));
  options.inline_state_limit = inline_limit;
  options.durable = collector == nullptr;
  return Task::Make(*services_, program, options, std::make_shared<Wakeup>(), std::move(collector));
}

data::Schema RandomSchema() {
  data::Schema schema;
  auto add = [&](const char* name, Type type) { schema.fields.push_back({name, std::move(type), {}, {}}); };
  add("ts", Type::Timestamp(3));
  add("k", Type::String());
  add("i", Type::Int());
  add("b", Type::BigInt());
  add("d", Type::Double());
  add("n", Type::Decimal(10, 2));
  add("s", Type::String());
  return schema;
}

SourceTable RandomTable(std::mt19937_64& random, const RandomShape& shape) {
  SourceTable table;
  table.splits.resize(static_cast<std::size_t>(shape.splits));
  std::vector<std::int64_t> clocks(table.splits.size(), 1'700'000'000'000);
  std::vector<std::vector<std::size_t>> alive(table.splits.size());
  auto number = [&](std::int64_t below) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(below));
  };
  for (int n = 0; n < shape.rows; ++n) {
    const std::size_t split = random() % table.splits.size();
    if (shape.retractions && n % 4 == 3 && !alive[split].empty()) {
      const std::size_t pick = random() % alive[split].size();
      Row back = table.splits[split][alive[split][pick]];
      alive[split].erase(alive[split].begin() + static_cast<std::ptrdiff_t>(pick));
      back.kind = data::RowKind::kDelete;
      table.splits[split].push_back(std::move(back));
      continue;
    }
    clocks[split] += number(200);
    const std::int64_t ms = clocks[split] - (shape.disorder_ms > 0 ? number(shape.disorder_ms) : 0);
    Row row;
    row.values.push_back(Value::TIMESTAMP(duckdb::timestamp_t(ms * 1000)));
    row.values.push_back(Nullable(random, Value("key-" + std::string(static_cast<std::size_t>(number(3)) * 9, 'x') +
                                                std::to_string(number(shape.keys)))));
    row.values.push_back(Nullable(random, Value::INTEGER(static_cast<std::int32_t>(number(2000) - 1000))));
    row.values.push_back(Nullable(random, Value::BIGINT(number(1'000'000'000'000))));
    row.values.push_back(Nullable(random, Value::DOUBLE(static_cast<double>(number(4000) - 2000) / 4)));
    row.values.push_back(Nullable(random, Value::DECIMAL(number(100000) - 50000, 10, 2)));
    row.values.push_back(Nullable(random, Value("text " + std::to_string(number(30)))));
    alive[split].push_back(table.splits[split].size());
    table.splits[split].push_back(std::move(row));
  }
  return table;
}

void CheckAgainstOracle(const Scenario& scenario, Weather weather, std::uint64_t seed) {
  SCOPED_TRACE(fmt::format("scenario '{}', weather '{}', seed {}", scenario.name, Name(weather), seed));
  std::mt19937_64 random(seed);
  Bench bench(seed, 1 + random() % 400);
  bench.tables().sources["events"] = RandomTable(random, scenario.shape);
  bench.tables().sources["more"] = RandomTable(random, scenario.shape);
  sql::plan::Program program;
  const bool retracts = scenario.shape.retractions;
  program.sinks = {
      Sink(scenario.plan(Scan("events", RandomSchema(), retracts), Scan("more", RandomSchema(), retracts)), "out")};
  RunThrough(bench, program, weather, random);
  if (::testing::Test::HasFatalFailure()) return;

  auto connection = SharedDuck().Connect();
  ASSERT_OK(connection);
  Load(**connection, "events", bench.tables().sources["events"]);
  Load(**connection, "more", bench.tables().sources["more"]);
  const auto want = Ask(**connection, scenario.oracle);
  const auto got = bench.tables().sinks["out"].Collapsed();
  EXPECT_FALSE(want.empty()) << "a scenario without rows proves nothing";
  EXPECT_EQ(Difference(got, want), "");
}

}  // namespace floe::stream::testing
