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

/// Writes a queue with as few writes as it can. append_mu_ is held while it lives.
class PartitionLog::QueueWriter {
 public:
  explicit QueueWriter(PartitionLog& log) : log_(log), config_(log.config()), run_(log.EmptyRun()) {}
  void Take(std::span<std::byte> bytes, AppendDone done);
  /// After it, all that were taken have an answer to come: with the next sync, or a refusal.
  void Write();

 private:
  Result<AppendResult> Number(std::span<std::byte> bytes);
  void Refuse(AppendDone done, Error error);

  PartitionLog& log_;
  const std::shared_ptr<const EffectiveConfig> config_;
  Run run_;
  std::string recompressed_;  // what run_ stands in, if not in the queue
  std::vector<std::pair<AppendResult, AppendDone>> numbered_;
};

namespace {

constexpr std::chrono::seconds kDiskFullInterval{10};
/// Memory that comes back from the allocator has to be faulted in again.
constexpr std::size_t kKeptQueueBytes = 256U << 10;

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
  FLOE_TRY_VOID(reader.OpenChecked(batch));
  kafka::RecordView record;
  while (reader.Next(record)) {
  }
  if (!reader.status()) return Invalid(reader.status().error().message());
  return {};
}

/// Appends the batch in another codec to `out`.
Status Recompress(std::span<const std::byte> batch, kafka::Compression codec, std::string& out) {
  kafka::RecordReader reader;
  FLOE_TRY_VOID(reader.OpenChecked(batch));
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
  const bool queued = !log_.queue_.appends.empty();
  lock.unlock();
  // Mostly their own round is still to come; not when it found the lock taken.
  if (queued && !log_.scheduled_) log_.ScheduleSync();
}

void PartitionLog::AppendDurably(std::span<const std::byte> batches, AppendDone done, bool request_ends) {
  {
    std::lock_guard lock(mu_);
    if (state_ == State::kOpen) {
      queue_.bytes.insert(queue_.bytes.end(), batches.begin(), batches.end());
      queue_.appends.push_back({batches.size(), std::exchange(done, nullptr)});
    }
  }
  // At once, else those who go on calling would keep the syncer from its end.
  if (done) return done(Fail(RefuseWrites().error()));
  environment_.syncer->ScheduleSmall(scheduled_.exchange(true) ? nullptr : shared_from_this(), request_ends);
}

bool PartitionLog::WriteQueuedLocked() {
  Queue queue;
  {
    std::lock_guard lock(mu_);
    if (queue_.appends.empty()) return false;
    queue = std::exchange(queue_, std::exchange(spare_, {}));
  }
  QueueWriter writer(*this);
  std::span<std::byte> rest = queue.bytes;
  for (Queue::Append& append : queue.appends) {
    writer.Take(rest.first(append.size), std::move(append.done));
    rest = rest.subspan(append.size);
  }
  writer.Write();
  if (queue.bytes.capacity() > kKeptQueueBytes) return true;
  queue.bytes.clear();
  queue.appends.clear();
  std::lock_guard lock(mu_);
  spare_ = std::move(queue);
  return true;
}

void PartitionLog::QueueWriter::Take(std::span<std::byte> bytes, AppendDone done) {
  auto result = Number(bytes);
  if (!result) return Refuse(std::move(done), std::move(result).error());
  numbered_.emplace_back(*result, std::move(done));
}

Result<AppendResult> PartitionLog::QueueWriter::Number(std::span<std::byte> bytes) {
  FLOE_TRY(Batches batches, log_.Check(bytes, *config_));
  const bool follows = run_.bytes.data() + run_.bytes.size() == bytes.data() && batches.recompressed.empty();
  if (!run_.bytes.empty() && (!follows || log_.MustRoll(*config_, run_, batches.bytes.size(), batches.records)))
    Write();
  if (!batches.recompressed.empty()) {
    recompressed_ = std::move(batches.recompressed);
    batches.bytes = std::as_writable_bytes(std::span(recompressed_));
  }
  return log_.NumberLocked(batches, *config_, run_);
}

void PartitionLog::QueueWriter::Write() {
  const Status written = run_.bytes.empty() ? Status() : log_.WriteLocked(run_);
  for (auto& [result, done] : std::exchange(numbered_, {})) {
    // What it only repeats is stored.
    if (!written && result.last_offset >= log_.log_end_offset()) {
      Refuse(std::move(done), written.error());
      continue;
    }
    log_.durable_waiters_.Add(result.last_offset + 1, [result, done = std::move(done)](Status durable) {
      done(durable ? Result<AppendResult>(result) : Fail(std::move(durable).error()));
    });
  }
  run_ = log_.EmptyRun();
}

void PartitionLog::QueueWriter::Refuse(AppendDone done, Error error) {
  std::lock_guard lock(log_.mu_);
  log_.refused_.emplace_back(std::move(done), std::move(error));
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
  Run run = EmptyRun();
  FLOE_TRY(AppendResult result, NumberLocked(batches, config, run));
  if (!result.duplicate) FLOE_TRY_VOID(WriteLocked(run));
  return result;
}

Result<AppendResult> PartitionLog::NumberLocked(Batches& batches, const EffectiveConfig& config, Run& run) {
  FLOE_TRY_VOID(RefuseWrites());
  if (batches.headers.front().has_producer()) {
    FLOE_TRY(auto stored, producers_.Check(batches.headers.front()));
    if (stored) {
      return AppendResult{.base_offset = stored->first,
                          .last_offset = stored->last,
                          .log_append_time = config.log_append_time ? stored->timestamp : TimestampMs(-1),
                          .log_start_offset = log_start_offset(),
                          .duplicate = true};
    }
  }
  // Before the producers know of the batches: a roll writes down what they know.
  if (run.bytes.empty() && MustRoll(config, run, batches.bytes.size(), batches.records)) {
    if (Status rolled = RollLocked(); !rolled) {
      NoteDiskFull(&rolled.error());
      return Fail(std::move(rolled).error());
    }
  }
  const Offset begin = run.next;
  const TimestampMs now = environment_.clock.WallNowMs();
  std::span<std::byte> rest = batches.bytes;
  for (BatchHeader& header : batches.headers) {
    kafka::PatchBatch(rest, run.next, LeaderEpoch(0));
    header.base_offset = run.next;
    if (config.log_append_time) {
      kafka::PatchLogAppendTime(rest, now);
      header.max_timestamp = now;
    }
    run.next = header.last_offset() + 1;
    if (header.max_timestamp > run.max.timestamp) run.max = {header.last_offset(), header.max_timestamp};
    run.headers.push_back(header);
    rest = rest.subspan(header.size_bytes());
  }
  run.bytes = run.bytes.empty() ? batches.bytes : std::span(run.bytes.data(), run.bytes.size() + batches.bytes.size());
  producers_.Update(batches.headers.front(), &run.producers);
  return AppendResult{.base_offset = begin,
                      .last_offset = run.next + -1,
                      .log_append_time = config.log_append_time ? now : TimestampMs(-1),
                      .log_start_offset = log_start_offset()};
}

Status PartitionLog::WriteLocked(Run& run) {
  Status written = WriteAtEnd(run);
  if (!written) producers_.TakeBack(std::move(run.producers));
  NoteDiskFull(written ? nullptr : &written.error());
  return written;
}

Status PartitionLog::WriteAtEnd(const Run& run) {
  auto segment = segments()->back();
  Segment::WriteOutcome outcome = segment->Write(run.bytes, run.headers);
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
  size_.fetch_add(run.bytes.size(), std::memory_order_relaxed);
  std::lock_guard lock(mu_);
  written_position_ = segment->size();
  if (run.max.timestamp > written_max_.timestamp) written_max_ = run.max;
  appended_at_.store(environment_.clock.MonotonicNow().count(), std::memory_order_relaxed);
  log_end_.store(run.next.value(), std::memory_order_release);
  return {};
}

bool PartitionLog::MustRoll(const EffectiveConfig& config, const Run& run, std::uint64_t bytes,
                            std::int64_t records) const {
  const Segment& last = *segments()->back();
  const std::uint64_t size = last.size() + run.bytes.size();
  if (size == 0) return false;
  constexpr std::int64_t kMaxRelative = std::numeric_limits<std::int32_t>::max();
  auto age = std::chrono::duration_cast<std::chrono::milliseconds>(environment_.clock.MonotonicNow() - active_since_);
  return size + bytes > static_cast<std::uint64_t>(config.segment_bytes) ||
         run.next - last.base() + records > kMaxRelative || age.count() > config.segment_ms;
}

// Every step may fail and leaves the last segment in use. The new file comes last: when it exists, all before it is on
// disk.
Status PartitionLog::RollLocked() {
  FLOE_TRY_VOID(SyncLast(true));
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
