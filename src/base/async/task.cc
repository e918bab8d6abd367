// SPDX-License-Identifier: Apache-2.0
#include "base/async/task.h"

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

namespace floe {

namespace asio = boost::asio;

namespace {

ErrorKind KindOf(const boost::system::error_code& code) {
  if (code == asio::error::operation_aborted) return ErrorKind::kCancelled;
  if (code == asio::error::timed_out) return ErrorKind::kTimeout;
  if (code == asio::error::no_descriptors || code == asio::error::no_buffer_space || code == asio::error::no_memory) {
    return ErrorKind::kResourceExhausted;
  }
  if (code == asio::error::eof || code == asio::error::connection_refused || code == asio::error::connection_reset ||
      code == asio::error::connection_aborted || code == asio::error::broken_pipe ||
      code == asio::error::host_unreachable || code == asio::error::network_unreachable ||
      code == asio::error::host_not_found || code == asio::error::host_not_found_try_again ||
      code == asio::error::not_connected) {
    return ErrorKind::kUnavailable;
  }
  if (code == asio::error::access_denied) return ErrorKind::kPermissionDenied;
  return ErrorKind::kIo;
}

}  // namespace

Error NetworkError(const boost::system::error_code& code, std::string_view what) {
  return Error(KindOf(code), fmt::format("{}: {}", what, code.message()));
}

Task<Status> SleepFor(std::chrono::nanoseconds duration) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_after(duration);
  auto [error] = co_await timer.async_wait(kAsValues);
  if (error) co_return Fail(NetworkError(error, "sleeping"));
  co_return Status{};
}

}  // namespace floe
