// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/matchers.h"
#include "io/file_system.h"

namespace floe::io {
namespace {

std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

class LocalFileSystemTest : public ::testing::Test {
 protected:
  LocalFileSystemTest() { EXPECT_OK(files_.CreateDirectories(directory_)); }
  ~LocalFileSystemTest() override { EXPECT_OK(files_.RemoveAll(directory_)); }
  FileSystem& files_ = LocalFileSystem();
  const std::string directory_ = ::testing::TempDir() + "floe_io_" + SystemRandom().Uuid();
};

TEST_F(LocalFileSystemTest, WritesReadsAndTruncates) {
  auto file = files_.OpenWritable(directory_ + "/a", true);
  ASSERT_OK(file);
  ASSERT_OK((*file)->Allocate(1 << 20));
  EXPECT_EQ(*(*file)->Size(), 0u);
  ASSERT_OK((*file)->WriteAt(0, Bytes("hello")));
  ASSERT_OK((*file)->WriteAt(5, Bytes(" world")));
  ASSERT_OK((*file)->Sync());
  EXPECT_EQ(*ReadFile(files_, directory_ + "/a"), "hello world");
  ASSERT_OK((*file)->Truncate(4));
  auto reader = files_.OpenReadable(directory_ + "/a");
  ASSERT_OK(reader);
  std::array<std::byte, 10> buffer{};
  EXPECT_EQ(*(*reader)->ReadAt(1, buffer), 3u);
  EXPECT_EQ(*(*reader)->ReadAt(100, buffer), 0u);
}

TEST_F(LocalFileSystemTest, ReadsPastTheCache) {
  std::string content;
  for (int i = 0; i < 400'000; ++i) content += std::to_string(i);
  ASSERT_OK(WriteFileDurably(files_, directory_ + "/a", content));
  auto file = files_.OpenReadable(directory_ + "/a");
  ASSERT_OK(file);
  ASSERT_OK(files_.Remove(directory_ + "/a"));  // what retention does beside a reader
  struct alignas(ReadableFile::kBlock) Block {
    std::array<std::byte, ReadableFile::kBlock> bytes;
  };
  std::vector<Block> blocks(64);
  const std::span buffer = std::as_writable_bytes(std::span(blocks));
  std::string read;
  for (std::size_t n = buffer.size(); n == buffer.size();) {
    auto some = (*file)->ReadUncached(read.size(), buffer);
    ASSERT_OK(some);
    n = *some;
    read.append(reinterpret_cast<const char*>(buffer.data()), n);
  }
  EXPECT_EQ(read, content);
  EXPECT_EQ(*(*file)->ReadUncached((content.size() / buffer.size() + 1) * buffer.size(), buffer), 0u)
      << "behind the end";
  EXPECT_THAT((*file)->ReadUncached(1, buffer), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT((*file)->ReadUncached(0, buffer.subspan(1)), IsError(ErrorKind::kInvalidInput));
}

TEST_F(LocalFileSystemTest, DurableWriteReplacesAndLeavesNoTemporary) {
  ASSERT_OK(WriteFileDurably(files_, directory_ + "/state", "one"));
  ASSERT_OK(WriteFileDurably(files_, directory_ + "/state", "two"));
  EXPECT_EQ(*ReadFile(files_, directory_ + "/state"), "two");
  auto list = files_.List(directory_);
  ASSERT_OK(list);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ((*list)[0].name, "state");
  EXPECT_EQ((*list)[0].size, 3u);
}

TEST_F(LocalFileSystemTest, ListPassesOverWhatIsGone) {
  // A link to nothing looks like a file that was removed between its name and its size.
  ASSERT_EQ(::symlink("nowhere", (directory_ + "/gone").c_str()), 0);
  auto files = files_.List(directory_);
  ASSERT_OK(files);
  EXPECT_TRUE(files->empty());
}

TEST_F(LocalFileSystemTest, MissingIsNotFound) {
  EXPECT_THAT(files_.OpenReadable(directory_ + "/no"), IsError(ErrorKind::kNotFound));
  EXPECT_THAT(files_.List(directory_ + "/no"), IsError(ErrorKind::kNotFound));
  EXPECT_THAT(files_.Remove(directory_ + "/no"), IsError(ErrorKind::kNotFound));
  EXPECT_FALSE(*files_.Exists(directory_ + "/no"));
}

}  // namespace
}  // namespace floe::io
