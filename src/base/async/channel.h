// SPDX-License-Identifier: Apache-2.0
// A queue into one coroutine, bounded by weight (bytes) instead of by count.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "base/async/one_shot.h"

namespace floe {

/// Many producers on any thread, one consuming coroutine. The producer learns at once that the queue is full and
/// decides what to do (drop, refuse, disconnect): nothing buffers without bound.
template <typename T>
class Channel {
 public:
  explicit Channel(std::size_t capacity) : capacity_(capacity) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  /// False when it is closed or `weight` does not fit. An item heavier than the whole capacity fits an empty queue.
  bool TryPush(T item, std::size_t weight = 1) {
    std::optional<OneShot<bool>> wake;
    {
      std::lock_guard lock(mu_);
      if (closed_ || (weight_ > 0 && weight_ + weight > capacity_)) return false;
      weight_ += weight;
      items_.emplace_back(std::move(item), weight);
      wake = std::exchange(waiting_, std::nullopt);
    }
    if (wake) wake->Set(true);
    return true;
  }

  /// The next item; kCancelled when closed and empty or when the task is asked to stop; kTimeout.
  /// The channel must outlive the call.
  Task<Result<T>> PopFor(std::chrono::nanoseconds timeout) {
    for (;;) {
      OneShot<bool> wake;
      {
        std::lock_guard lock(mu_);
        if (!items_.empty()) {
          auto [item, weight] = std::move(items_.front());
          items_.pop_front();
          weight_ -= weight;
          co_return std::move(item);
        }
        if (closed_) co_return Fail(ErrorKind::kCancelled, "the channel is closed");
        waiting_ = wake;
      }
      auto woken = co_await wake.WaitFor(timeout);
      if (!woken) co_return Fail(std::move(woken).error());
    }
  }

  /// Refuses new items; what is queued can still be popped. Any thread.
  void Close() {
    std::optional<OneShot<bool>> wake;
    {
      std::lock_guard lock(mu_);
      closed_ = true;
      wake = std::exchange(waiting_, std::nullopt);
    }
    if (wake) wake->Set(true);
  }

 private:
  const std::size_t capacity_;
  // Guarded by mu_.
  std::mutex mu_;
  std::deque<std::pair<T, std::size_t>> items_;
  std::size_t weight_ = 0;
  bool closed_ = false;
  std::optional<OneShot<bool>> waiting_;
};

}  // namespace floe
