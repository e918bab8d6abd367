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

TEST_F(LocalFileSystemTest, SendsToASocketUntilItIsFull) {
  std::string content;
  for (int i = 0; i < 400'000; ++i) content += std::to_string(i);
  ASSERT_OK(WriteFileDurably(files_, directory_ + "/a", content));
  auto file = files_.OpenReadable(directory_ + "/a");
  ASSERT_OK(file);
  std::array<int, 2> sockets{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets.data()), 0);
  std::string received;
  std::array<char, 65536> buffer{};
  const std::size_t from = 1000;
  const std::size_t count = content.size() - 2000;
  std::size_t rounds = 0;
  for (std::size_t sent = 0; received.size() < count; ++rounds) {
    auto n = (*file)->SendTo(sockets[0], from + sent, count - sent);
    ASSERT_OK(n);
    sent += *n;
    ssize_t got = ::read(sockets[1], buffer.data(), buffer.size());
    ASSERT_GT(got, 0);
    received.append(buffer.data(), static_cast<std::size_t>(got));
  }
  EXPECT_GT(rounds, 2u);
  EXPECT_EQ(received, content.substr(from, count));
  EXPECT_EQ(*(*file)->SendTo(sockets[0], content.size(), 10), 0u) << "at the end of the file";
  ::close(sockets[0]);
  ::close(sockets[1]);
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
