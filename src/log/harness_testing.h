// SPDX-License-Identifier: Apache-2.0
// A log for tests: memory files that can crash, faults, a clock that stands still, a real meta store in a directory of
// its own.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/logging.h"
#include "base/matchers.h"
#include "io/faulty_file_system.h"
#include "io/memory_file_system.h"
#include "kafka/protocol/record_batch_builder.h"
#include "kafka/protocol/record_batch_reader.h"
#include "log/log.h"
#include "meta/store.h"

namespace floe::log {

struct TestRecord {
  Offset offset;
  TimestampMs timestamp;
  std::string value;
  friend bool operator==(const TestRecord&, const TestRecord&) = default;
};

class Harness {
 public:
  explicit Harness(std::uint64_t segment_bytes = 4096) : segment_bytes_(segment_bytes) {
    logging::Init(logging::Level::kOff, logging::Format::kHuman);
    std::filesystem::create_directories(meta_directory_);
    EXPECT_OK(memory_.CreateDirectories("/log"));
    store_ = std::move(*meta::Store::Open(meta_directory_ + "/meta.db"));
    Open();
  }
  ~Harness() {
    log_.reset();
    store_.reset();
    std::filesystem::remove_all(meta_directory_);
  }

  void Open() {
    auto log =
        Log::Open(files_, *store_, clock_,
                  {.directory = "/log", .segment_bytes = segment_bytes_, .retention_check = std::chrono::hours(1)});
    ASSERT_OK(log);
    log_ = std::move(*log);
  }
  /// Orderly stop and start.
  void Restart() {
    ASSERT_OK(log_->Close());
    log_.reset();
    Open();
  }
  /// kill -9: the page cache survives.
  void Kill() {
    log_.reset();
    Open();
  }
  /// Power failure.
  void Crash(Random& random) {
    memory_.Crash(random);  // first: the log's own end would sync
    log_.reset();
    Open();
  }
  /// Power failure right after the next write: what it wrote is certainly not synced.
  void CrashInNextWrite(Random& random, const std::function<void()>& writer) {
    bool crashed = false;
    faults_.AfterNextWrite(
        [&] {
          memory_.Crash(random);
          crashed = true;
        },
        ".log");
    writer();
    faults_.AfterNextWrite(nullptr);
    EXPECT_TRUE(crashed);
    log_.reset();
    Open();
  }
  std::shared_ptr<Partition> Topic(const std::string& name, TopicConfig config = {}) {
    auto topic = log_->FindTopic(name);
    if (!topic) {
      auto created = log_->CreateTopic(name, 1, std::move(config));
      EXPECT_OK(created);
      topic = *created;
    }
    return topic->partitions[0];
  }
  /// Path of partition 0's directory.
  std::string Directory(const std::string& topic) {
    return "/log/" + topic + "-" + log_->FindTopic(topic)->id.substr(0, 8) + "/0";
  }
  Log& log() { return *log_; }

  io::MemoryFileSystem memory_;
  io::Faults faults_;
  io::FaultyFileSystem files_{memory_, faults_};
  ManualClock clock_{TimestampUs(1'000'000'000'000'000)};
  std::unique_ptr<meta::Store> store_;

 private:
  const std::uint64_t segment_bytes_;
  const std::string meta_directory_ = ::testing::TempDir() + "floe_log_" + SystemRandom().Uuid();
  std::unique_ptr<Log> log_;
};

inline std::string MakeBatch(const std::vector<std::pair<std::int64_t, std::string>>& records,
                             kafka::BatchOptions options = {}) {
  kafka::BatchBuilder builder(options);
  for (const auto& [timestamp, value] : records) builder.Append(TimestampMs(timestamp), std::nullopt, value);
  auto batch = builder.Finish();
  EXPECT_OK(batch);
  return {reinterpret_cast<const char*>(batch->data()), batch->size()};
}

inline Result<AppendResult> Append(Partition& partition, std::string batch) {
  return partition.Append(std::as_writable_bytes(std::span(batch)));
}

/// The answer comes when the batch is durable.
inline std::future<Result<AppendResult>> AppendDurably(Partition& partition, const std::string& batch) {
  auto promise = std::make_shared<std::promise<Result<AppendResult>>>();
  partition.AppendDurably(
      std::as_bytes(std::span(batch)),
      [promise](Result<AppendResult> result) { promise->set_value(std::move(result)); }, true);
  return promise->get_future();
}

inline Status WaitDurable(Partition& partition, Offset offset) {
  auto promise = std::make_shared<std::promise<Status>>();  // shared: set_value may still run when get returns
  partition.WhenDurable(offset, [promise](Status status) { promise->set_value(std::move(status)); });
  return promise->get_future().get();
}

/// Everything readable from `from`, `max_bytes` at a time.
inline std::vector<TestRecord> ReadAll(Partition& partition, Offset from, std::size_t max_bytes = 1000) {
  std::vector<TestRecord> records;
  kafka::RecordReader reader;
  while (from < partition.high_watermark()) {
    auto read = partition.Read(from, max_bytes);
    EXPECT_OK(read);
    if (!read || read->batches.empty()) break;
    std::span<const std::byte> rest = std::as_bytes(std::span(read->batches));
    while (!rest.empty()) {
      auto batch = kafka::NextBatch(rest);
      EXPECT_OK(batch);
      EXPECT_TRUE(*batch) << "the log returned a cut-off batch";
      if (!batch || !*batch) return records;
      EXPECT_OK(reader.Open(**batch));
      EXPECT_GE(reader.header().last_offset(), from);
      kafka::RecordView record;
      while (reader.Next(record))
        if (record.offset >= from)
          records.push_back({record.offset, record.timestamp, std::string(record.value.value_or("<null>"))});
      EXPECT_OK(reader.status());
      from = reader.header().last_offset() + 1;
    }
  }
  return records;
}

}  // namespace floe::log
