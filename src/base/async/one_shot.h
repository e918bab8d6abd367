// SPDX-License-Identifier: Apache-2.0
// Lets a coroutine wait for what another thread completes: a durable offset, a readable partition.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/async/task.h"

namespace floe {

/// A value set once. Copies share the state, so a callback can keep one for as long as it likes:
///
///   OneShot<Status> durable;
///   partition->WhenDurable(offset, [durable](Status s) { durable.Set(std::move(s)); });
///   auto done = co_await durable.WaitFor(30s);   // Result<Status>
///
/// Set: any thread, never blocks, the first call wins. Wait: one coroutine, once.
template <typename T>
class OneShot {
 public:
  OneShot() : state_(std::make_shared<State>()) {}

  /// False when it was set, timed out or cancelled before.
  bool Set(T value) const { return state_->Complete(std::move(value)); }

  /// What Wait would give at once; nullopt when it would wait.
  std::optional<Result<T>> Ready() const {
    std::lock_guard lock(state_->mu);
    return state_->value;
  }

  /// kCancelled when the task is asked to stop first.
  Task<Result<T>> Wait() const { return WaitOn(state_); }

  /// kTimeout after `timeout`, kCancelled when the task is asked to stop first. A later Set is ignored.
  Task<Result<T>> WaitFor(std::chrono::nanoseconds timeout) const { return WaitOnFor(state_, timeout); }

 private:
  struct State {
    std::mutex mu;
    std::optional<Result<T>> value;                   // guarded by mu; set once
    std::move_only_function<void(Result<T>)> waiter;  // guarded by mu; posts to the waiter's executor

    bool Complete(Result<T> result) {
      std::move_only_function<void(Result<T>)> call;
      {
        std::lock_guard lock(mu);
        if (value) return false;
        value.emplace(result);
        call = std::exchange(waiter, nullptr);
      }
      if (call) call(std::move(result));
      return true;
    }

    void Attach(std::move_only_function<void(Result<T>)> call) {
      {
        std::lock_guard lock(mu);
        if (!value) {
          waiter = std::move(call);
          return;
        }
      }
      call(*value);
    }
  };

  static Task<Result<T>> WaitOn(std::shared_ptr<State> state) {
    namespace asio = boost::asio;
    auto initiate = [state](auto handler) {
      auto home = asio::get_associated_executor(handler);
      auto slot = asio::get_associated_cancellation_slot(handler);
      if (slot.is_connected()) {
        slot.assign([weak = std::weak_ptr(state)](asio::cancellation_type) {
          if (auto alive = weak.lock()) alive->Complete(Fail(ErrorKind::kCancelled, "the wait was cancelled"));
        });
      }
      state->Attach([home, slot, handler = std::move(handler)](Result<T> result) mutable {
        asio::post(home, [slot, handler = std::move(handler), result = std::move(result)]() mutable {
          if (slot.is_connected()) slot.clear();
          std::move(handler)(std::move(result));
        });
      });
    };
    co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Result<T>)>(std::move(initiate),
                                                                                            asio::use_awaitable);
  }

  static Task<Result<T>> WaitOnFor(std::shared_ptr<State> state, std::chrono::nanoseconds timeout) {
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
    timer.expires_after(timeout);
    timer.async_wait([weak = std::weak_ptr(state)](const boost::system::error_code& error) {
      auto alive = weak.lock();
      if (!error && alive) alive->Complete(Fail(ErrorKind::kTimeout, "the time given ran out"));
    });
    co_return co_await WaitOn(std::move(state));
  }

  std::shared_ptr<State> state_;
};

}  // namespace floe
