// SPDX-License-Identifier: Apache-2.0
#include "net/tcp.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/matchers.h"

namespace floe::net {
namespace {

namespace asio = boost::asio;

TEST(ListenAddress, ParsesAndRefuses) {
  struct Case {
    const char* text;
    const char* host;
    int port;
  };
  for (const Case& c : {Case{"127.0.0.1:9092", "127.0.0.1", 9092}, Case{"[::1]:0", "::1", 0},
                        Case{"9998", "127.0.0.1", 9998}, Case{"localhost:1", "localhost", 1}}) {
    auto parsed = ParseListenAddress(c.text);
    ASSERT_OK(parsed);
    EXPECT_EQ(parsed->host, c.host);
    EXPECT_EQ(parsed->port, c.port);
  }
  for (const char* bad : {"", ":", ":80", "host:", "host:70000", "::1:80", "[::1:80", "a:b", "1.2.3.4:-1"}) {
    EXPECT_THAT(ParseListenAddress(bad), IsError(ErrorKind::kInvalidInput)) << bad;
  }
}

TEST(Listener, RefusesAPublicAddressUnlessAllowed) {
  IoThreads io(1);
  ListenOptions options{.service = "kafka", .address = {.host = "0.0.0.0", .port = 0}};
  auto refused = Listener::Bind(io, options);
  EXPECT_THAT(refused, IsError(ErrorKind::kPermissionDenied));
  EXPECT_THAT(refused, HasErrorMessage("listen.public"));
  options.allow_public = true;
  auto bound = Listener::Bind(io, options);
  ASSERT_OK(bound);
  EXPECT_FALSE((*bound)->is_loopback());
  EXPECT_THAT(Listener::Bind(io, {.service = "kafka", .address = {.host = "no such host"}}),
              IsError(ErrorKind::kInvalidInput));
}

TEST(Listener, APortInUseNamesPortOwnerAndFix) {
  IoThreads io(1);
  auto first = Listener::Bind(io, {.service = "ingest"});
  ASSERT_OK(first);
  EXPECT_NE((*first)->address().port, 0);
  auto second = Listener::Bind(io, {.service = "console", .address = (*first)->address()});
  EXPECT_THAT(second, IsError(ErrorKind::kAlreadyExists));
  EXPECT_THAT(second, HasErrorMessage(std::to_string((*first)->address().port)));
  EXPECT_THAT(second, HasErrorMessage("pid " + std::to_string(getpid())));
  EXPECT_THAT(second, HasErrorMessage("--listen console="));
}

Task<void> Echo(TcpSocket socket) {
  char byte = 0;
  for (;;) {
    auto [read_error, n] = co_await socket.async_read_some(asio::buffer(&byte, 1), kAsValues);
    if (read_error) co_return;
    auto [write_error, written] = co_await asio::async_write(socket, asio::buffer(&byte, 1), kAsValues);
    if (write_error) co_return;
  }
}

TEST(Listener, ServesConnectionsAndStopsOrderly) {
  IoThreads io(2);
  TaskScope scope(io.Next(), "echo");
  auto listener = Listener::Bind(io, {.service = "echo"});
  ASSERT_OK(listener);
  const auto port = (*listener)->address().port;
  (*listener)->Start(scope, [](TcpSocket socket, std::size_t) { return Echo(std::move(socket)); });

  asio::io_context client;
  std::vector<TcpSocket> sockets;
  for (int i = 0; i < 5; ++i) {
    auto& socket = sockets.emplace_back(client);
    socket.connect({asio::ip::address_v4::loopback(), port});
    char byte = static_cast<char>('a' + i);
    asio::write(socket, asio::buffer(&byte, 1));
    char back = 0;
    asio::read(socket, asio::buffer(&back, 1));
    EXPECT_EQ(back, byte);
  }
  scope.StopAndWait();
  char byte = 0;
  boost::system::error_code error;
  asio::read(sockets[0], asio::buffer(&byte, 1), error);
  EXPECT_TRUE(error);
  TcpSocket late(client);
  late.connect({asio::ip::address_v4::loopback(), port}, error);
  EXPECT_EQ(error, asio::error::connection_refused);
}

}  // namespace
}  // namespace floe::net
