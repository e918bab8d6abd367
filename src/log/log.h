// SPDX-License-Identifier: Apache-2.0
// Topics and partitions: the row-oriented truth of what arrived, as Kafka record batches in segment files.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace floe::io {
class FileSystem;
class ReadableFile;
}  // namespace floe::io
namespace floe::meta {
class Store;
}

namespace floe::log {

using TopicId = std::string;  ///< UUID text

struct TopicConfig {
  /// Kafka's topic configuration keys that were set explicitly ("retention.ms" -> "3600000").
  std::map<std::string, std::string> overrides;
};

struct AppendResult {
  Offset base_offset;
  Offset last_offset;
  TimestampMs log_append_time{-1};  ///< -1 unless message.timestamp.type=LogAppendTime
  Offset log_start_offset;
  bool duplicate = false;  ///< an idempotent retry: offsets are those of the first time
};

struct ReadResult {
  std::string batches;    ///< whole record batches, the first holding the offset asked for (KIP-74); empty at the end
  Offset high_watermark;  ///< first offset that is not readable yet
  Offset log_start_offset;
};

/// Where whole record batches lie in a file. The bytes stay readable through `file` even when retention removes it.
struct FileRange {
  static constexpr std::size_t kBlock = 4096;

  /// Fills `out` from `from`, counted from the range's begin. Blocks on the disk. kIo; kCorruption when the file is
  /// shorter than the range.
  Status Read(std::uint64_t from, std::span<std::byte> out) const;
  /// Reads what follows `from` into `buffer` (address and size: multiples of kBlock) and returns the
  /// part of it that holds the bytes: all that the range has left, or nearly a buffer full. Errors as for Read.
  Result<std::span<const std::byte>> ReadPiece(std::uint64_t from, std::span<std::byte> buffer) const;

  std::shared_ptr<const io::ReadableFile> file;  ///< null when there is nothing to read yet
  std::uint64_t position = 0;
  std::uint64_t length = 0;
  bool far_behind = false;  ///< further from the end than what is kept in the page cache
  bool quiet = false;       ///< nothing is appended to the file any more, or nothing was for a second
  Offset high_watermark;
  Offset log_start_offset;
};

struct OffsetAndTimestamp {
  Offset offset{-1};
  TimestampMs timestamp{-1};
};

using AppendDone = std::function<void(Result<AppendResult>)>;

/// Append: one caller at a time is enforced inside. All methods are thread-safe and may block on disk: compute threads
/// only, but for AppendDurably, the two When and the getters, which never block. Visible means durable: readers see up
/// to the high watermark, which is what fdatasync has confirmed.
class Partition {
 public:
  virtual ~Partition() = default;
  virtual const std::string& topic() const = 0;
  virtual PartitionId id() const = 0;

  /// Validates (length, CRC, magic 2, offsets, producer sequence), assigns offsets, writes; not durable yet. Takes one
  /// or more whole batches. kCorruption (bad CRC), kTooLarge, kInvalidInput, kConflict (sequence gap: detail in the
  /// message), kFailedPrecondition (fenced epoch), kDiskFull.
  virtual Result<AppendResult> Append(std::span<std::byte> batches) = 0;
  /// Calls `done` from the syncer thread once everything below `offset` is durable (at once if it is). Group commit:
  /// one fdatasync serves all waiters.
  virtual void WhenDurable(Offset offset, std::function<void(Status)> done) = 0;
  /// Append and WhenDurable in one, for threads that must not block: the syncer writes what gathered before it syncs,
  /// so a request costs one thread change there and one back. For small batches: they are copied, and one thread writes
  /// them all. They keep their order, and no later Append overtakes them. `done` gets, once, what Append would give,
  /// after it is durable; from the syncer thread, or at once when the log closes or the topic was deleted.
  /// `request_ends`: no other partition's part of the same request follows; whether a sync should wait for more is
  /// learnt from requests.
  virtual void AppendDurably(std::span<const std::byte> batches, AppendDone done, bool request_ends) = 0;
  /// kOutOfRange outside [log start, high watermark].
  virtual Result<ReadResult> Read(Offset from, std::size_t max_bytes) = 0;
  /// The same as Read without reading. Never crosses a segment, so it may be shorter than max_bytes although more
  /// follows.
  virtual Result<FileRange> Locate(Offset /*from*/, std::size_t /*max_bytes*/) {
    return Fail(ErrorKind::kNotSupported, "this partition has no files to read from");
  }
  /// Calls `ready` once, from some other thread, when the high watermark passes `offset`. Returns a token for Forget.
  virtual std::uint64_t WhenReadable(Offset offset, std::function<void()> ready) = 0;
  /// After it returns `ready` is not running and will not run.
  virtual void Forget(std::uint64_t token) = 0;
  /// Makes `before` the log start: what lies below cannot be read any more and never comes back. Whole segments below
  /// it are removed. Returns the log start, which is higher when it was. Durable when it returns. kOutOfRange above the
  /// high watermark.
  virtual Result<Offset> DeleteRecords(Offset /*before*/) {
    return Fail(ErrorKind::kNotSupported, "records of this partition cannot be deleted");
  }
  /// The first record whose timestamp is >= `timestamp`; offset -1 when there is none.
  virtual Result<OffsetAndTimestamp> OffsetForTimestamp(TimestampMs timestamp) = 0;
  virtual OffsetAndTimestamp MaxTimestamp() const = 0;

  virtual Offset log_start_offset() const = 0;
  virtual Offset high_watermark() const = 0;
  virtual Offset log_end_offset() const = 0;
  virtual std::uint64_t size_bytes() const = 0;
};

struct Topic {
  std::string name;
  TopicId id;
  TopicConfig config;
  std::vector<std::shared_ptr<Partition>> partitions;
};

struct LogOptions {
  std::string directory;                       ///< DIR/log
  std::uint64_t segment_bytes = 128ULL << 20;  ///< default of segment.bytes
  std::chrono::milliseconds retention_check{30'000};
};

/// All topics of a node. Thread-safe. Topic definitions and producer ids live in meta.db, records in segment files
/// under `directory`.
class Log {
 public:
  virtual ~Log() = default;
  /// Recovers: truncates torn tails, rebuilds indexes and producer state. Must be ready in milliseconds after a clean
  /// stop.
  static Result<std::unique_ptr<Log>> Open(io::FileSystem& files, meta::Store& store, Clock& clock, LogOptions options);

  /// kAlreadyExists, kInvalidInput (name, count, config key or value).
  virtual Result<std::shared_ptr<const Topic>> CreateTopic(const std::string& name, int partitions,
                                                           TopicConfig config) = 0;
  virtual Status DeleteTopic(const std::string& name) = 0;
  virtual Result<std::shared_ptr<const Topic>> AddPartitions(const std::string& name, int total) = 0;
  virtual Result<std::shared_ptr<const Topic>> AlterConfig(const std::string& name, TopicConfig config) = 0;
  /// nullptr when there is none. Never blocks.
  virtual std::shared_ptr<const Topic> FindTopic(const std::string& name) const = 0;
  virtual std::vector<std::shared_ptr<const Topic>> Topics() const = 0;
  /// A producer id never given out before, durable. Blocks of ids are reserved so that most calls do no I/O.
  virtual Result<ProducerId> AllocateProducerId() = 0;
  /// Refuses new appends, syncs, writes the clean-stop marker.
  virtual Status Close() = 0;
};

}  // namespace floe::log
