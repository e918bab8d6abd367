// SPDX-License-Identifier: Apache-2.0
#include "io/memory_file_system.h"

#include <gtest/gtest.h>

#include "base/matchers.h"
#include "io/faulty_file_system.h"

namespace floe::io {
namespace {

std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

TEST(MemoryFileSystemTest, CrashKeepsWhatWasSyncedAndTearsTheRest) {
  bool lost = false, torn = false, kept = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    MemoryFileSystem files;
    SeededRandom random(seed);
    ASSERT_OK(files.CreateDirectories("/d"));
    auto file = files.OpenWritable("/d/a", true);
    ASSERT_OK(file);
    ASSERT_OK((*file)->WriteAt(0, Bytes("safe")));
    ASSERT_OK((*file)->Sync());
    ASSERT_OK(files.SyncDirectory("/d"));
    ASSERT_OK((*file)->WriteAt(4, Bytes("unsafe")));
    files.Crash(random);
    std::string content = *ReadFile(files, "/d/a");
    EXPECT_TRUE(content.starts_with("safe"));
    EXPECT_TRUE(std::string("safeunsafe").starts_with(content));
    lost |= content.size() == 4;
    torn |= content.size() > 4 && content.size() < 10;
    kept |= content.size() == 10;
    ASSERT_OK((*file)->WriteAt(0, Bytes("dead")));  // a handle of the dead process changes nothing
    EXPECT_EQ(*ReadFile(files, "/d/a"), content);
  }
  EXPECT_TRUE(lost && torn && kept);
}

TEST(MemoryFileSystemTest, UnsyncedNamesMayBeLostButDurableWritesAreNot) {
  bool lost = false;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    MemoryFileSystem files;
    SeededRandom random(seed);
    ASSERT_OK(files.CreateDirectories("/d"));
    ASSERT_OK(WriteFileDurably(files, "/d/state", "one"));
    auto file = files.OpenWritable("/d/new", true);
    ASSERT_OK(file);
    files.Crash(random);
    EXPECT_EQ(*ReadFile(files, "/d/state"), "one");
    lost |= !*files.Exists("/d/new");
  }
  EXPECT_TRUE(lost);
}

TEST(MemoryFileSystemTest, ListsOneLevel) {
  MemoryFileSystem files;
  ASSERT_OK(files.CreateDirectories("/a/b/c"));
  ASSERT_OK(WriteFileDurably(files, "/a/x", "1"));
  auto list = files.List("/a");
  ASSERT_OK(list);
  ASSERT_EQ(list->size(), 2u);
  EXPECT_TRUE((*list)[0].is_directory);
  ASSERT_OK(files.RemoveAll("/a"));
  EXPECT_FALSE(*files.Exists("/a/b/c"));
}

TEST(FaultyFileSystemTest, FullDiskWritesInPart) {
  MemoryFileSystem base;
  Faults faults;
  FaultyFileSystem files(base, faults);
  auto file = files.OpenWritable("/a", true);
  ASSERT_OK(file);
  faults.SetSpaceLeft(3);
  EXPECT_THAT((*file)->WriteAt(0, Bytes("hello")), IsError(ErrorKind::kDiskFull));
  EXPECT_EQ(*ReadFile(files, "/a"), "hel");
  faults.GiveSpace();
  EXPECT_OK((*file)->WriteAt(3, Bytes("lo")));
  faults.FailSyncs(1);
  EXPECT_THAT((*file)->Sync(), IsError(ErrorKind::kIo));
  EXPECT_OK((*file)->Sync());
}

}  // namespace
}  // namespace floe::io
