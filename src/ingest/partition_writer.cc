// SPDX-License-Identifier: Apache-2.0
#include "ingest/partition_writer.h"

#include <fmt/format.h>

#include "kafka/protocol/record_batch_builder.h"

namespace floe::ingest {

namespace {

std::size_t SizeOf(const std::vector<Record>& records) {
  std::size_t bytes = 0;
  for (const Record& record : records) bytes += record.value.size() + (record.key ? record.key->size() : 0) + 32;
  return bytes;
}

bool MayBeOneRequestsFault(ErrorKind kind) {
  return kind == ErrorKind::kTooLarge || kind == ErrorKind::kInvalidInput || kind == ErrorKind::kCorruption;
}

}  // namespace

PartitionWriter::PartitionWriter(std::shared_ptr<log::Partition> partition, ComputePool& pool, Clock& clock,
                                 WriterLimits limits)
    : partition_(std::move(partition)), pool_(pool), clock_(clock), limits_(limits) {}

void PartitionWriter::Submit(std::vector<Record> records, Done done) {
  const std::size_t bytes = SizeOf(records);
  bool start = false;
  {
    std::lock_guard lock(mu_);
    if (pending_bytes_ == 0 || pending_bytes_ + bytes <= limits_.max_pending_bytes) {
      pending_bytes_ += bytes;
      pending_.push_back({std::move(records), bytes, std::move(done)});
      start = !std::exchange(busy_, true);
      done = nullptr;
    }
  }
  if (done) {
    done(Fail(ErrorKind::kResourceExhausted,
              fmt::format("topic '{}' partition {} has {} bytes waiting for the disk; slow down and send again",
                          partition_->topic(), partition_->id().value(), limits_.max_pending_bytes)));
  }
  if (start) Schedule();
}

void PartitionWriter::Schedule() {
  pool_.Post([self = shared_from_this()] { self->Flush(); });
}

void PartitionWriter::Flush() {
  std::vector<Request> requests;
  {
    std::lock_guard lock(mu_);
    requests.swap(pending_);
  }
  Append(std::move(requests));
}

void PartitionWriter::Append(std::vector<Request> requests) {
  auto appended = Write(requests);
  if (!appended && requests.size() > 1 && MayBeOneRequestsFault(appended.error().kind())) {
    // Nothing was written. One request must not fail its neighbours: each goes alone, and waits alone.
    for (Request& request : requests) {
      std::vector<Request> alone;
      alone.push_back(std::move(request));
      auto one = Write(alone);
      if (!one) {
        Complete(alone, Fail(std::move(one).error()));
        continue;
      }
      auto shared = std::make_shared<std::vector<Request>>(std::move(alone));
      partition_->WhenDurable(
          one->last_offset + 1, [self = shared_from_this(), shared, base = one->base_offset](Status durable) {
            self->Complete(*shared, durable ? Result<Offset>(base) : Fail(std::move(durable).error()));
          });
    }
    Finish();
    return;
  }
  if (!appended) {
    Complete(requests, Fail(std::move(appended).error()));
    Finish();
    return;
  }
  auto shared = std::make_shared<std::vector<Request>>(std::move(requests));
  partition_->WhenDurable(appended->last_offset + 1,
                          [self = shared_from_this(), shared, base = appended->base_offset](Status durable) {
                            self->Complete(*shared, durable ? Result<Offset>(base) : Fail(std::move(durable).error()));
                            self->Finish();
                          });
}

Result<log::AppendResult> PartitionWriter::Write(const std::vector<Request>& requests) {
  const TimestampMs now = clock_.WallNowMs();
  kafka::BatchBuilder builder;
  std::vector<std::byte> bytes;
  auto close_batch = [&]() -> Status {
    FLOE_TRY(auto batch, builder.Finish());
    bytes.insert(bytes.end(), batch.begin(), batch.end());
    builder.Reset();
    return {};
  };
  for (const Request& request : requests) {
    if (!builder.empty() && builder.size_bytes() + request.bytes > limits_.max_batch_bytes)
      FLOE_TRY_VOID(close_batch());
    for (const Record& record : request.records) {
      const std::size_t size = record.value.size() + (record.key ? record.key->size() : 0) + 32;
      if (!builder.empty() && builder.size_bytes() + size > limits_.max_batch_bytes) FLOE_TRY_VOID(close_batch());
      builder.Append(now, record.key ? std::optional<std::string_view>(*record.key) : std::nullopt, record.value);
    }
  }
  if (!builder.empty()) FLOE_TRY_VOID(close_batch());
  return partition_->Append(bytes);
}

void PartitionWriter::Complete(const std::vector<Request>& requests, const Result<Offset>& base) {
  std::int64_t before = 0;
  for (const Request& request : requests) {
    {
      std::lock_guard lock(mu_);
      pending_bytes_ -= request.bytes;
    }
    request.done(base ? Result<Offset>(*base + before) : base);
    before += static_cast<std::int64_t>(request.records.size());
  }
}

void PartitionWriter::Finish() {
  bool more = false;
  {
    std::lock_guard lock(mu_);
    more = !pending_.empty();
    busy_ = more;
  }
  if (more) Schedule();
}

}  // namespace floe::ingest
