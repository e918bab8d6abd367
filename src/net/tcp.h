// SPDX-License-Identifier: Apache-2.0
// Listening on a TCP port: safe addresses, errors that name the fix, one task per connection.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include <boost/asio/ip/tcp.hpp>

#include "base/async/io_threads.h"
#include "base/async/task_scope.h"
#include "base/result.h"

namespace floe::net {

using TcpSocket = boost::asio::ip::tcp::socket;

struct ListenAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  ///< 0: any free port

  /// "127.0.0.1:9092", "[::1]:9092".
  std::string ToString() const;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// "HOST:PORT", "[IPV6]:PORT" or "PORT" (on 127.0.0.1). kInvalidInput.
Result<ListenAddress> ParseListenAddress(std::string_view text);

struct ListenOptions {
  std::string service;  ///< "kafka": names the listener in errors and in `--listen NAME=HOST:PORT`
  ListenAddress address;
  /// Nothing here asks for a password, so a bind beyond loopback needs an explicit yes.
  bool allow_public = false;
};

/// A second descriptor of a socket, for calls outside its loop. It stays valid when the socket is closed,
/// so it never comes to mean another connection; a shutdown reaches it.
class SocketDescriptor {
 public:
  /// kIo when the process has no descriptor left.
  static Result<SocketDescriptor> Of(TcpSocket& socket);
  SocketDescriptor(SocketDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  SocketDescriptor& operator=(SocketDescriptor&&) = delete;
  ~SocketDescriptor();
  /// Pieces in one call.
  static constexpr std::size_t kMostPieces = 64;
  /// Sends from the front of `pieces` (the first kMostPieces of them) what the socket takes now, and returns how much
  /// that was: 0 when it is full. kUnavailable when the other side is gone.
  Result<std::size_t> SendSome(std::span<const std::span<const std::byte>> pieces) const;

 private:
  explicit SocketDescriptor(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

/// Who holds a TCP port on this machine, as "java (pid 4711)"; empty when it cannot be told.
std::string PortOwner(std::uint16_t port);

/// One listening socket.
class Listener {
 public:
  /// Runs in a scope of the caller, on the loop the socket belongs to. `loop` is its index in IoThreads.
  using OnConnection = std::function<Task<void>(TcpSocket socket, std::size_t loop)>;

  /// kPermissionDenied (not loopback and not allowed), kAlreadyExists (port in use), kInvalidInput (host), kIo.
  static Result<std::unique_ptr<Listener>> Bind(IoThreads& io, ListenOptions options);
  ~Listener();

  /// With the port that was really bound.
  const ListenAddress& address() const;
  bool is_loopback() const;

  /// Accepts until Close, or until `scope` stops. Connections are spread over the loops and spawned in `scope`.
  void Start(TaskScope& scope, OnConnection on_connection);
  /// Stops accepting; any thread, idempotent. Connections go on.
  void Close();

 private:
  struct State;
  explicit Listener(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace floe::net
