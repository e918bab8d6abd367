// SPDX-License-Identifier: Apache-2.0
// The test broker and client.
#include "kafka/server/broker_testing.h"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "base/matchers.h"

namespace floe::kafka {

TestBroker::TestBroker(const std::string& directory, ServerOptions options, MemoryBudget* memory,
                       io::FileSystem& log_files) {
  EXPECT_OK(io::LocalFileSystem().CreateDirectories(directory));
  auto store = meta::Store::Open(directory + "/meta.db");
  EXPECT_OK(store);
  store_ = std::move(*store);
  auto log = log::Log::Open(log_files, *store_, SystemClock(), {.directory = directory + "/log"});
  EXPECT_OK(log);
  log_ = std::move(*log);
  auto offsets = OffsetStore::Open(*store_, compute_);
  EXPECT_OK(offsets);
  offsets_ = std::move(*offsets);
  options.listen.address.port = 0;
  auto server = Server::Start({.io = io_,
                               .compute = compute_,
                               .log = *log_,
                               .store = *store_,
                               .offsets = *offsets_,
                               .clock = SystemClock(),
                               .random = SystemRandom(),
                               .memory = memory},
                              options);
  EXPECT_OK(server);
  server_ = std::move(*server);
}

TestBroker::~TestBroker() {
  server_->Stop();
  EXPECT_OK(log_->Close());
  server_.reset();
  offsets_.reset();
  compute_.Stop();
  io_.Stop();
}

std::uint16_t TestBroker::port() const {
  return server_->address().port;
}

TestClient::TestClient(std::uint16_t port, int receive_buffer) {
  socket_.open(boost::asio::ip::tcp::v4());
  if (receive_buffer > 0) socket_.set_option(boost::asio::socket_base::receive_buffer_size(receive_buffer));
  socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
}

void TestClient::SendBytes(std::string_view bytes) {
  boost::system::error_code ignored;  // the answer, or its absence, tells
  boost::asio::write(socket_, boost::asio::buffer(bytes.data(), bytes.size()), ignored);
}

void TestClient::FinishSending() {
  boost::system::error_code ignored;
  socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
}

std::optional<std::string> TestClient::Receive() {
  boost::system::error_code error;
  unsigned char prefix[4];
  boost::asio::read(socket_, boost::asio::buffer(prefix), error);
  if (error) return std::nullopt;
  std::string frame((static_cast<std::size_t>(prefix[0]) << 24) | (prefix[1] << 16) | (prefix[2] << 8) | prefix[3],
                    '\0');
  boost::asio::read(socket_, boost::asio::buffer(frame), error);
  if (error) return std::nullopt;
  return frame;
}

}  // namespace floe::kafka
