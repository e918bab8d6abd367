// SPDX-License-Identifier: Apache-2.0
// Rows per CPU second from batches into an Iceberg table's files: bench_parquet_write [MILLIONS=5] [PARTITIONING]
// [DIR]. Rows: (id BIGINT, city of ten, temperature DOUBLE, ts TIMESTAMP_LTZ), 2048 to a batch, zstd level 1.
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <duckdb.hpp>
#include <fmt/format.h>
#include <time.h>

#include "base/result.h"
#include "duck/instance.h"
#include "iceberg/commit/catalog.h"
#include "iceberg/commit/table_appender.h"

namespace floe::iceberg {
namespace {

double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

Status Run(int millions, const std::string& partitioning, const std::string& root) {
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root);
  FLOE_TRY(auto store, meta::Store::Open(root + "/meta.db"));
  FLOE_TRY(auto catalog,
           Catalog::Open(*store, io::LocalFileSystem(), root + "/warehouse", SystemClock(), SystemRandom()));
  FLOE_TRY_VOID(catalog->CreateDatabase("db"));
  data::Schema schema;
  schema.fields.push_back({"id", data::Type::BigInt(), "", {}});
  schema.fields.push_back({"city", data::Type::String(), "", {}});
  schema.fields.push_back({"temperature", data::Type::Double(), "", {}});
  schema.fields.push_back({"ts", data::Type::TimestampLtz(3), "", {}});
  TableDefinition definition;
  FLOE_TRY(definition.fields, FromFlink(schema));
  if (!partitioning.empty()) definition.partitioning.push_back(partitioning);
  TableName name{"db", "t"};
  FLOE_TRY_VOID(catalog->CreateTable(name, definition));
  duck::Instance instance(duck::InstanceOptions{.threads = 1});
  FLOE_TRY(auto appender, TableAppender::Open(*catalog, instance, name, schema, {}));
  static constexpr const char* kCities[] = {"Auckland", "Berlin", "Cairo", "Delhi", "Edinburgh",
                                            "Fukuoka",  "Geneva", "Hanoi", "Izmir", "Jakarta"};
  data::Batch batch;
  batch.rows.Initialize(duckdb::Allocator::DefaultAllocator(),
                        {duckdb::LogicalType::BIGINT, duckdb::LogicalType::VARCHAR, duckdb::LogicalType::DOUBLE,
                         duckdb::LogicalType::TIMESTAMP_TZ});
  auto* ids = duckdb::FlatVector::GetData<std::int64_t>(batch.rows.data[0]);
  auto* cities = duckdb::FlatVector::GetData<duckdb::string_t>(batch.rows.data[1]);
  auto* temperatures = duckdb::FlatVector::GetData<double>(batch.rows.data[2]);
  auto* times = duckdb::FlatVector::GetData<std::int64_t>(batch.rows.data[3]);
  std::int64_t rows = static_cast<std::int64_t>(millions) * 1'000'000 / 2048 * 2048;
  double filling = 0;
  double start = CpuSeconds();
  std::uint64_t seed = 1;
  for (std::int64_t done = 0; done < rows; done += 2048) {
    double before = CpuSeconds();
    for (int i = 0; i < 2048; ++i) {
      seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
      ids[i] = done + i;
      const char* city = kCities[(seed >> 33) % 10];
      cities[i] = duckdb::string_t(city, static_cast<std::uint32_t>(std::strlen(city)));
      temperatures[i] = static_cast<double>((seed >> 40) % 1200) / 10.0;
      times[i] = 1'763'700'000'000'000 + (done + i) * 1000;
    }
    batch.rows.SetCardinality(2048);
    filling += CpuSeconds() - before;
    FLOE_TRY_VOID(appender->Write(batch));
  }
  FLOE_TRY(auto files, appender->Flush());
  double cpu = CpuSeconds() - start - filling;
  std::int64_t written = 0;
  std::int64_t bytes = 0;
  for (const DataFile& file : files) written += file.record_count, bytes += file.file_size;
  if (written != rows)
    return Fail(ErrorKind::kInternal, fmt::format("{} rows in the files, {} written", written, rows));
  fmt::print("{} rows, {} files, {:.1f} bytes a row: {:.2f} M rows per CPU second\n", rows, files.size(),
             static_cast<double>(bytes) / static_cast<double>(rows), static_cast<double>(rows) / cpu / 1e6);
  std::filesystem::remove_all(root);
  return {};
}

}  // namespace
}  // namespace floe::iceberg

int main(int argc, char** argv) {
  std::string root = argc > 3 ? argv[3] : (std::filesystem::temp_directory_path() / "floe_bench_parquet").string();
  auto status = floe::iceberg::Run(argc > 1 ? std::atoi(argv[1]) : 5, argc > 2 ? argv[2] : "", root);
  if (!status) fmt::print(stderr, "{}\n", status.error().ToString());
  return status ? 0 : 1;
}
