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

class CacheWindowTest : public ::testing::Test {
 protected:
  CacheWindowTest() {
    EXPECT_OK(files_.CreateDirectories("/p"));
    auto first = Segment::Create(files_, "/p", Offset(0));
    auto second = Segment::Create(files_, "/p", Offset(100));
    EXPECT_OK(first);
    EXPECT_OK(second);
    first_ = std::move(*first);
    second_ = std::move(*second);
  }
  const std::uint64_t& Dropped(Offset base) { return files_.dropped_[SegmentPath("/p", base, ".log")]; }

  RecordingFiles files_;
  std::shared_ptr<Segment> first_;
  std::shared_ptr<Segment> second_;
  CacheWindow window_;
};

TEST_F(CacheWindowTest, KeepsTheEndAndDropsTheRest) {
  SeededRandom random(7);
  std::uint64_t position = 0;
  window_.Written(first_, position);
  const std::uint64_t& dropped = Dropped(Offset(0));
  while (position < 60 * kMiB) {
    position += 1 + random.Next() % kMiB;
    window_.Written(first_, position);
    if (position > CacheWindow::kKeep) {
      ASSERT_LE(dropped, position - CacheWindow::kKeep);
    }
    ASSERT_LE(position, dropped + CacheWindow::kKeep + 5 * kMiB);
  }
  // The next segment pushes out what is left of the first, then its own bytes.
  const std::uint64_t& next_dropped = Dropped(Offset(100));
  window_.Written(second_, 0);
  window_.Written(second_, 10 * kMiB);
  EXPECT_LT(dropped, position);
  EXPECT_EQ(next_dropped, 0u);
  window_.Written(second_, 38 * kMiB);
  EXPECT_GE(dropped, position);
  window_.Written(second_, 50 * kMiB);
  EXPECT_EQ(next_dropped, 18 * kMiB);
}

TEST_F(CacheWindowTest, ForgetsRemovedSegments) {
  window_.Written(first_, 0);
  window_.Written(first_, 30 * kMiB);
  first_.reset();
  window_.Written(second_, 0);
  window_.Written(second_, 40 * kMiB);
  EXPECT_EQ(Dropped(Offset(0)), 0u);
  EXPECT_EQ(Dropped(Offset(100)), 8 * kMiB);
}

TEST_F(CacheWindowTest, DropsBehindAReaderWithoutGaps) {
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
