// SPDX-License-Identifier: Apache-2.0
// Reads, group commit and retention of a partition.
#include "log/partition.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/logging.h"
#include "kafka/protocol/record_batch_reader.h"
#include "log/batch_scanner.h"
#include "log/log_start.h"

namespace floe::log {
namespace {

/// Between acknowledged marks of a busy partition.
constexpr std::chrono::seconds kMarkEvery{1};
constexpr std::int64_t kProducerExpiryMs = 86'400'000;  // Kafka's producer.id.expiration.ms

std::unexpected<Error> Deleted(const std::string& topic) {
  return Fail(ErrorKind::kNotFound, "topic '" + topic + "' was deleted");
}

}  // namespace

PartitionLog::PartitionLog(Environment environment, Identity identity, EffectiveConfig config)
    : environment_(std::move(environment)),
      identity_(std::move(identity)),
      config_(std::make_shared<const EffectiveConfig>(config)),
      segments_(std::make_shared<const Segments>()) {}

std::shared_ptr<const EffectiveConfig> PartitionLog::config() const {
  std::lock_guard lock(mu_);
  return config_;
}

void PartitionLog::SetConfig(EffectiveConfig config) {
  std::lock_guard lock(mu_);
  config_ = std::make_shared<const EffectiveConfig>(config);
}

std::shared_ptr<const PartitionLog::Segments> PartitionLog::segments() const {
  std::lock_guard lock(mu_);
  return segments_;
}

// ---- reading

std::uint64_t PartitionLog::View::Limit(const Segment& segment) const {
  if (segment.base() < durable_base) return segment.size();
  return segment.base() == durable_base ? durable_position : 0;
}

Result<PartitionLog::View> PartitionLog::Look(Offset from) const {
  View view;
  {
    std::lock_guard lock(mu_);
    if (state_ == State::kDeleted) return Deleted(identity_.topic);
    view = {.segments = segments_,
            .start = std::nullopt,
            .high_watermark = high_watermark(),
            .log_start = log_start_offset(),
            .durable_base = durable_base_,
            .durable_position = durable_position_};
    // Whoever follows the end asks for what was the end when he read last.
    auto start = std::ranges::find(recent_ends_, from, &BatchStart::offset);
    if (start != recent_ends_.end()) view.start = *start;
  }
  if (from < view.log_start || from > view.high_watermark) {
    return Fail(ErrorKind::kOutOfRange, "offset " + std::to_string(from.value()) + " of '" + identity_.topic +
                                            "' partition " + std::to_string(identity_.id.value()) +
                                            " does not exist; it has " + std::to_string(view.log_start.value()) +
                                            " to " + std::to_string(view.high_watermark.value()));
  }
  return view;
}

Result<FileRange> PartitionLog::LocateIn(const View& view, Offset from, std::size_t max_bytes) const {
  FileRange range{.file = nullptr,
                  .position = 0,
                  .length = 0,
                  .high_watermark = view.high_watermark,
                  .log_start_offset = view.log_start};
  if (from == view.high_watermark) return range;
  auto after =
      std::upper_bound(view.segments->begin(), view.segments->end(), from,
                       [](Offset offset, const std::shared_ptr<Segment>& segment) { return offset < segment->base(); });
  Segment& segment = **std::prev(after);
  std::uint64_t limit = view.Limit(segment);
  if (view.start && view.start->base == segment.base() && view.start->position < limit) {
    range.position = view.start->position;
  } else {
    FLOE_TRY(range.position, segment.Find(from, limit));
  }
  FLOE_TRY(std::uint64_t end, segment.EndOfRange(range.position, max_bytes, limit));
  range.length = end - range.position;
  range.quiet =
      segment.base() < view.durable_base ||
      environment_.clock.MonotonicNow().count() - appended_at_.load(std::memory_order_relaxed) > kQuietAfter.count();
  std::uint64_t behind = limit - end;
  for (; after != view.segments->end() && behind <= CacheWindow::kKeep; ++after) behind += view.Limit(**after);
  range.far_behind = behind > CacheWindow::kKeep;
  FLOE_TRY(range.file, segment.Reader());
  return range;
}

Result<FileRange> PartitionLog::Locate(Offset from, std::size_t max_bytes) {
  FLOE_TRY(View view, Look(from));
  auto range = LocateIn(view, from, max_bytes);
  // Retention (or a deletion) may have removed the file since we looked: then the answer is what a later call would
  // say.
  if (!range && range.error().kind() == ErrorKind::kNotFound) FLOE_TRY_VOID(Look(from));
  return range;
}

namespace {

std::unexpected<Error> SegmentTooShort() {
  return Fail(ErrorKind::kCorruption, "the segment is shorter than what was written; run `floe check`");
}

}  // namespace

Status FileRange::Read(std::uint64_t from, std::span<std::byte> out) const {
  FLOE_TRY(std::size_t n, file->ReadAt(position + from, out));
  if (n != out.size()) return SegmentTooShort();
  if (far_behind) CacheWindow::ReadFarBehind(*file, position + from, out.size());
  return {};
}

Result<std::span<const std::byte>> FileRange::ReadPiece(std::uint64_t from, std::span<std::byte> buffer) const {
  if (!far_behind || !quiet) {
    const auto out = buffer.first(std::min<std::uint64_t>(length - from, buffer.size()));
    FLOE_TRY_VOID(Read(from, out));
    return out;
  }
  static_assert(kBlock == io::ReadableFile::kBlock);
  // Whole blocks, of which the first and the last can have more than was asked for.
  const std::uint64_t begin = position + from;
  const std::uint64_t skip = begin % kBlock;
  const auto size = std::min<std::uint64_t>(length - from, buffer.size() - skip);
  const auto blocks = (skip + size + kBlock - 1) / kBlock;
  FLOE_TRY(const std::size_t n, file->ReadUncached(begin - skip, buffer.first(blocks * kBlock)));
  if (n < skip + size) return SegmentTooShort();
  return buffer.subspan(skip, size);
}

Result<ReadResult> PartitionLog::Read(Offset from, std::size_t max_bytes) {
  FLOE_TRY(FileRange range, Locate(from, max_bytes));
  ReadResult result{.batches = {}, .high_watermark = range.high_watermark, .log_start_offset = range.log_start_offset};
  if (range.length == 0) return result;
  result.batches.resize_and_overwrite(range.length, [&](char*, std::size_t) { return range.length; });
  Status read = range.Read(0, std::as_writable_bytes(std::span(result.batches)));
  if (!read) {
    return Fail(std::move(read).error().WithContext(
        fmt::format("reading '{}' partition {}", identity_.topic, identity_.id.value())));
  }
  return result;
}

Result<OffsetAndTimestamp> PartitionLog::OffsetForTimestamp(TimestampMs timestamp) {
  FLOE_TRY(View view, Look(log_start_offset()));
  for (const auto& segment : *view.segments) {
    if (segment->max_timestamp() < timestamp) continue;
    FLOE_TRY(auto found, SearchTimestamp(*segment, timestamp, view));
    if (found) return *found;
  }
  return OffsetAndTimestamp{};
}

Result<std::optional<OffsetAndTimestamp>> PartitionLog::SearchTimestamp(Segment& segment, TimestampMs timestamp,
                                                                        const View& view) {
  const std::uint64_t limit = view.Limit(segment);
  FLOE_TRY(std::uint64_t position, segment.FindTimestamp(timestamp, limit));
  FLOE_TRY(auto reader, segment.Reader());
  BatchScanner headers(*reader, BatchScanner::Depth::kHeaders, position, limit);
  kafka::RecordReader records;
  while (true) {
    FLOE_TRY(auto item, headers.Next());
    if (!item) return std::nullopt;
    if (item->header.max_timestamp < timestamp || item->header.last_offset() < view.log_start) continue;
    std::string bytes(item->header.size_bytes(), '\0');
    FLOE_TRY(std::size_t n, reader->ReadAt(item->position, std::as_writable_bytes(std::span(bytes))));
    bytes.resize(n);
    FLOE_TRY_VOID(kafka::CheckBatch(std::as_bytes(std::span(bytes))));
    FLOE_TRY_VOID(records.OpenChecked(std::as_bytes(std::span(bytes))));
    kafka::RecordView record;
    while (records.Next(record))
      if (record.timestamp >= timestamp && record.offset >= view.log_start)
        return OffsetAndTimestamp{record.offset, record.timestamp};
  }
}

OffsetAndTimestamp PartitionLog::MaxTimestamp() const {
  std::lock_guard lock(mu_);
  return durable_max_;
}

// ---- waiting

void PartitionLog::WhenDurable(Offset offset, std::function<void(Status)> done) {
  if (high_watermark() >= offset) return done({});
  durable_waiters_.Add(offset, std::move(done));
  std::unique_lock lock(mu_);
  bool closed = state_ == State::kClosed;
  lock.unlock();
  if (closed) {
    durable_waiters_.FailAll(Error(ErrorKind::kCancelled, "the log is closed"));
  } else {
    ScheduleSync();
  }
}

std::uint64_t PartitionLog::WhenReadable(Offset offset, std::function<void()> ready) {
  std::uint64_t token = readable_waiters_.Add(offset, std::move(ready));
  std::unique_lock lock(mu_);
  bool now = high_watermark() > offset || state_ == State::kDeleted;
  lock.unlock();
  if (now) ScheduleSync();
  return token;
}

void PartitionLog::ScheduleSync() {
  environment_.syncer->Schedule(scheduled_.exchange(true) ? nullptr : shared_from_this());
}

void PartitionLog::SyncRound() {
  scheduled_.exchange(false);
  // What is queued from here on has a round of its own to come. One that somebody else writes, or that waits for a roll
  // or a retention round, must not hold up the other partitions.
  if (AppendLock append_lock(*this, std::try_to_lock); append_lock) WriteQueuedLocked();
  Status synced = SyncLast();
  std::unique_lock lock(mu_);
  State state = state_;
  auto refused = std::exchange(refused_, {});
  lock.unlock();
  for (auto& [done, error] : refused) done(Fail(std::move(error)));
  if (state == State::kDeleted) {
    durable_waiters_.FailAll(Deleted(identity_.topic).error());
    readable_waiters_.CompleteAll();
    return;
  }
  durable_waiters_.Complete(high_watermark());
  readable_waiters_.Complete(high_watermark());
  if (!synced) durable_waiters_.FailAll(synced.error());
  if (state == State::kClosed) {
    durable_waiters_.FailAll(Error(ErrorKind::kCancelled, "the log is closed"));
    readable_waiters_.CompleteAll();
  }
}

Status PartitionLog::SyncLast(bool cut_reserve) {
  std::lock_guard sync_lock(sync_mu_);
  std::shared_ptr<Segment> segment;
  std::uint64_t position;
  Offset end;
  OffsetAndTimestamp max;
  {
    std::lock_guard lock(mu_);
    if (poison_) return Fail(*poison_);
    if (segments_->empty() || (!cut_reserve && log_end_offset() == high_watermark())) return {};
    segment = segments_->back();
    position = written_position_;
    end = log_end_offset();
    max = written_max_;
  }
  if (cut_reserve) {
    FLOE_TRY(const bool shorter, segment->CutReserve());
    if (!shorter && end == high_watermark()) return {};
  }
  Status synced = segment->Sync();
  if (synced) {
    cache_.Written(segment, position);
    const auto now = environment_.clock.MonotonicNow();
    if (!marked_at_ || now - *marked_at_ >= kMarkEvery) {
      marked_at_ = now;
      mark_.Write(end);
    }
  }
  std::lock_guard lock(mu_);
  if (!synced) {
    poison_ = Error(ErrorKind::kIo, "'" + identity_.topic + "' partition " + std::to_string(identity_.id.value()) +
                                        " is read-only: making records durable failed (" + synced.error().message() +
                                        "); check the disk and restart Floe, which recovers what is on it")
                  .WithRetry(Retry::kNever);
    logging::Failure(
        "log", "a sync failed; the partition is read-only until a restart",
        {{"topic", identity_.topic}, {"partition", identity_.id.value()}, {"cause", synced.error().message()}});
    return Fail(*poison_);
  }
  durable_base_ = segment->base();
  durable_position_ = position;
  durable_max_ = max;
  recent_ends_[next_end_++ % recent_ends_.size()] = {end, segment->base(), position};
  high_watermark_.store(end.value(), std::memory_order_release);
  return {};
}

// ---- retention

Status PartitionLog::ApplyRetention() {
  const AppendLock append_lock(*this);
  if (Status refused = RefuseWrites(); !refused) return {};
  {
    std::lock_guard lock(mu_);
    spare_ = {};
    if (queue_.appends.empty()) queue_ = {};
  }
  auto config = this->config();
  TimestampMs now = environment_.clock.WallNowMs();
  auto expired = [&](const Segment& segment) {
    return config->retention_ms >= 0 && segment.max_timestamp().value() >= 0 &&
           now.value() - segment.max_timestamp().value() > config->retention_ms;
  };
  auto all = segments();
  if (all->back()->size() > 0 && (expired(*all->back()) || MustRoll(*config, EmptyRun(), 0, 0))) {
    FLOE_TRY_VOID(RollLocked());
    all = segments();
  }
  std::uint64_t left = size_bytes();
  std::size_t count = 0;
  for (; count + 1 < all->size(); ++count) {
    const Segment& segment = *(*all)[count];
    bool too_much =
        config->retention_bytes >= 0 && left - segment.size() >= static_cast<std::uint64_t>(config->retention_bytes);
    const bool deleted = segment.end() <= log_start_offset();  // a crash came before its removal
    if (!too_much && !deleted && !expired(segment)) break;
    left -= segment.size();
  }
  producers_.Expire(TimestampMs(now.value() - kProducerExpiryMs));
  return count > 0 ? DropSegmentsLocked(count) : Status();
}

Status PartitionLog::DropSegmentsLocked(std::size_t count) {
  auto all = segments();
  auto kept = std::make_shared<const Segments>(all->begin() + static_cast<std::ptrdiff_t>(count), all->end());
  {
    std::lock_guard lock(mu_);
    segments_ = kept;
    // A deletion may have put it inside the first segment that is kept.
    log_start_.store(std::max(log_start_offset(), kept->front()->base()).value(), std::memory_order_release);
    if (durable_max_.offset < log_start_offset()) durable_max_ = {};
    if (written_max_.offset < log_start_offset()) written_max_ = {};
  }
  // Oldest first, so that a crash half-way leaves no hole.
  for (std::size_t i = 0; i < count; ++i) {
    size_.fetch_sub((*all)[i]->size(), std::memory_order_relaxed);
    FLOE_TRY_VOID((*all)[i]->Remove());
  }
  // Else a power failure could bring them back, and the log start would go back with them.
  FLOE_TRY_VOID(environment_.files.SyncDirectory(identity_.directory));
  logging::Info("log", "removed old segments",
                {{"topic", identity_.topic},
                 {"partition", identity_.id.value()},
                 {"segments", count},
                 {"log_start", log_start_offset().value()}});
  // The newest timestamp may have gone with them.
  std::shared_ptr<Segment> newest;
  for (const auto& segment : *kept)
    if (segment->size() > 0 && (!newest || segment->max_timestamp() > newest->max_timestamp())) newest = segment;
  if (newest && newest != kept->back()) {
    FLOE_TRY(Offset offset, newest->FindMaxTimestamp());
    std::lock_guard lock(mu_);
    if (durable_max_.offset.value() < 0 && offset >= log_start_offset())
      durable_max_ = {offset, newest->max_timestamp()};
    if (written_max_.offset.value() < 0) written_max_ = durable_max_;
  }
  return {};
}

// ---- deletion by request

Result<Offset> PartitionLog::DeleteRecords(Offset before) {
  const AppendLock append_lock(*this);
  FLOE_TRY_VOID(RefuseWrites());
  if (before > high_watermark()) {
    return Fail(ErrorKind::kOutOfRange, "records of '" + identity_.topic + "' partition " +
                                            std::to_string(identity_.id.value()) + " end at offset " +
                                            std::to_string(high_watermark().value()) + "; there is nothing before " +
                                            std::to_string(before.value()) + " to delete");
  }
  if (before > log_start_offset()) FLOE_TRY_VOID(RaiseLogStartLocked(before));
  return log_start_offset();
}

/// The file comes first: a crash after it leaves segments that the next retention round removes.
Status PartitionLog::RaiseLogStartLocked(Offset before) {
  FLOE_TRY_VOID(WriteLogStart(environment_.files, identity_.directory, before));
  {
    std::lock_guard lock(mu_);
    log_start_.store(before.value(), std::memory_order_release);
    if (durable_max_.offset < before) durable_max_ = {};
    if (written_max_.offset < before) written_max_ = {};
  }
  logging::Info("log", "deleted records by request",
                {{"topic", identity_.topic}, {"partition", identity_.id.value()}, {"log_start", before.value()}});
  // With nothing left, the last segment's space is given back too.
  if (before == log_end_offset() && segments()->back()->size() > 0) FLOE_TRY_VOID(RollLocked());
  auto all = segments();
  std::size_t count = 0;
  while (count + 1 < all->size() && (*all)[count]->end() <= before) ++count;
  return count > 0 ? DropSegmentsLocked(count) : Status();
}

// ---- the end

void PartitionLog::BeginClose() {
  // With the append lock: after this no append is half-way.
  const AppendLock append_lock(*this);
  std::lock_guard lock(mu_);
  if (state_ == State::kOpen) state_ = State::kClosing;
}

Status PartitionLog::FinishClose() {
  const AppendLock append_lock(*this);
  {
    std::lock_guard lock(mu_);
    if (state_ != State::kClosing) return {};
    state_ = State::kClosed;
  }
  auto finish = [&]() -> Status {
    FLOE_TRY_VOID(SyncLast(true));
    if (!changed_) return {};
    FLOE_TRY_VOID(segments()->back()->WriteIndexes());
    {
      std::lock_guard sync_lock(sync_mu_);
      mark_.Write(high_watermark());
    }
    return WriteProducerSnapshot();
  };
  Status finished = finish();
  // The last round, for those who still wait; also when someone is about to ask for one and would come too late.
  environment_.syncer->Schedule(shared_from_this());
  return finished;
}

void PartitionLog::MarkDeleted() {
  const AppendLock append_lock(*this);
  {
    std::lock_guard sync_lock(sync_mu_);
    std::lock_guard lock(mu_);
    state_ = State::kDeleted;
    segments_ = std::make_shared<const Segments>();
  }
  ScheduleSync();
}

}  // namespace floe::log
