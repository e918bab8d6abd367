// SPDX-License-Identifier: Apache-2.0
// How many decoded rows per CPU second go through the runtime for the one-minute average per city. Prints one JSON
// line; the answer is checked.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include <duckdb.hpp>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "stream/runtime/task.h"
#include "stream/testing/plans.h"

namespace floe::stream {
namespace {

using data::Type;

constexpr const char* kCities[] = {"London",   "Paris", "Berlin", "Madrid", "Rome",
                                   "New York", "Tokyo", "Sydney", "Mumbai", "San Francisco"};
constexpr std::int64_t kStartUs = 1'700'000'040'000'000;
constexpr std::int64_t kStepUs = 100;  // 10 000 events per second of event time
constexpr std::int64_t kMinuteUs = 60'000'000;

std::uint64_t Scramble(std::uint64_t n) {
  n = (n ^ (n >> 31)) * 0x9e3779b97f4a7c15;
  return n ^ (n >> 29);
}
double Temperature(std::uint64_t n) {
  return static_cast<double>(Scramble(n) % 480) / 4;
}

/// Event n: city and temperature by its number within a block that repeats, so that making rows costs little beside
/// handling them.
class GeneratedReader final : public connect::SourceReader {
 public:
  GeneratedReader(std::int64_t rows, std::size_t cities) : rows_(rows), block_() {
    block_.Initialize(duckdb::Allocator::DefaultAllocator(),
                      {duckdb::LogicalType::VARCHAR, duckdb::LogicalType::DOUBLE});
    for (duckdb::idx_t i = 0; i < STANDARD_VECTOR_SIZE; ++i) {
      const std::size_t city = Scramble(i) % cities;
      block_.SetValue(0, i, duckdb::Value(city < 10 ? kCities[city] : fmt::format("city number {}", city)));
      block_.SetValue(1, i, duckdb::Value::DOUBLE(Temperature(i)));
    }
    block_.SetCardinality(STANDARD_VECTOR_SIZE);
  }
  Result<connect::PollResult> Poll(data::Batch& out) override {
    if (next_ >= rows_) return connect::PollResult{.status = connect::PollStatus::kEndOfInput};
    const std::int64_t count = std::min<std::int64_t>(STANDARD_VECTOR_SIZE, rows_ - next_);
    auto* times = duckdb::FlatVector::GetData<std::int64_t>(out.rows.data[0]);
    for (std::int64_t i = 0; i < count; ++i) times[i] = kStartUs + (next_ + i) * kStepUs;
    out.rows.data[1].Reference(block_.data[0]);
    out.rows.data[2].Reference(block_.data[1]);
    out.rows.SetCardinality(static_cast<duckdb::idx_t>(count));
    next_ += count;
    return connect::PollResult{.status = connect::PollStatus::kRows, .records_read = count};
  }
  Result<std::string> Snapshot() override { return std::to_string(next_); }
  void SetWakeup(std::function<void()>) override {}
  std::vector<std::string> SplitNames() const override { return {"generated"}; }
  Status OnCheckpointCommitted(const std::string&) override { return {}; }

 private:
  std::int64_t rows_;
  std::int64_t next_ = 0;
  duckdb::DataChunk block_;
};

class Generator final : public connect::Connector {
 public:
  Generator(std::int64_t rows, std::size_t cities) : rows_(rows), cities_(cities) { descriptor_.name = "generated"; }
  const connect::ConnectorDescriptor& descriptor() const override { return descriptor_; }
  Result<std::unique_ptr<connect::SourceReader>> OpenSource(connect::ScanRequest) override {
    return std::make_unique<GeneratedReader>(rows_, cities_);
  }
  Result<std::unique_ptr<connect::Sink>> OpenSink(connect::SinkRequest) override {
    return Fail(ErrorKind::kNotSupported, "no sink");
  }

 private:
  connect::ConnectorDescriptor descriptor_;
  std::int64_t rows_;
  std::size_t cities_;
};

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// Sum and count per (minute, city), the plain way.
using Answer = std::map<std::pair<std::int64_t, std::string>, std::pair<double, std::int64_t>>;
Answer Expected(std::int64_t rows, std::size_t cities) {
  Answer answer;
  for (std::int64_t n = 0; n < rows; ++n) {
    const std::uint64_t i = static_cast<std::uint64_t>(n) % STANDARD_VECTOR_SIZE;
    const std::size_t city = Scramble(i) % cities;
    const std::int64_t time = kStartUs + n * kStepUs;
    auto& entry = answer[{time - time % kMinuteUs, city < 10 ? kCities[city] : fmt::format("city number {}", city)}];
    entry.first += Temperature(i);
    ++entry.second;
  }
  return answer;
}

Status Run(std::int64_t rows, std::size_t cities) {
  using namespace testing;
  const std::string directory = std::filesystem::temp_directory_path() / fmt::format("floe_bench_{}", ::getpid());
  std::filesystem::create_directories(directory);
  duck::Instance duck({.threads = 1});
  FLOE_TRY(auto meta, meta::Store::Open(directory + "/meta.db"));
  connect::ConnectorRegistry connectors;
  connectors.Add(std::make_unique<Generator>(rows, cities));
  MemorySideOutputs side;
  const Services services{duck, connectors, *meta, io::LocalFileSystem(), SystemClock(), side.Factory(), directory};

  data::Schema schema;
  schema.fields = {
      {"ts", Type::Timestamp(3), {}, {}}, {"city", Type::String(), {}, {}}, {"temperature", Type::Double(), {}, {}}};
  auto events = Watermark(Scan("weather", schema, false, "generated"), "ts", 5000);
  sql::plan::Program program;
  program.query = WindowBy(events, Tumble(events, "ts", 60000), {"city"},
                           {Agg("avg", {Col(events, "temperature")}, Type::Double())});
  std::map<std::pair<std::int64_t, std::string>, double> got;
  auto collect = [&](const data::Batch& batch) -> Status {
    for (duckdb::idx_t i = 0; i < batch.size(); ++i) {
      got[{batch.rows.GetValue(2, i).GetValue<duckdb::timestamp_t>().value, batch.rows.GetValue(0, i).ToString()}] =
          batch.rows.GetValue(1, i).GetValue<double>();
    }
    return {};
  };
  TaskOptions options;
  options.job_id = "bench";
  options.durable = false;
  FLOE_TRY(auto task, Task::Make(services, program, options, std::make_shared<Wakeup>(), collect));
  const double before = CpuSeconds();
  for (;;) {
    FLOE_TRY(const Task::Step step, task->RunOnce());
    if (step == Task::Step::kFinished) break;
  }
  const double seconds = CpuSeconds() - before;
  FLOE_TRY_VOID(task->Close());
  task.reset();
  meta.reset();
  std::filesystem::remove_all(directory);

  const Answer want = Expected(rows, cities);
  if (want.size() != got.size())
    return Fail(ErrorKind::kInternal, fmt::format("{} rows instead of {}", got.size(), want.size()));
  for (const auto& [key, sum] : want) {
    const auto found = got.find(key);
    if (found == got.end() || found->second != sum.first / static_cast<double>(sum.second)) {
      return Fail(ErrorKind::kInternal, "wrong average for " + key.second);
    }
  }
  fmt::print(
      "{{\"bench\":\"window_average\",\"rows\":{},\"keys\":{},\"cpu_seconds\":{:.3f},\"events_per_cpu_second\":{:.0f}}}"
      "\n",
      rows, cities, seconds, static_cast<double>(rows) / seconds);
  return {};
}

}  // namespace
}  // namespace floe::stream

int main(int argc, char** argv) {
  const std::int64_t rows = argc > 1 ? std::atoll(argv[1]) : 20'000'000;
  for (const std::size_t cities : {std::size_t{10}, std::size_t{1000}}) {
    if (auto run = floe::stream::Run(rows, cities); !run) {
      fmt::print(stderr, "window_average: {}\n", run.error().ToString());
      return 1;
    }
  }
  return 0;
}
