// SPDX-License-Identifier: Apache-2.0
// One HTTP/1.1 connection: reads, checks, dispatches, writes. Internal to net/http.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "net/http/server.h"

namespace floe::net {

class Connection;

/// What all connections of a server share.
struct ServerShared {
  Router router;
  HttpServerOptions options;
  std::string id_prefix;  ///< of request ids made here
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> connections{0};
  std::atomic<bool> draining{false};
};

/// The connections of one event loop; touched on that loop only. A sweeper closes those past their deadline, which
/// costs nothing per request.
struct LoopConnections {
  std::unordered_set<Connection*> open;
};

/// Runs on one loop. All state is strand-only.
class Connection final : public BodyWriter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  Connection(std::shared_ptr<ServerShared> shared, TcpSocket socket);

  /// Until the client leaves, an error, a timeout or Stop.
  Task<void> Serve();
  Task<Status> Write(std::string bytes) override;

  /// Closes the socket when the deadline has passed; the pending operation then ends.
  void CloseIfPast(Time now);
  /// Closes it when no request is being read or answered.
  void CloseIfIdle();

 private:
  /// An error that still gets an answer before the connection closes.
  struct Refusal {
    int status;
    Error error;
  };
  enum class ReadOutcome : std::uint8_t { kRequest, kRefused, kClosed };

  Task<ReadOutcome> ReadRequest(Request& request, std::optional<Refusal>& refusal);
  Task<void> Linger();
  Task<Status> Fill();
  Task<Status> Flush();
  Task<Status> SendAll(std::string_view bytes);
  Task<Response> Dispatch(Request& request);
  Task<Response> DispatchAsync(const AsyncHandler& handler, const Request& request);
  Task<Status> Send(Response response, const Request& request);
  Task<Status> SendStream(Response response);
  void AppendHead(const Response& response, const Request& request, std::string_view body);
  Response ErrorAnswer(const Error& error) const;
  std::string RequestId(const Request& request);
  void SetDeadline(std::chrono::milliseconds from_now);
  void ClearDeadline() { deadline_ = Time::max(); }

  const std::shared_ptr<ServerShared> shared_;
  TcpSocket socket_;
  std::string remote_;
  std::string in_;  ///< received, not consumed from in_begin_ on
  std::size_t in_begin_ = 0;
  std::string out_;  ///< answers not sent yet
  Time deadline_ = Time::max();
  bool idle_ = true;
  bool keep_alive_ = true;
  bool http_1_0_ = false;
  bool chunked_ = false;  ///< of the stream being written
};

}  // namespace floe::net
