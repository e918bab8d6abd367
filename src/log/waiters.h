// SPDX-License-Identifier: Apache-2.0
// Callbacks that wait for the high watermark.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace floe::log {

/// Those who wait until something is durable. Each is called exactly once. Thread-safe; callbacks run without the lock.
class DurableWaiters {
 public:
  void Add(Offset offset, std::function<void(Status)> done);
  /// Calls those whose offset is <= `high_watermark`, the last first: who sends several answers in order then finds all
  /// of them ready when the first one wakes it.
  void Complete(Offset high_watermark);
  void FailAll(const Error& error);

 private:
  struct Waiter {
    Offset offset;
    std::function<void(Status)> done;
  };
  std::mutex mu_;
  std::vector<Waiter> waiters_;  // guarded by mu_
};

/// Those who wait for something to read. Thread-safe; callbacks run without the lock, all from one thread at a time.
class ReadableWaiters {
 public:
  std::uint64_t Add(Offset offset, std::function<void()> ready);
  /// After it returns the callback is not running and will not run. From inside that very callback it returns at once.
  void Forget(std::uint64_t token);
  /// Calls those whose offset is < `high_watermark`.
  void Complete(Offset high_watermark);
  void CompleteAll();

 private:
  struct Waiter {
    Offset offset;
    std::function<void()> ready;
  };
  std::mutex mu_;
  std::condition_variable done_running_;
  std::uint64_t next_token_ = 1;             // guarded by mu_
  std::map<std::uint64_t, Waiter> waiters_;  // guarded by mu_
  std::uint64_t running_token_ = 0;          // guarded by mu_
  std::thread::id running_thread_;           // guarded by mu_
};

}  // namespace floe::log
