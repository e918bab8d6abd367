// SPDX-License-Identifier: Apache-2.0
#include "log/cache_window.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/matchers.h"
#include "io/memory_file_system.h"
#include "log/segment.h"

namespace floe::log {
namespace {

/// Remembers the first byte after all that was dropped, and that nothing was left out before it.
class Recorder final : public io::ReadableFile {
 public:
  explicit Recorder(std::uint64_t& dropped) : dropped_(dropped) {}
  Result<std::size_t> ReadAt(std::uint64_t, std::span<std::byte>) const override { return 0; }
  Result<std::uint64_t> Size() const override { return 0; }
  void DropCached(std::uint64_t from, std::uint64_t to) const override {
    EXPECT_LE(from, dropped_) << "a gap";
    EXPECT_LT(from, to);
    EXPECT_EQ(from % 4096, 0u);
    dropped_ = to;
  }

 private:
  std::uint64_t& dropped_;
};

class RecordingFiles final : public io::FileSystem {
 public:
  Result<std::unique_ptr<io::WritableFile>> OpenWritable(const std::string& path, bool truncate) override {
    return memory_.OpenWritable(path, truncate);
  }
  Result<std::unique_ptr<io::ReadableFile>> OpenReadable(const std::string& path) override {
    return std::make_unique<Recorder>(dropped_[path]);
  }
  Status CreateDirectories(const std::string& path) override { return memory_.CreateDirectories(path); }
  Result<std::vector<io::FileInfo>> List(const std::string& path) override { return memory_.List(path); }
  Result<bool> Exists(const std::string& path) override { return memory_.Exists(path); }
  Status Rename(const std::string& from, const std::string& to) override { return memory_.Rename(from, to); }
  Status Remove(const std::string& path) override { return memory_.Remove(path); }
  Status RemoveAll(const std::string& path) override { return memory_.RemoveAll(path); }
  Status SyncDirectory(const std::string& path) override { return memory_.SyncDirectory(path); }

  std::map<std::string, std::uint64_t> dropped_;

 private:
  io::MemoryFileSystem memory_;
};

constexpr std::uint64_t kMiB = 1U << 20;

TEST(CacheWindowTest, KeepsTheEndAndDropsTheRest) {
  RecordingFiles files;
  ASSERT_OK(files.CreateDirectories("/p"));
  auto first = Segment::Create(files, "/p", Offset(0));
  auto second = Segment::Create(files, "/p", Offset(100));
  ASSERT_OK(first);
  ASSERT_OK(second);
  CacheWindow window;
  SeededRandom random(7);
  std::uint64_t position = 0;
  window.Written(*first, position);
  const std::uint64_t& dropped = files.dropped_[SegmentPath("/p", Offset(0), ".log")];
  while (position < 60 * kMiB) {
    position += 1 + random.Next() % kMiB;
    window.Written(*first, position);
    if (position > CacheWindow::kKeep) {
      ASSERT_LE(dropped, position - CacheWindow::kKeep);
    }
    ASSERT_LE(position, dropped + CacheWindow::kKeep + 5 * kMiB);
  }
  // The next segment pushes out what is left of the first, then its own bytes.
  const std::uint64_t& next_dropped = files.dropped_[SegmentPath("/p", Offset(100), ".log")];
  window.Written(*second, 0);
  window.Written(*second, 10 * kMiB);
  EXPECT_LT(dropped, position);
  EXPECT_EQ(next_dropped, 0u);
  window.Written(*second, 38 * kMiB);
  EXPECT_GE(dropped, position);
  window.Written(*second, 50 * kMiB);
  EXPECT_EQ(next_dropped, 18 * kMiB);
}

TEST(CacheWindowTest, ForgetsRemovedSegments) {
  RecordingFiles files;
  ASSERT_OK(files.CreateDirectories("/p"));
  auto first = Segment::Create(files, "/p", Offset(0));
  auto second = Segment::Create(files, "/p", Offset(100));
  ASSERT_OK(first);
  ASSERT_OK(second);
  CacheWindow window;
  window.Written(*first, 0);
  window.Written(*first, 30 * kMiB);
  first->reset();
  window.Written(*second, 0);
  window.Written(*second, 40 * kMiB);
  EXPECT_EQ(files.dropped_[SegmentPath("/p", Offset(0), ".log")], 0u);
  EXPECT_EQ(files.dropped_[SegmentPath("/p", Offset(100), ".log")], 8 * kMiB);
}

TEST(CacheWindowTest, DropsBehindAReaderWithoutGaps) {
  std::uint64_t dropped = 0;
  Recorder file(dropped);
  SeededRandom random(9);
  std::uint64_t position = 0;
  while (position < 40 * kMiB) {
    const std::uint64_t length = 1 + random.Next() % kMiB;
    CacheWindow::ReadFarBehind(file, position, length);
    position += length;
    ASSERT_LE(dropped + 8 * kMiB, std::max(position, 8 * kMiB));
    ASSERT_LE(position, dropped + 8 * kMiB + 8192);
  }
}

}  // namespace
}  // namespace floe::log
