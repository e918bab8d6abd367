// SPDX-License-Identifier: Apache-2.0
// A broker with its own log on a free port, and a small blocking client. Tests only.
#pragma once

#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/async/compute_pool.h"
#include "base/async/io_threads.h"
#include "io/file_system.h"
#include "kafka/protocol/header.h"
#include "kafka/server/server.h"

namespace floe::kafka {

/// Everything in one directory, which survives the object: a second broker on it plays a restart.
class TestBroker {
 public:
  explicit TestBroker(const std::string& directory, ServerOptions options = {}, MemoryBudget* memory = nullptr,
                      io::FileSystem& log_files = io::LocalFileSystem());
  ~TestBroker();
  std::uint16_t port() const;
  log::Log& log() { return *log_; }
  OffsetStore& offsets() { return *offsets_; }

 private:
  IoThreads io_{2};
  ComputePool compute_{2};
  std::unique_ptr<meta::Store> store_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<OffsetStore> offsets_;
  std::unique_ptr<Server> server_;
};

/// Aborts the test's expectations by exception when the connection ends; tests may catch it.
class TestClient {
 public:
  /// A receive buffer of 0 bytes is the system's choice.
  explicit TestClient(std::uint16_t port, int receive_buffer = 0);
  int handle() { return socket_.native_handle(); }

  void SendBytes(std::string_view bytes);
  /// The broker sees the end of the stream; its answers can still be received.
  void FinishSending();
  /// The next frame without its length; nothing when the broker has closed the connection.
  std::optional<std::string> Receive();

  template <typename Request>
  void Send(const Request& request, std::int16_t version, std::int32_t correlation_id = 1) {
    RequestHeader header{static_cast<std::int16_t>(Request::kApi), version, correlation_id, "test"};
    SendBytes(EncodeRequest(request, header).Flatten());
  }
  template <typename Response>
  Result<Response> Take(std::int16_t version, std::int32_t* correlation_id = nullptr) {
    auto frame = Receive();
    if (!frame) return Fail(ErrorKind::kUnavailable, "the broker closed the connection");
    frame_ = std::move(*frame);
    Reader reader({reinterpret_cast<std::byte*>(frame_.data()), frame_.size()});
    return DecodeResponse<Response>(reader, version, correlation_id);
  }
  template <typename Response, typename Request>
  Result<Response> Call(const Request& request, std::int16_t version) {
    Send(request, version);
    return Take<Response>(version);
  }

 private:
  boost::asio::io_context io_;
  boost::asio::ip::tcp::socket socket_{io_};
  std::string frame_;  ///< what Records of the last response point into
};

}  // namespace floe::kafka
