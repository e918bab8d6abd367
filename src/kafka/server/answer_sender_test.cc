// SPDX-License-Identifier: Apache-2.0
#include "kafka/server/answer_sender.h"

#include <array>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/matchers.h"
#include "base/random_testing.h"

namespace floe::kafka {
namespace {

namespace asio = boost::asio;

/// Lies somewhere inside blocks, as in a file.
class FakeStored final : public StoredRecords {
 public:
  FakeStored(std::string bytes, std::size_t skip) : bytes_(std::move(bytes)), skip_(skip) {}
  std::size_t size() const override { return bytes_.size(); }
  Status Read(std::size_t position, std::span<std::byte> out) const override {
    std::ranges::copy(std::as_bytes(std::span(bytes_)).subspan(position, out.size()), out.begin());
    return {};
  }
  Result<std::span<const std::byte>> ReadPiece(std::size_t position, std::span<std::byte> buffer) const override {
    if (position >= fails_at) return Fail(ErrorKind::kIo, "the disk is broken");
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % kBlock, 0u);
    EXPECT_EQ(buffer.size() % kBlock, 0u);
    const std::size_t skip = (skip_ + position) % kBlock;
    const auto part = buffer.subspan(skip, std::min(buffer.size() - skip, size() - position));
    FLOE_TRY_VOID(Read(position, part));
    return part;
  }
  std::size_t fails_at = ~std::size_t{0};

 private:
  std::string bytes_;
  std::size_t skip_;
};

class AnswerSenderTest : public testing::Test {
 protected:
  AnswerSenderTest() : server_(io_), client_(io_) {
    asio::ip::tcp::acceptor acceptor(io_, {asio::ip::address_v4::loopback(), 0});
    client_.connect(acceptor.local_endpoint());
    acceptor.accept(server_);
    auto descriptor = net::SocketDescriptor::Of(server_);
    EXPECT_OK(descriptor);
    descriptor_.emplace(std::move(*descriptor));
  }
  Slice Stored(std::size_t position, std::size_t size) {
    auto stored = std::make_shared<FakeStored>(RandomBytes(random_, size), random_.Next() % 5000);
    return {.position = position, .bytes = {}, .owner = nullptr, .stored = std::move(stored)};
  }

  asio::io_context io_;
  net::TcpSocket server_;
  net::TcpSocket client_;
  std::optional<net::SocketDescriptor> descriptor_;
  PiecePool pool_{PiecePool::kHugePage};
  SeededRandom random_{11};
};

TEST_F(AnswerSenderTest, SendsAllInOrderThroughOnePiece) {
  const std::string memory = RandomBytes(random_, 70'000);
  std::vector<Encoded> messages(2);
  messages[0].head = RandomBytes(random_, 300);
  messages[0].slices = {Stored(0, 5 * PiecePool::kHugePage + 77),
                        Stored(100, PiecePool::kHugePage - 3),
                        {.position = 100, .bytes = std::as_bytes(std::span(memory)), .owner = nullptr, .stored = {}},
                        Stored(200, 200'000),
                        Stored(200, 1),
                        Stored(300, 4096)};
  messages[1].head = RandomBytes(random_, 50);
  messages[1].slices = {Stored(10, 300'000)};
  const std::string expected = messages[0].Flatten() + messages[1].Flatten();
  AnswerSender sender(messages, pool_.Take());
  std::string received;
  std::vector<char> buffer(1U << 20);
  std::size_t sent = 0;
  std::size_t rounds = 0;
  for (bool done = false; received.size() < expected.size(); ++rounds) {
    if (!done) {
      auto progress = sender.Run(*descriptor_);
      ASSERT_OK(progress);
      sent += progress->bytes;
      done = progress->done;
    }
    if (received.size() == sent) continue;
    received.append(buffer.data(), client_.read_some(asio::buffer(buffer)));
  }
  EXPECT_GT(rounds, 2u) << "the socket was never full";
  EXPECT_TRUE(received == expected);
  EXPECT_EQ(sent, expected.size());
}

TEST_F(AnswerSenderTest, SaysWhyItCannotGoOn) {
  std::vector<Encoded> messages(1);
  auto stored = std::make_shared<FakeStored>(RandomBytes(random_, 3 * PiecePool::kHugePage), 0);
  stored->fails_at = PiecePool::kHugePage;
  messages[0].slices = {{.position = 0, .bytes = {}, .owner = nullptr, .stored = stored}};
  std::vector<char> buffer(PiecePool::kHugePage);
  AnswerSender sender(messages, pool_.Take());
  auto progress = sender.Run(*descriptor_);
  for (; progress && !progress->done; progress = sender.Run(*descriptor_)) client_.read_some(asio::buffer(buffer));
  EXPECT_THAT(progress, IsError(ErrorKind::kIo));
}

TEST_F(AnswerSenderTest, AClientThatLeftIsUnavailable) {
  std::vector<Encoded> messages(1);
  messages[0].slices = {Stored(0, 20 * PiecePool::kHugePage)};
  client_.set_option(asio::socket_base::linger(true, 0));
  client_.close();
  AnswerSender sender(messages, pool_.Take());
  auto progress = sender.Run(*descriptor_);
  while (progress && !progress->done) progress = sender.Run(*descriptor_);
  EXPECT_THAT(progress, IsError(ErrorKind::kUnavailable));
}

}  // namespace
}  // namespace floe::kafka
