// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 server: listener, limits, security checks and routes in one object.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "net/http/router.h"
#include "net/http/same_site.h"
#include "net/tcp.h"

namespace floe::net {

struct HttpServerOptions {
  ListenOptions listen;
  SameSiteRules same_site;  ///< `loopback` is set from the address that was bound
  /// Asked before every route; the place for authentication. Empty: whoever can connect may call.
  std::function<Status(const Request&)> authorize;
  /// Answers for errors of the server and of handlers; empty: Response::Error.
  std::function<Response(const Error&)> render_error;
  bool serves_pages = false;  ///< adds the headers that protect HTML (CSP, frame, referrer)

  std::uint32_t max_header_bytes = 16 << 10;
  std::size_t max_target_bytes = 8 << 10;
  std::uint64_t max_body_bytes = 16 << 20;  ///< checked against Content-Length before anything is allocated
  std::size_t max_connections = 4096;
  std::chrono::milliseconds idle_timeout{75'000};     ///< between requests
  std::chrono::milliseconds request_timeout{30'000};  ///< from a request's first byte to its last
  std::chrono::milliseconds write_timeout{30'000};    ///< without progress of one write
};

struct HttpServerStats {
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;       ///< answers of 500 and above
  std::uint64_t connections = 0;  ///< open now
};

/// Thread-safe after Start.
class HttpServer {
 public:
  /// Errors of Listener::Bind. The router must not change afterwards.
  static Result<std::unique_ptr<HttpServer>> Start(IoThreads& io, Router router, HttpServerOptions options);
  /// Stop with no grace.
  ~HttpServer();

  const ListenAddress& address() const;
  /// "http://127.0.0.1:3000"
  std::string url() const;
  HttpServerStats stats() const;

  /// Stops accepting, closes idle connections, gives running requests `grace` to finish, cancels the rest, waits.
  /// Idempotent; never from an I/O thread.
  void Stop(std::chrono::milliseconds grace);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace floe::net
