// SPDX-License-Identifier: Apache-2.0
#include "net/http/server.h"

#include <algorithm>
#include <iterator>

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include "base/clock.h"
#include "net/http/connection.h"

namespace floe::net {

namespace {

using Loops = std::vector<std::shared_ptr<LoopConnections>>;

constexpr std::chrono::milliseconds kSweepEvery{500};

Task<void> Sweep(std::shared_ptr<LoopConnections> loop) {
  for (;;) {
    auto slept = co_await SleepFor(kSweepEvery);
    if (!slept) co_return;
    const auto now = std::chrono::steady_clock::now();
    for (Connection* connection : loop->open) connection->CloseIfPast(now);
  }
}

// Leaves the registry also when the coroutine is unwound.
class Registration {
 public:
  Registration(std::shared_ptr<LoopConnections> loop, std::shared_ptr<ServerShared> shared, Connection* connection)
      : loop_(std::move(loop)), shared_(std::move(shared)), connection_(connection) {
    loop_->open.insert(connection_);
  }
  ~Registration() {
    loop_->open.erase(connection_);
    shared_->connections.fetch_sub(1);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  std::shared_ptr<LoopConnections> loop_;
  std::shared_ptr<ServerShared> shared_;
  Connection* connection_;
};

Task<void> ServeConnection(std::shared_ptr<ServerShared> shared, std::shared_ptr<LoopConnections> loop,
                           TcpSocket socket) {
  const std::uint64_t open = shared->connections.fetch_add(1) + 1;
  Connection connection(shared, std::move(socket));
  Registration registration(loop, shared, &connection);
  // Closing at once tells a client more than an answer that waits behind thousands.
  if (open > shared->options.max_connections) co_return;
  co_await connection.Serve();
}

}  // namespace

struct HttpServer::Impl {
  Impl(IoThreads& threads, std::unique_ptr<Listener> bound)
      : io(threads), listener(std::move(bound)), scope(threads.At(0), "http") {}

  IoThreads& io;
  std::unique_ptr<Listener> listener;
  std::shared_ptr<ServerShared> shared = std::make_shared<ServerShared>();
  Loops loops;
  // Last, so that it goes first: its tasks use the members above.
  TaskScope scope;
  bool stopped = false;
};

Result<std::unique_ptr<HttpServer>> HttpServer::Start(IoThreads& io, Router router, HttpServerOptions options) {
  FLOE_TRY(auto listener, Listener::Bind(io, options.listen));
  auto impl = std::make_unique<Impl>(io, std::move(listener));
  options.same_site.loopback = impl->listener->is_loopback();
  impl->shared->router = std::move(router);
  impl->shared->options = std::move(options);
  impl->shared->id_prefix = SystemRandom().Uuid().substr(0, 8);
  for (std::size_t i = 0; i < io.size(); ++i) {
    auto loop = impl->loops.emplace_back(std::make_shared<LoopConnections>());
    impl->scope.SpawnOn(io.At(i), [loop] { return Sweep(loop); });
  }
  impl->listener->Start(impl->scope, [shared = impl->shared, loops = impl->loops](TcpSocket socket, std::size_t loop) {
    return ServeConnection(shared, loops[loop], std::move(socket));
  });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() {
  Stop(std::chrono::milliseconds(0));
}

const ListenAddress& HttpServer::address() const {
  return impl_->listener->address();
}

std::string HttpServer::url() const {
  return "http://" + address().ToString();
}

HttpServerStats HttpServer::stats() const {
  return {.requests = impl_->shared->requests.load(),
          .errors = impl_->shared->errors.load(),
          .connections = impl_->shared->connections.load()};
}

void HttpServer::Stop(std::chrono::milliseconds grace) {
  if (std::exchange(impl_->stopped, true)) return;
  impl_->shared->draining = true;
  impl_->listener->Close();
  for (std::size_t i = 0; i < impl_->loops.size(); ++i) {
    boost::asio::post(impl_->io.At(i), [loop = impl_->loops[i]] {
      for (Connection* connection : loop->open) connection->CloseIfIdle();
    });
  }
  const auto until = std::chrono::steady_clock::now() + grace;
  // The sweepers stay until the scope stops, so the connections are counted, not the tasks.
  while (impl_->shared->connections.load() > 0 && std::chrono::steady_clock::now() < until) {
    impl_->scope.WaitIdle(std::chrono::milliseconds(2));
  }
  impl_->scope.StopAndWait();
}

}  // namespace floe::net
