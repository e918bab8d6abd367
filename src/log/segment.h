// SPDX-License-Identifier: Apache-2.0
// One segment file of a partition with its sparse offset and time index.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "io/file_system.h"
#include "kafka/protocol/record_batch.h"
#include "log/batch_scanner.h"

namespace floe::log {

/// "…/00000000000000000042" + extension.
std::string SegmentPath(const std::string& directory, Offset base, const char* extension);
/// The base offset in "00000000000000000042.log", or nullopt when the name is something else.
std::optional<Offset> ParseSegmentName(const std::string& name, const char* extension);

/// A batch begins here. On disk both numbers are big-endian, as in Kafka.
struct OffsetEntry {
  std::uint32_t relative_offset;
  std::uint32_t position;
};
/// All batches up to the one that begins at relative_offset have timestamps <= timestamp.
struct TimeEntry {
  std::int64_t timestamp;
  std::uint32_t relative_offset;
};

/// Whether what the file has behind `end` is what a segment reserves for small appends: zeros, and not too many. kIo.
Result<bool> OnlyReserve(const io::ReadableFile& file, std::uint64_t end);

/// Two states. Active: written by one thread (the partition's append lock), index in memory. Sealed: complete and
/// synced, index searched on disk. Reads run beside everything; a reader's handle stays good after the files are
/// removed.
class Segment {
 public:
  /// A new, empty, active segment.
  static Result<std::shared_ptr<Segment>> Create(io::FileSystem& files, std::string directory, Offset base);
  /// A sealed one of `size` bytes; its content is trusted, its indexes are rebuilt when they turn out wrong.
  /// `next_base` is where the following segment begins.
  static Result<std::shared_ptr<Segment>> OpenSealed(io::FileSystem& files, std::string directory, Offset base,
                                                     Offset next_base, std::uint64_t size);
  /// The last one after a clean stop: the index files must fit the log. kCorruption when they do not; then recover.
  static Result<std::shared_ptr<Segment>> OpenClean(io::FileSystem& files, std::string directory, Offset base);
  /// The last one after anything else: checks every batch, cuts what a crash left behind the last good one, syncs it.
  /// What is bad below `acknowledged` is not a torn tail: it stays, and whatever good batches follow it stay readable.
  /// kCorruption when none follow.
  struct Damage {
    Offset from;
    Offset next;  ///< of the first good batch behind it
    std::uint64_t position;
    std::string reason;
  };
  struct Recovered {
    std::shared_ptr<Segment> segment;
    std::uint64_t cut_bytes = 0;
    std::string reason;  ///< why it was cut
    std::vector<Damage> damages;
  };
  static Result<Recovered> Recover(io::FileSystem& files, std::string directory, Offset base, Offset acknowledged);

  Offset base() const { return base_; }
  /// First offset after the segment.
  Offset end() const { return Offset(end_.load(std::memory_order_acquire)); }
  std::uint64_t size() const { return size_.load(std::memory_order_acquire); }
  TimestampMs max_timestamp() const { return TimestampMs(max_timestamp_.load(std::memory_order_relaxed)); }

  /// Writes whole batches that have their final offsets. On failure the file is as before, or the second status is not
  /// ok: then it could not be cut back and must not be written any more. kDiskFull, kIo.
  struct WriteOutcome {
    Status written;
    Status restored;
  };
  WriteOutcome Write(std::span<const std::byte> bytes, std::span<const kafka::BatchHeader> headers);
  Status Sync();
  /// Gives back what is reserved behind the end. True when the file became shorter: then its size on disk is the right
  /// one only after a Sync. Appends may still follow.
  Result<bool> CutReserve();
  /// Puts the indexes on disk, durably. Appends may still follow. The content must be synced already.
  Status WriteIndexes();
  /// From now on the indexes are searched on disk. After WriteIndexes, and no appends may follow.
  void Seal();
  /// Removes the files.
  Status Remove();

  /// Position of the batch that holds `offset`, in [0, limit). kOutOfRange, kCorruption, kIo.
  Result<std::uint64_t> Find(Offset offset, std::uint64_t limit);
  /// End of the last whole batch that ends at or before from + max_bytes; of the first batch when that one is larger.
  Result<std::uint64_t> EndOfRange(std::uint64_t from, std::uint64_t max_bytes, std::uint64_t limit);
  /// Position before which no batch has a timestamp >= `timestamp`.
  Result<std::uint64_t> FindTimestamp(TimestampMs timestamp, std::uint64_t limit);
  /// Last offset of the first batch that holds max_timestamp(); -1 when there is none.
  Result<Offset> FindMaxTimestamp();
  /// The scanner's next batch, across damage if the index knows a batch behind it.
  Result<std::optional<BatchScanner::Item>> NextOverDamage(BatchScanner& scanner);
  Result<std::shared_ptr<const io::ReadableFile>> Reader();

 private:
  Segment(io::FileSystem& files, std::string directory, Offset base);

  /// `indexed`: with an index entry in any case.
  void Added(std::uint64_t position, const kafka::BatchHeader& header, bool indexed = false);
  Status OpenWriter();
  /// Writes zeros behind `end`, for small appends to come.
  void ZeroAhead(std::uint64_t end);
  /// Adds the good batches from `position` on; why it ended before `size`, or empty.
  Result<std::string> RecoverFrom(const io::ReadableFile& file, std::uint64_t position, std::uint64_t size,
                                  bool after_damage);
  /// Reads both index files into memory. kCorruption when they cannot belong to a log of size() bytes.
  Status LoadIndexes();
  /// From the log itself, onto the disk (a sealed segment).
  Status RebuildIndexes();
  /// The last entry for which `before` holds (it holds for a prefix of the entries), in memory or on disk.
  template <typename Entry, typename Before>
  Result<std::optional<Entry>> LastWhere(const std::vector<Entry>& memory, const char* extension, Before before);
  /// Position to begin a walk for `offset`: an index entry that was checked against the log.
  Result<std::uint64_t> StartOf(Offset offset, std::uint64_t limit);

  io::FileSystem& files_;
  const std::string directory_;
  const Offset base_;
  std::atomic<std::int64_t> end_;
  std::atomic<std::uint64_t> size_{0};
  std::atomic<std::int64_t> max_timestamp_{-1};

  // Appending thread only.
  std::unique_ptr<io::WritableFile> writer_;  // Sync may run beside it
  std::uint64_t allocated_ = 0;
  std::uint64_t zeroed_ = 0;  // there may be zeros behind the end, up to here
  std::uint64_t indexed_position_ = 0;

  std::mutex mu_;
  bool index_in_memory_ = true;                     // guarded by mu_
  std::vector<OffsetEntry> offset_index_;           // guarded by mu_
  std::vector<TimeEntry> time_index_;               // guarded by mu_
  std::shared_ptr<const io::ReadableFile> reader_;  // guarded by mu_
};

}  // namespace floe::log
