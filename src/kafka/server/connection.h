// SPDX-License-Identifier: Apache-2.0
// One client connection: frames in, responses out in the order of their requests.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/async/task_scope.h"
#include "base/piece_pool.h"
#include "kafka/server/byte_budget.h"
#include "kafka/server/input_buffer.h"
#include "kafka/server/log_limiter.h"
#include "kafka/server/request.h"
#include "net/tcp.h"

namespace floe::kafka {

/// What all connections share; outlives them.
struct ConnectionContext {
  Services& services;
  ByteBudget& request_budget;
  MemoryGate& frame_memory;
  PiecePool& pieces;
  TaskScope& scope;
  LogLimiter& log_limiter;
};

/// Lives on the loop of its socket and is used from there only. A request is handled up to the point where its order
/// matters (an append), then the next one is read while the first waits for its disk; the responses keep the order.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(net::TcpSocket socket, ConnectionContext context);

  /// Reads and answers until the client goes, sends nonsense, or the scope stops.
  Task<void> Run();
  /// Closes a connection that is idle or stuck for too long, and lets go of memory it does not need. Called every few
  /// seconds.
  void CheckHealth(std::chrono::nanoseconds now);
  /// No more requests: closes when those taken up are answered. `unanswered` is let go of then.
  void Finish(std::shared_ptr<void> unanswered);

 private:
  struct Pending {
    std::variant<Encoded, OneShot<Encoded>> response;
    ByteBudget::Lease lease;
    MemoryGate::Hold memory;
  };
  /// kWaiting: handling a request that waits for others.
  enum class Phase : std::uint8_t { kIdle, kReceiving, kHandling, kWaiting };

  Task<Status> Serve();
  Task<Status> HandleFrame(std::span<std::byte> frame);
  /// One line about what this client did wrong, unless there were too many of late.
  void Complain(std::string_view message, const Error& cause) const;
  Task<Status> Answer(Reply reply);
  Task<void> RunWriter();
  /// Returns when a response was written, or the connection is closed.
  Task<Status> Room();
  /// No response follows: the client may close, and does not wait for more.
  void FinishWriting();
  /// Reads what the client sends until it closes.
  Task<void> Linger();
  /// Returns when all responses are written, or cannot be.
  Task<void> AnswersWritten();
  /// Receives until there are `size` bytes. Of these, input_ has the capacity.
  Task<Status> Receive(std::size_t size);
  /// The responses at the front that need no more waiting; their places in pending_ stay until they are written.
  std::vector<Encoded> TakeReady();
  Task<Status> Write(std::span<const Encoded> messages);
  Task<Status> WriteParts(std::span<const Encoded> messages);
  Task<Status> WriteAll(std::span<boost::asio::const_buffer> buffers);
  /// On compute threads: records that are read while they are sent.
  Task<Status> WriteStored(std::span<const Encoded> messages);
  /// Room in input_ for so many bytes, waited for when the node's memory is used up.
  Task<Status> Reserve(std::size_t size);
  /// Lets go of the memory beyond input_'s own, if that holds what is received. Not while a read is under way.
  void ReleaseInput();
  void Close();
  std::chrono::nanoseconds Now() const { return context_.services.clock.MonotonicNow(); }

  net::TcpSocket socket_;
  ConnectionContext context_;
  std::string peer_;
  std::string client_host_;
  InputBuffer input_;
  MemoryGate::Hold input_hold_;  ///< of what input_ was given
  bool release_input_ = false;   ///< the read under way was cancelled for it
  Phase phase_ = Phase::kIdle;
  std::chrono::nanoseconds read_progress_{0};
  // Output: responses not written yet; the front one may be under way.
  std::deque<Pending> pending_;
  bool writer_runs_ = false;
  bool writing_ = false;
  bool reading_records_ = false;  ///< a compute thread is to read or send, so nobody waits for the client
  std::optional<net::SocketDescriptor> descriptor_;  // for compute threads
  std::chrono::nanoseconds write_progress_{0};
  std::optional<OneShot<bool>> writer_wake_;
  std::optional<OneShot<bool>> room_wake_;
  bool finishing_ = false;
  std::shared_ptr<void> unanswered_;
  bool closed_ = false;
};

}  // namespace floe::kafka
