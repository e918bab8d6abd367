// SPDX-License-Identifier: Apache-2.0
// What an idle task sleeps on: sources, timers and control requests all end the same wait.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace floe::stream {

/// Thread-safe. A signal that comes before the wait is not lost.
class Wakeup {
 public:
  void Signal() {
    {
      const std::lock_guard lock(mu_);
      signalled_ = true;
    }
    condition_.notify_one();
  }
  /// Until a signal or the timeout; nullopt: until a signal.
  void Wait(std::optional<std::chrono::microseconds> timeout) {
    std::unique_lock lock(mu_);
    auto ready = [&] { return signalled_; };
    if (timeout) {
      condition_.wait_for(lock, *timeout, ready);
    } else {
      condition_.wait(lock, ready);
    }
    signalled_ = false;
  }

 private:
  std::mutex mu_;
  std::condition_variable condition_;
  bool signalled_ = false;  // guarded by mu_
};

}  // namespace floe::stream
