// SPDX-License-Identifier: Apache-2.0
// The append path of a partition: check, number, write.
#include <limits>

#include "base/logging.h"
#include "kafka/protocol/record_batch_builder.h"
#include "kafka/protocol/record_batch_reader.h"
#include "log/partition.h"

namespace floe::log {

/// What an append brought, checked. The bytes are the caller's unless they had to be recompressed.
struct PartitionLog::Batches {
  std::span<std::byte> bytes;
  std::vector<kafka::BatchHeader> headers;
  std::string recompressed;
  std::int64_t records = 0;
};

namespace {

constexpr std::chrono::seconds kDiskFullInterval{10};

using kafka::BatchHeader;

std::unexpected<Error> Invalid(std::string why) {
  return Fail(ErrorKind::kInvalidInput, "record batch refused: " + std::move(why));
}

/// What the header alone can tell. LogAppendTime batches carry times that count for nothing here.
Status CheckHeader(const BatchHeader& header, const EffectiveConfig& config, TimestampMs now) {
  if (header.control()) return Invalid("control batches are the broker's to write");
  if (header.transactional())
    return Fail(ErrorKind::kNotSupported, "transactions are not supported yet; produce without transactional.id");
  if (header.record_count == 0) return Invalid("it holds no records");
  if (header.record_count != header.last_offset_delta + 1LL) {
    return Invalid("its header says " + std::to_string(header.record_count) + " records and last offset delta " +
                   std::to_string(header.last_offset_delta));
  }
  if (header.has_producer() && (header.producer_epoch.value() < 0 || header.base_sequence < 0))
    return Invalid("it has a producer id without epoch and sequence");
  if (header.size_bytes() > static_cast<std::uint64_t>(config.max_message_bytes)) {
    return Fail(ErrorKind::kTooLarge,
                "record batch has " + std::to_string(header.size_bytes()) + " bytes, more than max.message.bytes = " +
                    std::to_string(config.max_message_bytes) + "; send smaller batches or raise it on the topic");
  }
  if (!config.log_append_time) {
    constexpr std::int64_t kAny = std::numeric_limits<std::int64_t>::max();
    if (config.timestamp_after_max_ms != kAny && header.max_timestamp.value() > now.value() &&
        header.max_timestamp.value() - now.value() > config.timestamp_after_max_ms)
      return Invalid("timestamp " + std::to_string(header.max_timestamp.value()) +
                     " is later than message.timestamp.after.max.ms allows");
    if (config.timestamp_before_max_ms != kAny && header.base_timestamp.value() >= 0 &&
        now.value() - header.base_timestamp.value() > config.timestamp_before_max_ms)
      return Invalid("timestamp " + std::to_string(header.base_timestamp.value()) +
                     " is earlier than message.timestamp.before.max.ms allows");
  }
  return {};
}

/// The records of a compressed batch are looked at by who reads them; those of a plain one cost little to check here.
Status CheckRecords(std::span<const std::byte> batch) {
  kafka::RecordReader reader;
  FLOE_TRY_VOID(reader.Open(batch));
  kafka::RecordView record;
  while (reader.Next(record)) {
  }
  if (!reader.status()) return Invalid(reader.status().error().message());
  return {};
}

/// Appends the batch in another codec to `out`.
Status Recompress(std::span<const std::byte> batch, kafka::Compression codec, std::string& out) {
  kafka::RecordReader reader;
  FLOE_TRY_VOID(reader.Open(batch));
  const BatchHeader& header = reader.header();
  kafka::BatchBuilder builder({.compression = codec,
                               .producer_id = header.producer_id,
                               .producer_epoch = header.producer_epoch,
                               .base_sequence = header.base_sequence});
  kafka::RecordView record;
  while (reader.Next(record)) builder.Append(record.timestamp, record.key, record.value, record.Headers());
  if (!reader.status()) return Invalid(reader.status().error().message());
  FLOE_TRY(auto built, builder.Finish());
  out.append(reinterpret_cast<const char*>(built.data()), built.size());
  return {};
}

}  // namespace

Result<PartitionLog::Batches> PartitionLog::Check(std::span<std::byte> bytes, const EffectiveConfig& config) const {
  Batches batches{.bytes = bytes};
  TimestampMs now = environment_.clock.WallNowMs();
  bool recompress = false;
  for (std::span<const std::byte> rest = bytes; !rest.empty();) {
    FLOE_TRY(BatchHeader header, kafka::CheckBatch(rest));
    FLOE_TRY_VOID(CheckHeader(header, config, now));
    auto batch = rest.first(header.size_bytes());
    if (header.compression() == kafka::Compression::kNone) FLOE_TRY_VOID(CheckRecords(batch));
    recompress |= config.compression && *config.compression != header.compression();
    batches.headers.push_back(header);
    rest = rest.subspan(header.size_bytes());
  }
  if (batches.headers.empty()) return Invalid("it is empty");
  if (batches.headers.size() > 1) {
    for (const BatchHeader& header : batches.headers)
      if (header.has_producer()) return Invalid("batches of an idempotent producer are appended one by one");
  }
  if (recompress) {
    for (std::span<const std::byte> rest = bytes; !rest.empty();) {
      FLOE_TRY(auto batch, kafka::NextBatch(rest));
      FLOE_TRY_VOID(Recompress(*batch, *config.compression, batches.recompressed));
    }
    batches.bytes = std::as_writable_bytes(std::span(batches.recompressed));
    batches.headers.clear();
    for (std::span<const std::byte> rest = batches.bytes; !rest.empty();) {
      FLOE_TRY(auto batch, kafka::NextBatch(rest));
      FLOE_TRY(BatchHeader header, kafka::ParseBatchHeader(*batch));
      batches.headers.push_back(header);
    }
  }
  for (const BatchHeader& header : batches.headers) batches.records += header.record_count;
  return batches;
}

Result<AppendResult> PartitionLog::Append(std::span<std::byte> bytes) {
  auto config = this->config();
  FLOE_TRY(Batches batches, Check(bytes, *config));
  AppendLock lock(*this);
  const bool queued = WriteQueuedLocked();
  auto result = AppendLocked(batches, *config);
  lock.Unlock();
  if (queued || (result && !result->duplicate)) ScheduleSync();
  return result;
}

void PartitionLog::AppendLock::Unlock() {
  if (!lock_.owns_lock()) return;
  lock_.unlock();
  std::unique_lock lock(log_.mu_);
  const bool queued = !log_.queued_.empty();
  lock.unlock();
  if (queued) log_.ScheduleSync();
}

void PartitionLog::AppendDurably(std::vector<std::byte> batches, AppendDone done) {
  {
    std::lock_guard lock(mu_);
    if (state_ == State::kOpen) queued_.push_back({std::move(batches), std::exchange(done, nullptr)});
  }
  // At once, else those who go on calling would keep the syncer from its end.
  if (done) return done(Fail(RefuseWrites().error()));
  ScheduleSync();
}

bool PartitionLog::WriteQueuedLocked() {
  std::vector<QueuedAppend> queued;
  {
    std::lock_guard lock(mu_);
    queued.swap(queued_);
  }
  if (queued.empty()) return false;
  const auto config = this->config();
  for (QueuedAppend& append : queued) {
    auto result = CheckAndAppendLocked(append.batches, *config);
    if (!result) {
      std::lock_guard lock(mu_);
      refused_.emplace_back(std::move(append.done), std::move(result).error());
      continue;
    }
    durable_waiters_.Add(result->last_offset + 1, [appended = *result, done = std::move(append.done)](Status durable) {
      done(durable ? Result<AppendResult>(appended) : Fail(std::move(durable).error()));
    });
  }
  return true;
}

Result<AppendResult> PartitionLog::CheckAndAppendLocked(std::span<std::byte> bytes, const EffectiveConfig& config) {
  FLOE_TRY(Batches batches, Check(bytes, config));
  return AppendLocked(batches, config);
}

void PartitionLog::NoteDiskFull(const Error* error) {
  const bool full = error != nullptr && error->kind() == ErrorKind::kDiskFull;
  if (full == disk_full_ || (error != nullptr && !full)) return;
  if (!full) {
    disk_full_ = false;
    logging::Info("log", "the disk has space again: records are accepted",
                  {{"topic", identity_.topic}, {"partition", identity_.id.value()}});
    return;
  }
  const auto now = environment_.clock.MonotonicNow();
  // Small writes may fit where large ones do not: then one pair of lines per interval says it.
  if (disk_full_told_ && now - *disk_full_told_ < kDiskFullInterval) return;
  disk_full_ = true;
  disk_full_told_ = now;
  logging::Failure("log", "the disk is full: records are refused until there is space again",
                   {{"topic", identity_.topic}, {"partition", identity_.id.value()}, {"cause", error->message()}});
}

Status PartitionLog::RefuseWrites() const {
  std::lock_guard lock(mu_);
  if (state_ == State::kDeleted) return Fail(ErrorKind::kNotFound, "topic '" + identity_.topic + "' was deleted");
  if (state_ != State::kOpen) return Fail(ErrorKind::kCancelled, "the log is closing");
  if (poison_) return Fail(*poison_);
  return {};
}

Result<AppendResult> PartitionLog::AppendLocked(Batches& batches, const EffectiveConfig& config) {
  // A moved short string moves its bytes.
  if (!batches.recompressed.empty()) batches.bytes = std::as_writable_bytes(std::span(batches.recompressed));
  auto result = WriteLocked(batches, config);
  NoteDiskFull(result ? nullptr : &result.error());
  return result;
}

Result<AppendResult> PartitionLog::WriteLocked(Batches& batches, const EffectiveConfig& config) {
  FLOE_TRY_VOID(RefuseWrites());
  BatchHeader& first = batches.headers.front();
  if (first.has_producer()) {
    FLOE_TRY(auto stored, producers_.Check(first));
    if (stored) {
      return AppendResult{.base_offset = stored->first,
                          .last_offset = stored->last,
                          .log_append_time = config.log_append_time ? stored->timestamp : TimestampMs(-1),
                          .log_start_offset = log_start_offset(),
                          .duplicate = true};
    }
  }
  if (MustRoll(config, batches.bytes.size(), batches.records)) FLOE_TRY_VOID(RollLocked());

  Offset begin = log_end_offset();
  Offset next = begin;
  TimestampMs now = environment_.clock.WallNowMs();
  std::span<std::byte> rest = batches.bytes;
  OffsetAndTimestamp max;
  for (BatchHeader& header : batches.headers) {
    kafka::PatchBatch(rest, next, LeaderEpoch(0));
    header.base_offset = next;
    if (config.log_append_time) {
      kafka::PatchLogAppendTime(rest, now);
      header.max_timestamp = now;
    }
    next = header.last_offset() + 1;
    if (header.max_timestamp > max.timestamp) max = {header.last_offset(), header.max_timestamp};
    rest = rest.subspan(header.size_bytes());
  }
  auto segment = segments()->back();
  Segment::WriteOutcome outcome = segment->Write(batches.bytes, batches.headers);
  if (!outcome.restored) {
    std::lock_guard lock(mu_);
    poison_ = Error(ErrorKind::kIo, "'" + identity_.topic + "' partition " + std::to_string(identity_.id.value()) +
                                        " is read-only: a failed write could not be undone (" +
                                        outcome.restored.error().message() + "); check the disk and restart Floe")
                  .WithRetry(Retry::kNever);
    logging::Failure("log", "a failed write could not be undone; the partition is read-only until a restart",
                     {{"topic", identity_.topic},
                      {"partition", identity_.id.value()},
                      {"cause", outcome.restored.error().message()}});
  }
  FLOE_TRY_VOID(outcome.written);
  changed_ = true;
  producers_.Update(first);
  size_.fetch_add(batches.bytes.size(), std::memory_order_relaxed);
  {
    std::lock_guard lock(mu_);
    written_position_ = segment->size();
    if (max.timestamp > written_max_.timestamp) written_max_ = max;
    log_end_.store(next.value(), std::memory_order_release);
  }
  return AppendResult{.base_offset = begin,
                      .last_offset = next + -1,
                      .log_append_time = config.log_append_time ? now : TimestampMs(-1),
                      .log_start_offset = log_start_offset()};
}

bool PartitionLog::MustRoll(const EffectiveConfig& config, std::uint64_t bytes, std::int64_t records) const {
  const Segment& last = *segments()->back();
  if (last.size() == 0) return false;
  constexpr std::int64_t kMaxRelative = std::numeric_limits<std::int32_t>::max();
  auto age = std::chrono::duration_cast<std::chrono::milliseconds>(environment_.clock.MonotonicNow() - active_since_);
  return last.size() + bytes > static_cast<std::uint64_t>(config.segment_bytes) ||
         last.end() - last.base() + records > kMaxRelative || age.count() > config.segment_ms;
}

// Every step may fail and leaves the last segment in use. The new file comes last: when it exists, all before it is on
// disk.
Status PartitionLog::RollLocked() {
  FLOE_TRY_VOID(SyncLast());
  auto all = segments();
  auto last = all->back();
  FLOE_TRY_VOID(last->WriteIndexes());
  FLOE_TRY_VOID(WriteProducerSnapshot());
  FLOE_TRY(auto next, Segment::Create(environment_.files, identity_.directory, log_end_offset()));
  auto longer = std::make_shared<Segments>(*all);
  longer->push_back(next);
  {
    std::lock_guard lock(mu_);
    segments_ = std::move(longer);
    durable_base_ = next->base();
    durable_position_ = 0;
    written_position_ = 0;
  }
  last->Seal();
  active_since_ = environment_.clock.MonotonicNow();
  return {};
}

}  // namespace floe::log
