// SPDX-License-Identifier: Apache-2.0
// A log in memory for connector tests: offsets, producer sequences, waiters; durable at once unless told to fail.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "io/file_system.h"
#include "kafka/protocol/record_batch_reader.h"
#include "log/log.h"

namespace floe::connect {

class MemoryBatches final : public io::ReadableFile {
 public:
  explicit MemoryBatches(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> ReadAt(std::uint64_t position, std::span<std::byte> buffer) const override {
    const auto part = std::as_bytes(std::span(bytes_)).subspan(std::min<std::uint64_t>(position, bytes_.size()));
    const auto count = std::min(part.size(), buffer.size());
    std::ranges::copy(part.first(count), buffer.begin());
    return count;
  }
  Result<std::uint64_t> Size() const override { return bytes_.size(); }

 private:
  const std::string bytes_;
};

class MemoryPartition final : public log::Partition {
 public:
  MemoryPartition(std::string topic, PartitionId id, int& appends_allowed)
      : topic_(std::move(topic)), id_(id), allowed_(appends_allowed) {}
  const std::string& topic() const override { return topic_; }
  PartitionId id() const override { return id_; }

  Result<log::AppendResult> Append(std::span<std::byte> batch) override {
    std::vector<std::function<void()>> ready;
    log::AppendResult result;
    {
      std::lock_guard lock(mu_);
      if (allowed_ == 0) return Fail(ErrorKind::kDiskFull, "no more appends allowed");
      if (allowed_ > 0) --allowed_;
      auto header = ::floe::kafka::CheckBatch(batch);
      if (!header) return Fail(std::move(header.error()));
      if (header->has_producer()) {
        auto [it, added] = sequences_.try_emplace(header->producer_id.value(), header->base_sequence);
        if (it->second != header->base_sequence) return Fail(ErrorKind::kConflict, "sequence gap");
        it->second = ::floe::kafka::BatchHeader::NextSequence(header->last_sequence(), 1);
      }
      ::floe::kafka::PatchBatch(batch, end_, LeaderEpoch(0));
      result.base_offset = end_;
      end_ = end_ + header->record_count;
      result.last_offset = end_ + -1;
      batches_[result.base_offset] = std::string(reinterpret_cast<const char*>(batch.data()), batch.size());
      for (auto& [token, waiter] : waiters_) ready.push_back(std::move(waiter));
      waiters_.clear();
    }
    for (auto& call : ready) call();
    return result;
  }
  void WhenDurable(Offset, std::function<void(Status)> done) override { done({}); }
  void AppendDurably(std::span<const std::byte> batches, log::AppendDone done, bool /*request_ends*/) override {
    std::vector<std::byte> own(batches.begin(), batches.end());
    done(Append(own));
  }
  Result<log::ReadResult> Read(Offset from, std::size_t max_bytes) override {
    std::lock_guard lock(mu_);
    if (from > end_ || from < Offset(0)) return Fail(ErrorKind::kOutOfRange, "offset");
    log::ReadResult result;
    result.high_watermark = end_;
    auto it = batches_.upper_bound(from);
    if (it != batches_.begin()) --it;
    for (; from < end_ && it != batches_.end() && (result.batches.empty() || result.batches.size() < max_bytes); ++it)
      result.batches += it->second;
    return result;
  }
  Result<log::FileRange> Locate(Offset from, std::size_t max_bytes) override {
    FLOE_TRY(log::ReadResult read, Read(from, max_bytes));
    log::FileRange range;
    range.length = read.batches.size();
    range.high_watermark = read.high_watermark;
    range.file = std::make_shared<MemoryBatches>(std::move(read.batches));
    return range;
  }
  std::uint64_t WhenReadable(Offset offset, std::function<void()> ready) override {
    std::unique_lock lock(mu_);
    if (end_ > offset) {
      lock.unlock();
      ready();
      return 0;
    }
    waiters_[++token_] = std::move(ready);
    return token_;
  }
  void Forget(std::uint64_t token) override {
    std::lock_guard lock(mu_);
    waiters_.erase(token);
  }
  Result<log::OffsetAndTimestamp> OffsetForTimestamp(TimestampMs timestamp) override {
    std::lock_guard lock(mu_);
    for (const auto& [offset, bytes] : batches_) {
      ::floe::kafka::RecordReader reader;
      if (auto opened = reader.Open(std::as_bytes(std::span(bytes))); !opened) return Fail(std::move(opened.error()));
      ::floe::kafka::RecordView record;
      while (reader.Next(record)) {
        if (record.timestamp >= timestamp) return log::OffsetAndTimestamp{record.offset, record.timestamp};
      }
    }
    return log::OffsetAndTimestamp{};
  }
  log::OffsetAndTimestamp MaxTimestamp() const override { return {}; }
  Offset log_start_offset() const override { return Offset(0); }
  Offset high_watermark() const override { return log_end_offset(); }
  Offset log_end_offset() const override {
    std::lock_guard lock(mu_);
    return end_;
  }
  std::uint64_t size_bytes() const override { return 0; }
  /// Flips a bit in the last byte of the batch that begins at `base`, as a disk would: its CRC stays as it was.
  void Damage(Offset base) {
    std::lock_guard lock(mu_);
    batches_.at(base).back() ^= 1;
  }

 private:
  std::string topic_;
  PartitionId id_;
  int& allowed_;
  mutable std::mutex mu_;
  std::map<Offset, std::string> batches_;
  std::map<std::int64_t, std::int32_t> sequences_;
  std::map<std::uint64_t, std::function<void()>> waiters_;
  std::uint64_t token_ = 0;
  Offset end_{0};
};

class MemoryLog final : public log::Log {
 public:
  int appends_allowed = -1;  ///< -1: any number

  Result<std::shared_ptr<const log::Topic>> CreateTopic(const std::string& name, int partitions,
                                                        log::TopicConfig) override {
    if (topics_.contains(name)) return Fail(ErrorKind::kAlreadyExists, name);
    auto topic = std::make_shared<log::Topic>();
    topic->name = name;
    for (int i = 0; i < partitions; ++i) {
      topic->partitions.push_back(std::make_shared<MemoryPartition>(name, PartitionId(i), appends_allowed));
    }
    topics_[name] = topic;
    return topic;
  }
  Status DeleteTopic(const std::string& name) override {
    topics_.erase(name);
    return {};
  }
  Result<std::shared_ptr<const log::Topic>> AddPartitions(const std::string& name, int total) override {
    auto topic = std::make_shared<log::Topic>(*topics_.at(name));
    while (static_cast<int>(topic->partitions.size()) < total) {
      topic->partitions.push_back(std::make_shared<MemoryPartition>(
          name, PartitionId(static_cast<std::int32_t>(topic->partitions.size())), appends_allowed));
    }
    topics_[name] = topic;
    return topic;
  }
  Result<std::shared_ptr<const log::Topic>> AlterConfig(const std::string& name, log::TopicConfig) override {
    return topics_.at(name);
  }
  std::shared_ptr<const log::Topic> FindTopic(const std::string& name) const override {
    auto it = topics_.find(name);
    return it == topics_.end() ? nullptr : it->second;
  }
  std::vector<std::shared_ptr<const log::Topic>> Topics() const override {
    std::vector<std::shared_ptr<const log::Topic>> topics;
    for (const auto& [name, topic] : topics_) topics.push_back(topic);
    return topics;
  }
  Result<ProducerId> AllocateProducerId() override { return ProducerId(next_producer_++); }
  Status Close() override { return {}; }

  /// All values of a topic, by partition and offset; a null value is "(null)".
  std::vector<std::string> Values(const std::string& name) const {
    std::vector<std::string> values;
    if (!FindTopic(name)) return values;
    for (const auto& partition : FindTopic(name)->partitions) {
      auto read = partition->Read(Offset(0), 1 << 30);
      std::span<const std::byte> rest = std::as_bytes(std::span(read->batches));
      for (auto batch = ::floe::kafka::NextBatch(rest); batch && *batch; batch = ::floe::kafka::NextBatch(rest)) {
        ::floe::kafka::RecordReader reader;
        if (!reader.Open(**batch)) break;
        ::floe::kafka::RecordView record;
        while (reader.Next(record)) values.emplace_back(record.value.value_or("(null)"));
      }
    }
    return values;
  }

 private:
  std::map<std::string, std::shared_ptr<const log::Topic>> topics_;
  std::int64_t next_producer_ = 1000;
};

}  // namespace floe::connect
