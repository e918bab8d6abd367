// SPDX-License-Identifier: Apache-2.0
// Threads that may block and burn CPU, and the one bridge to them from a coroutine.
#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include "base/async/task.h"

namespace floe {

/// A fixed number of threads for work that blocks (disk, DuckDB) or computes. Thread-safe.
class ComputePool {
 public:
  explicit ComputePool(int threads);
  ~ComputePool();
  ComputePool(const ComputePool&) = delete;
  ComputePool& operator=(const ComputePool&) = delete;

  boost::asio::thread_pool::executor_type executor() { return pool_.get_executor(); }
  /// Runs `fn` on the pool; nobody waits for it. It must not throw.
  template <typename Fn>
  void Post(Fn fn) {
    boost::asio::post(pool_, std::move(fn));
  }
  /// Finishes what was posted and joins; idempotent. Not from one of its own threads.
  void Stop();

 private:
  boost::asio::thread_pool pool_;
};

/// Runs `fn()` on `pool` and resumes the coroutine on its own executor with the result.
/// Once begun `fn` runs to its end even when the task is cancelled, so what it refers to in the coroutine stays alive.
/// An exception of `fn` continues in the coroutine.
template <typename Fn>
Task<std::invoke_result_t<Fn&>> Offload(ComputePool& pool, Fn fn) {
  using R = std::invoke_result_t<Fn&>;
  using Stored = std::conditional_t<std::is_void_v<R>, std::monostate, R>;
  struct Outcome {
    std::optional<Stored> value;
    std::exception_ptr thrown;
  };
  auto initiate = [&pool, &fn](auto handler) {
    pool.Post([&fn, handler = std::move(handler)]() mutable {
      Outcome outcome;
      try {
        if constexpr (std::is_void_v<R>) {
          fn();
          outcome.value.emplace();
        } else {
          outcome.value.emplace(fn());
        }
      } catch (...) {
        outcome.thrown = std::current_exception();
      }
      auto home = boost::asio::get_associated_executor(handler);
      boost::asio::post(home, [handler = std::move(handler), outcome = std::move(outcome)]() mutable {
        std::move(handler)(std::move(outcome));
      });
    });
  };
  Outcome outcome = co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(Outcome)>(
      std::move(initiate), boost::asio::use_awaitable);
  if (outcome.thrown) std::rethrow_exception(outcome.thrown);
  if constexpr (!std::is_void_v<R>) co_return std::move(*outcome.value);
}

}  // namespace floe
