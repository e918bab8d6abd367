// SPDX-License-Identifier: Apache-2.0
// How long one small commit takes, and whether it stays so: bench_iceberg_commit [COMMITS=10000] [DIR].
// Each commit writes one Parquet file of 10 rows, its manifest, list and metadata, and swaps the pointer in meta.db,
// all synced.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include <duckdb.hpp>
#include <fmt/format.h>
#include <time.h>

#include "base/result.h"
#include "duck/instance.h"
#include "iceberg/commit/catalog.h"
#include "iceberg/commit/table_appender.h"

namespace floe::iceberg {
namespace {

double CpuMs() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Sample {
  double write;
  double stage;
  double apply;
};

double Percentile(std::vector<double> values, double p) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(p * static_cast<double>(values.size() - 1))];
}

Status Run(int commits, const std::string& root) {
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root);
  FLOE_TRY(auto store, meta::Store::Open(root + "/meta.db"));
  FLOE_TRY(auto catalog, Catalog::Open(*store, io::LocalFileSystem(), root + "/warehouse", SystemClock(),
                                       SystemRandom(), std::chrono::seconds(5)));
  FLOE_TRY_VOID(catalog->CreateDatabase("db"));
  data::Schema schema;
  schema.fields.push_back({"id", data::Type::BigInt(), "", {}});
  schema.fields.push_back({"city", data::Type::String(), "", {}});
  schema.fields.push_back({"temperature", data::Type::Double(), "", {}});
  TableDefinition definition;
  FLOE_TRY(definition.fields, FromFlink(schema));
  TableName name{"db", "t"};
  FLOE_TRY_VOID(catalog->CreateTable(name, definition));
  duck::Instance instance(duck::InstanceOptions{.threads = 1});
  FLOE_TRY(auto appender, TableAppender::Open(*catalog, instance, name, schema, {.job_id = "bench"}));
  data::Batch batch;
  batch.rows.Initialize(duckdb::Allocator::DefaultAllocator(),
                        {duckdb::LogicalType::BIGINT, duckdb::LogicalType::VARCHAR, duckdb::LogicalType::DOUBLE});
  for (duckdb::idx_t row = 0; row < 10; ++row) {
    batch.rows.SetValue(0, row, duckdb::Value::BIGINT(static_cast<std::int64_t>(row)));
    batch.rows.SetValue(1, row, duckdb::Value("Auckland"));
    batch.rows.SetValue(2, row, duckdb::Value::DOUBLE(static_cast<double>(row) * 1.5));
  }
  batch.rows.SetCardinality(10);
  std::vector<double> total;
  std::vector<Sample> samples;
  double cpu = CpuMs();
  auto ms = [](auto a, auto b) { return std::chrono::duration<double, std::milli>(b - a).count(); };
  for (int i = 1; i <= commits; ++i) {
    auto t0 = std::chrono::steady_clock::now();
    FLOE_TRY_VOID(appender->Write(batch));
    FLOE_TRY(auto files, appender->Flush());
    auto t1 = std::chrono::steady_clock::now();
    FLOE_TRY(StagedCommit staged, appender->Stage(std::move(files), CheckpointId(i)));
    auto t2 = std::chrono::steady_clock::now();
    FLOE_TRY_VOID(store->Write([&](meta::Transaction& transaction) { return catalog->Apply(transaction, staged); }));
    auto t3 = std::chrono::steady_clock::now();
    total.push_back(ms(t0, t3));
    samples.push_back({ms(t0, t1), ms(t1, t2), ms(t2, t3)});
    if (i % 200 == 0) FLOE_TRY_VOID(catalog->CollectGarbage());
    int step = std::max(1, commits / 10);
    if (i % step == 0) {
      double cpu_now = CpuMs();
      std::vector<double> w, s, a;
      for (const Sample& sample : samples)
        w.push_back(sample.write), s.push_back(sample.stage), a.push_back(sample.apply);
      fmt::print(
          "{:>7} commits  p50 {:.2f} ms  p99 {:.2f} ms  (file {:.2f}, stage {:.2f}, apply {:.2f})  CPU {:.2f} ms a "
          "commit\n",
          i, Percentile(total, 0.5), Percentile(total, 0.99), Percentile(w, 0.5), Percentile(s, 0.5),
          Percentile(a, 0.5), (cpu_now - cpu) / static_cast<double>(total.size()));
      cpu = cpu_now;
      total.clear();
      samples.clear();
    }
  }
  FLOE_TRY(LoadedTable table, catalog->LoadTable(name));
  std::string rows = table.metadata->current_snapshot()->summary.at("total-records");
  FLOE_TRY(ManifestList manifests, catalog->io().Manifests(*table.metadata->current_snapshot()));
  std::int64_t files = 0;
  for (const ManifestFile& manifest : *manifests) files += manifest.added_files + manifest.existing_files;
  fmt::print("{} snapshots kept, {} manifests, {} files\n", table.metadata->snapshots.size(), manifests->size(), files);
  if (rows != std::to_string(commits * 10) || files != commits)
    return Fail(ErrorKind::kInternal, "the table lost rows");
  std::filesystem::remove_all(root);
  return {};
}

}  // namespace
}  // namespace floe::iceberg

int main(int argc, char** argv) {
  int commits = argc > 1 ? std::atoi(argv[1]) : 10000;
  std::string root = argc > 2 ? argv[2] : (std::filesystem::temp_directory_path() / "floe_bench_commit").string();
  auto status = floe::iceberg::Run(commits, root);
  if (!status) fmt::print(stderr, "{}\n", status.error().ToString());
  return status ? 0 : 1;
}
