// SPDX-License-Identifier: Apache-2.0
// What an append to the log costs: CPU per GB of large and small batches, and durable appends per second.
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <future>
#include <string>

#include <sys/resource.h>

#include "base/clock.h"
#include "base/crc32c.h"
#include "io/file_system.h"
#include "kafka/protocol/record_batch_builder.h"
#include "kafka/protocol/record_batch_reader.h"
#include "log/log.h"
#include "meta/store.h"

namespace {

using namespace floe;

[[noreturn]] void Die(const Error& error) {
  std::fprintf(stderr, "bench_log_append: %s\n", error.ToString().c_str());
  std::exit(1);
}

template <typename T>
T Must(Result<T> result) {
  if (!result) Die(result.error());
  return std::move(*result);
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double WallSeconds() {
  return static_cast<double>(SystemClock().MonotonicNow().count()) * 1e-9;
}

std::string MakeBatch(std::size_t batch_bytes, std::size_t record_bytes) {
  kafka::BatchBuilder builder;
  std::string value(record_bytes, 'x');
  while (builder.size_bytes() < batch_bytes) {
    value[static_cast<std::size_t>(builder.record_count()) % value.size()] ^= 1;
    builder.Append(TimestampMs(1), std::nullopt, value);
  }
  auto batch = Must(builder.Finish());
  return {reinterpret_cast<const char*>(batch.data()), batch.size()};
}

void Wait(log::Partition& partition, Offset offset) {
  auto promise = std::make_shared<std::promise<Status>>();
  partition.WhenDurable(offset, [promise](Status status) { promise->set_value(std::move(status)); });
  if (Status status = promise->get_future().get(); !status) Die(status.error());
}

void Line(const char* what, double cpu, double wall, double bytes, double count) {
  std::printf("%-44s %8.3f cpu-s/GB %9.0f MB/s %10.0f batches/s\n", what, bytes > 0 ? cpu / bytes * 1e9 : 0.0,
              bytes / wall * 1e-6, count / wall);
}

void Throughput(log::Log& log, const char* what, std::size_t batch_bytes, std::size_t record_bytes, std::size_t total) {
  auto topic = Must(log.CreateTopic("t" + std::to_string(batch_bytes) + "." + std::to_string(record_bytes), 1,
                                    {{{"max.message.bytes", "10000000"}}}));
  log::Partition& partition = *topic->partitions[0];
  std::string batch = MakeBatch(batch_bytes, record_bytes);
  std::size_t count = total / batch.size();
  double cpu = CpuSeconds(), wall = WallSeconds();
  for (std::size_t i = 0; i < count; ++i) Must(partition.Append(std::as_writable_bytes(std::span(batch))));
  Wait(partition, partition.log_end_offset());
  auto bytes = static_cast<double>(count * batch.size());
  Line(what, CpuSeconds() - cpu, WallSeconds() - wall, bytes, static_cast<double>(count));

  // Read it all back and count.
  cpu = CpuSeconds(), wall = WallSeconds();
  std::int64_t records = 0;
  std::size_t read_bytes = 0;
  for (Offset from(0); from < partition.high_watermark();) {
    auto read = Must(partition.Read(from, 1 << 20));
    read_bytes += read.batches.size();
    std::span<const std::byte> rest = std::as_bytes(std::span(read.batches));
    while (!rest.empty()) {
      auto header = Must(kafka::ParseBatchHeader(rest));
      records += header.record_count;
      from = header.last_offset() + 1;
      rest = rest.subspan(header.size_bytes());
    }
  }
  Line("  read back", CpuSeconds() - cpu, WallSeconds() - wall, bytes, static_cast<double>(count));
  if (records != partition.log_end_offset().value() || read_bytes != partition.size_bytes())
    Die(Error(ErrorKind::kInternal, "read back something else"));
}

void DurableOneByOne(log::Log& log) {
  auto topic = Must(log.CreateTopic("one.by.one", 1, {}));
  log::Partition& partition = *topic->partitions[0];
  std::string batch = MakeBatch(1, 100);
  constexpr int kCount = 2000;
  double cpu = CpuSeconds(), wall = WallSeconds();
  for (int i = 0; i < kCount; ++i)
    Wait(partition, Must(partition.Append(std::as_writable_bytes(std::span(batch)))).last_offset + 1);
  wall = WallSeconds() - wall;
  Line("durable, one at a time (100 B)", CpuSeconds() - cpu, wall, 0, kCount);
  std::printf("%-44s %8.0f us each\n", "", wall / kCount * 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  std::string directory =
      (argc > 1 ? std::string(argv[1]) : std::string("/tmp")) + "/floe_bench_" + SystemRandom().Uuid();
  std::filesystem::create_directories(directory);
  {
    auto store = Must(meta::Store::Open(directory + "/meta.db"));
    auto log = Must(log::Log::Open(io::LocalFileSystem(), *store, SystemClock(), {.directory = directory + "/log"}));
    Throughput(*log, "1 MB batches of 1 KiB records", 1 << 20, 1024, 2'000'000'000);
    Throughput(*log, "1 MB batches of 100 B records", 1 << 20, 100, 1'000'000'000);
    Throughput(*log, "16 KiB batches of 100 B records", 16 << 10, 100, 1'000'000'000);
    Throughput(*log, "1 KiB batches of one record", 1 << 10, 1000, 200'000'000);
    DurableOneByOne(*log);
    if (Status closed = log->Close(); !closed) Die(closed.error());
  }
  std::filesystem::remove_all(directory);
}
