// SPDX-License-Identifier: Apache-2.0
// Runs one coroutine to its end from a thread that may block: main, a compute thread, a test.
#pragma once

#include <future>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "base/async/task.h"

namespace floe {

/// Never from the thread that runs `executor`.
template <typename T>
T BlockOn(Executor executor, Task<T> task) {
  return boost::asio::co_spawn(std::move(executor), std::move(task), boost::asio::use_future).get();
}

}  // namespace floe
