// SPDX-License-Identifier: Apache-2.0
// Keeps the end of a partition in the page cache and gives the rest back.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

namespace floe::io {
class ReadableFile;
}  // namespace floe::io

namespace floe::log {

class Segment;

/// A log written through the page cache fills the machine's memory with bytes that are read once or never, pushes out
/// what queries read again and again, and pays for a fresh page with every 4 KiB (on a virtual machine that costs more
/// than the copy: 2.3 against 0.3 CPU seconds per GB). So a partition keeps its newest bytes, for those who read what
/// was just written; older pages are dropped, and the next write gets them while they are warm.
///
/// One caller at a time. Advice only: nothing here can fail.
class CacheWindow {
 public:
  /// Of one partition, in bytes. Consumers closer to the end than this never wait for the disk.
  static constexpr std::uint64_t kKeep = 32U << 20;

  /// The segment's bytes up to `position` are durable. The first call for a segment starts at `position`.
  void Written(const std::shared_ptr<Segment>& segment, std::uint64_t position);

  /// [position, position + length) was read by somebody far behind the end. Pages close behind the reader stay, for
  /// others who read beside it.
  static void ReadFarBehind(const io::ReadableFile& file, std::uint64_t position, std::uint64_t length);

 private:
  /// Bytes of a segment that are in the cache because they were written.
  struct Range {
    std::weak_ptr<Segment> segment;  // weak: retention must be able to give the disk space back
    std::uint64_t from;
    std::uint64_t to;
  };
  std::deque<Range> ranges_;  // oldest first
  std::uint64_t bytes_ = 0;   // sum of the ranges
};

}  // namespace floe::log
