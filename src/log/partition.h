// SPDX-License-Identifier: Apache-2.0
// A partition on disk: the chain of its segments, appends, group commit, reads, retention, recovery.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "log/acknowledged_mark.h"
#include "log/cache_window.h"
#include "log/log.h"
#include "log/producer_state.h"
#include "log/segment.h"
#include "log/syncer.h"
#include "log/topic_config.h"
#include "log/waiters.h"

namespace floe::log {

/// Locks, in this order: append_mu_ (held during writes and rolls), sync_mu_ (held during syncs), mu_ (never held
/// during I/O). Invariants: log start <= high watermark <= log end; readers see nothing above the high watermark; every
/// segment but the last is sealed, so only the last one can have a torn tail.
class PartitionLog final : public Partition, public Syncable, public std::enable_shared_from_this<PartitionLog> {
 public:
  struct Identity {
    std::string topic;
    PartitionId id;
    std::string directory;
  };
  /// What the whole log shares; outlives the partition but for the syncer, which it keeps.
  struct Environment {
    io::FileSystem& files;
    Clock& clock;
    std::shared_ptr<Syncer> syncer;
  };

  /// Opens what is in the directory, which must exist. `clean`: the last process stopped in order, its index files can
  /// be trusted.
  static Result<std::shared_ptr<PartitionLog>> Open(Environment environment, Identity identity, EffectiveConfig config,
                                                    bool clean);

  const std::string& topic() const override { return identity_.topic; }
  PartitionId id() const override { return identity_.id; }
  Result<AppendResult> Append(std::span<std::byte> batches) override;
  void WhenDurable(Offset offset, std::function<void(Status)> done) override;
  void AppendDurably(std::span<const std::byte> batches, AppendDone done, bool request_ends) override;
  Result<ReadResult> Read(Offset from, std::size_t max_bytes) override;
  Result<FileRange> Locate(Offset from, std::size_t max_bytes) override;
  std::uint64_t WhenReadable(Offset offset, std::function<void()> ready) override;
  void Forget(std::uint64_t token) override { readable_waiters_.Forget(token); }
  Result<Offset> DeleteRecords(Offset before) override;
  Result<OffsetAndTimestamp> OffsetForTimestamp(TimestampMs timestamp) override;
  OffsetAndTimestamp MaxTimestamp() const override;
  Offset log_start_offset() const override { return Offset(log_start_.load(std::memory_order_acquire)); }
  Offset high_watermark() const override { return Offset(high_watermark_.load(std::memory_order_acquire)); }
  Offset log_end_offset() const override { return Offset(log_end_.load(std::memory_order_acquire)); }
  std::uint64_t size_bytes() const override { return size_.load(std::memory_order_relaxed); }

  void SyncRound() override;
  void SetConfig(EffectiveConfig config);
  /// Rolls by age, removes old segments, forgets old producers.
  Status ApplyRetention();
  /// Refuses appends from now on.
  void BeginClose();
  /// After BeginClose and when the syncer has drained: seals the last segment and writes the producers' snapshot. Those
  /// who still wait get kCancelled.
  Status FinishClose();
  /// Refuses everything from now on and wakes all who wait. Readers that have a file open keep it.
  void MarkDeleted();

 private:
  /// After so long without an append a reader may hold up writers of the file.
  static constexpr std::chrono::nanoseconds kQuietAfter = std::chrono::seconds(1);
  using Segments = std::vector<std::shared_ptr<Segment>>;
  enum class State : std::uint8_t { kOpen, kClosing, kClosed, kDeleted };
  /// The batch at `offset` begins at `position` of the segment with `base`.
  struct BatchStart {
    Offset offset{-1};
    Offset base;
    std::uint64_t position = 0;
  };
  /// What readers may see.
  struct View {
    std::shared_ptr<const Segments> segments;
    std::optional<BatchStart> start;  // where the asked offset lies, if it was a high watermark lately
    Offset high_watermark;
    Offset log_start;
    Offset durable_base;  // the segment the high watermark stands in, and where
    std::uint64_t durable_position;
    /// How far `segment` may be read.
    std::uint64_t Limit(const Segment& segment) const;
  };
  struct Batches;  // a checked append
  /// Batches that lie one behind the other in memory and have their offsets: one write puts them at the log's end.
  struct Run {
    std::span<std::byte> bytes;
    std::vector<kafka::BatchHeader> headers;
    Offset next;  // the offset behind them
    OffsetAndTimestamp max;
    ProducerState::Before producers;
  };
  /// Appends that wait for whoever holds append_mu_ next.
  struct Queue {
    struct Append {
      std::size_t size;
      AppendDone done;
    };
    std::vector<std::byte> bytes;  // of all of them
    std::vector<Append> appends;
  };
  class QueueWriter;

  PartitionLog(Environment environment, Identity identity, EffectiveConfig config);

  // partition_open.cc
  Status Load(bool clean);
  Status OpenLast(Offset base, bool clean);
  Status RestoreProducers();
  Status WriteProducerSnapshot();

  // partition_append.cc
  /// Held where append_mu_ is; who queued an append meanwhile gets a round when it ends.
  class AppendLock {
   public:
    explicit AppendLock(PartitionLog& log) : log_(log), lock_(log.append_mu_) {}
    AppendLock(PartitionLog& log, std::try_to_lock_t how) : log_(log), lock_(log.append_mu_, how) {}
    ~AppendLock() { Unlock(); }
    AppendLock(const AppendLock&) = delete;
    AppendLock& operator=(const AppendLock&) = delete;
    void Unlock();
    explicit operator bool() const { return lock_.owns_lock(); }

   private:
    PartitionLog& log_;
    std::unique_lock<std::mutex> lock_;
  };
  Result<Batches> Check(std::span<std::byte> bytes, const EffectiveConfig& config) const;
  Result<AppendResult> AppendLocked(Batches& batches, const EffectiveConfig& config);
  /// What AppendDurably left; caller holds append_mu_. True when there was some: then a SyncRound must follow, which
  /// tells how it went.
  bool WriteQueuedLocked();
  Run EmptyRun() const { return {.next = log_end_offset()}; }
  /// Gives the batches their offsets at the end of `run`, behind whose bytes theirs lie, unless they are stored
  /// already.
  Result<AppendResult> NumberLocked(Batches& batches, const EffectiveConfig& config, Run& run);
  /// On failure nothing of it was appended.
  Status WriteLocked(Run& run);
  Status WriteAtEnd(const Run& run);
  Status RefuseWrites() const;
  /// Logs when the disk becomes full and when it no longer is; null: an append succeeded. Caller holds append_mu_.
  void NoteDiskFull(const Error* error);
  Status RollLocked();
  /// Before so much is written behind `run`, which is not written yet.
  bool MustRoll(const EffectiveConfig& config, const Run& run, std::uint64_t bytes, std::int64_t records) const;
  void ScheduleSync();
  /// Syncs the last segment and moves the high watermark; poisons the partition when that fails. `cut_reserve`, with
  /// append_mu_ held: before a roll or an orderly end, the segment also gives back what it reserved.
  Status SyncLast(bool cut_reserve = false);

  Result<View> Look(Offset from) const;
  std::shared_ptr<const EffectiveConfig> config() const;
  std::shared_ptr<const Segments> segments() const;
  Result<FileRange> LocateIn(const View& view, Offset from, std::size_t max_bytes) const;
  Result<std::optional<OffsetAndTimestamp>> SearchTimestamp(Segment& segment, TimestampMs timestamp, const View& view);
  Status RaiseLogStartLocked(Offset before);
  Status DropSegmentsLocked(std::size_t count);

  const Environment environment_;
  const Identity identity_;
  DurableWaiters durable_waiters_;
  ReadableWaiters readable_waiters_;
  std::atomic<std::int64_t> log_start_{0};
  std::atomic<std::int64_t> high_watermark_{0};
  std::atomic<std::int64_t> log_end_{0};
  std::atomic<std::int64_t> appended_at_{-kQuietAfter.count()};  // monotonic clock
  std::atomic<std::uint64_t> size_{0};
  std::atomic<bool> scheduled_{false};  // a SyncRound is to come

  std::mutex append_mu_;
  ProducerState producers_;                  // guarded by append_mu_
  std::chrono::nanoseconds active_since_{};  // guarded by append_mu_: when the last segment began
  bool changed_ = false;                     // guarded by append_mu_: written to since it was opened
  bool disk_full_ = false;                   // guarded by append_mu_: said so, and nothing was written since
  std::optional<std::chrono::nanoseconds> disk_full_told_;  // guarded by append_mu_

  /// A failed sync must be known before anybody syncs the same file again: the second one would succeed, with data
  /// lost.
  std::mutex sync_mu_;
  CacheWindow cache_;                                  // guarded by sync_mu_
  AcknowledgedMark mark_;                              // guarded by sync_mu_
  std::optional<std::chrono::nanoseconds> marked_at_;  // guarded by sync_mu_

  mutable std::mutex mu_;
  std::shared_ptr<const EffectiveConfig> config_;  // guarded by mu_
  std::shared_ptr<const Segments> segments_;       // guarded by mu_; changed with append_mu_ held
  State state_ = State::kOpen;                     // guarded by mu_
  std::optional<Error> poison_;                    // guarded by mu_
  Offset durable_base_;                            // guarded by mu_
  std::uint64_t durable_position_ = 0;             // guarded by mu_
  std::array<BatchStart, 64> recent_ends_;         // guarded by mu_: the last high watermarks, a ring
  std::size_t next_end_ = 0;                       // guarded by mu_
  std::uint64_t written_position_ = 0;             // guarded by mu_: of the last segment
  Queue queue_;                                    // guarded by mu_; taken with append_mu_ held, which keeps the order
  Queue spare_;                                    // guarded by mu_: empty, but for its memory
  std::vector<std::pair<AppendDone, Error>> refused_;  // guarded by mu_: queued ones, until the next SyncRound
  OffsetAndTimestamp written_max_;                     // guarded by mu_
  OffsetAndTimestamp durable_max_;                     // guarded by mu_
};

}  // namespace floe::log
