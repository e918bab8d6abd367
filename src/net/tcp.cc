// SPDX-License-Identifier: Apache-2.0
#include "net/tcp.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include <boost/asio/post.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/logging.h"

namespace floe::net {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

std::string ListenAddress::ToString() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

Result<ListenAddress> ParseListenAddress(std::string_view text) {
  const auto bad = [&] {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("'{}' is no listen address; write HOST:PORT, as in 127.0.0.1:9092 or [::1]:0", text));
  };
  ListenAddress address;
  std::string_view port = text;
  if (const auto colon = text.rfind(':'); colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (host.starts_with('[')) {
      if (!host.ends_with(']')) return bad();
      host = host.substr(1, host.size() - 2);
    } else if (host.find(':') != std::string_view::npos) {
      return bad();
    }
    if (host.empty()) return bad();
    address.host = host;
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) return bad();
  return address;
}

struct Listener::State {
  State(Executor executor, IoThreads& threads) : acceptor(executor), io(threads) {}

  tcp::acceptor acceptor;
  IoThreads& io;
  ListenOptions options;
  bool loopback = false;

  static Task<void> Accept(std::shared_ptr<State> state, TaskScope& scope, OnConnection on_connection);
};

namespace {

Result<asio::ip::address> ResolveHost(const std::string& host) {
  if (host == "localhost") return asio::ip::address(asio::ip::address_v4::loopback());
  boost::system::error_code error;
  auto address = asio::ip::make_address(host, error);
  if (error) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("'{}' is no IP address to listen on; use 127.0.0.1, ::1, or 0.0.0.0 for all", host));
  }
  return address;
}

Error PortInUse(const ListenOptions& options) {
  const std::string owner = PortOwner(options.address.port);
  return Error(ErrorKind::kAlreadyExists,
               fmt::format("port {} for '{}' is already in use{}; stop that program, or choose another port with "
                           "--listen {}={}:PORT, --port-offset N or --ports auto",
                           options.address.port, options.service, owner.empty() ? "" : " by " + owner, options.service,
                           options.address.host));
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::Bind(IoThreads& io, ListenOptions options) {
  FLOE_TRY(auto host, ResolveHost(options.address.host));
  if (!host.is_loopback() && !options.allow_public) {
    return Fail(ErrorKind::kPermissionDenied,
                fmt::format("'{}' would listen on {}, which other machines can reach, and nobody would have to log in; "
                            "use 127.0.0.1, or set listen.public to true if the network is trusted",
                            options.service, options.address.ToString()));
  }
  auto state = std::make_shared<State>(io.At(0), io);
  state->loopback = host.is_loopback();
  const tcp::endpoint endpoint(host, options.address.port);
  boost::system::error_code error;
  state->acceptor.open(endpoint.protocol(), error);
  if (!error) state->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) state->acceptor.bind(endpoint, error);
  if (!error) state->acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) return Fail(PortInUse(options));
  if (error)
    return Fail(
        NetworkError(error, fmt::format("listening on {} for '{}'", options.address.ToString(), options.service)));
  options.address.port = state->acceptor.local_endpoint(error).port();
  state->options = std::move(options);
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

Listener::Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}

Listener::~Listener() {
  Close();
}

const ListenAddress& Listener::address() const {
  return state_->options.address;
}

bool Listener::is_loopback() const {
  return state_->loopback;
}

void Listener::Start(TaskScope& scope, OnConnection on_connection) {
  scope.SpawnOn(state_->io.At(0), [state = state_, &scope, on_connection = std::move(on_connection)] {
    return State::Accept(state, scope, on_connection);
  });
}

void Listener::Close() {
  asio::post(state_->acceptor.get_executor(), [state = state_] {
    boost::system::error_code ignored;
    state->acceptor.close(ignored);
  });
}

Task<void> Listener::State::Accept(std::shared_ptr<State> state, TaskScope& scope,
                                   Listener::OnConnection on_connection) {
  for (std::size_t next = 0; state->acceptor.is_open(); ++next) {
    const Executor home = state->io.At(next);
    auto [error, socket] = co_await state->acceptor.async_accept(home, kAsValues);
    if (error == asio::error::operation_aborted) break;
    if (error) {
      // Out of descriptors or memory: the connection waits in the backlog until something is freed.
      logging::Warn("net", "accepting failed",
                    {{"address", state->options.address.ToString()},
                     {"service", state->options.service},
                     {"error", error.message()}});
      auto slept = co_await SleepFor(std::chrono::milliseconds(100));
      if (!slept) break;
      continue;
    }
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const std::size_t loop = next % state->io.size();
    scope.SpawnOn(home, [socket = std::move(socket), loop, on_connection]() mutable {
      return on_connection(std::move(socket), loop);
    });
  }
  boost::system::error_code ignored;
  state->acceptor.close(ignored);
}

Result<SocketDescriptor> SocketDescriptor::Of(TcpSocket& socket) {
  const int descriptor = ::fcntl(socket.native_handle(), F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) return Fail(ErrnoError(errno, "duplicate the descriptor of a connection"));
  return SocketDescriptor(descriptor);
}

Result<std::size_t> SocketDescriptor::SendSome(std::span<const std::span<const std::byte>> pieces) const {
  std::array<iovec, kMostPieces> parts{};
  const std::size_t count = std::min(pieces.size(), kMostPieces);
  for (std::size_t i = 0; i < count; ++i)
    parts[i] = {.iov_base = const_cast<std::byte*>(pieces[i].data()), .iov_len = pieces[i].size()};
  const msghdr message{.msg_iov = parts.data(), .msg_iovlen = count};
  ssize_t n = 0;
  do n = ::sendmsg(descriptor_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  while (n < 0 && errno == EINTR);
  if (n >= 0) return static_cast<std::size_t>(n);
  if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
  return Fail(ErrnoError(errno, "send to a connection"));
}

SocketDescriptor::~SocketDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace floe::net
