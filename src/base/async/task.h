// SPDX-License-Identifier: Apache-2.0
// The coroutine type of the house, and how Asio's error codes become our errors.
#pragma once

#include <chrono>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/result.h"

namespace floe {

/// A coroutine on an I/O thread. Parameters are values or shared_ptr; start one with TaskScope::Spawn or co_await it.
template <typename T>
using Task = boost::asio::awaitable<T>;

using Executor = boost::asio::any_io_executor;

/// Completion token of every Asio call here: `auto [error, n] = co_await socket.async_read_some(buffer, kAsValues);`.
inline constexpr auto kAsValues = boost::asio::as_tuple(boost::asio::use_awaitable);

/// kCancelled (operation_aborted), kTimeout, kUnavailable (refused, reset, end of stream, unreachable),
/// kResourceExhausted (out of descriptors), else kIo. `what` names the object: "reading from 127.0.0.1:9092".
Error NetworkError(const boost::system::error_code& code, std::string_view what);

/// kCancelled when the task is asked to stop first.
Task<Status> SleepFor(std::chrono::nanoseconds duration);

}  // namespace floe
