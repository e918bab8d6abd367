// SPDX-License-Identifier: Apache-2.0
// What an idle task sleeps on: sources, timers and control requests all end the same wait.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace floe::stream {

/// Thread-safe; one waiter. A signal that comes before the wait is not lost.
class Wakeup {
 public:
  /// There may be rows: ends a wait when its pause is over, and costs no system call until then.
  void Signal() {
    bool heard;
    {
      const std::lock_guard lock(mu_);
      signalled_ = true;
      heard = !pausing_;
    }
    if (heard) condition_.notify_one();
  }
  /// Somebody asks for something: ends a wait at once.
  void Interrupt() {
    {
      const std::lock_guard lock(mu_);
      interrupted_ = true;
    }
    condition_.notify_one();
  }
  /// Until a signal or the timeout; nullopt: until a signal. For the length of `pause` only an interruption ends it.
  void Wait(std::optional<std::chrono::microseconds> timeout, std::chrono::microseconds pause = {}) {
    std::unique_lock lock(mu_);
    if (pause.count() > 0) {
      pausing_ = true;
      condition_.wait_for(lock, pause, [&] { return interrupted_; });
      pausing_ = false;
    }
    auto ready = [&] { return signalled_ || interrupted_; };
    if (timeout) {
      condition_.wait_for(lock, std::max(*timeout - pause, std::chrono::microseconds(0)), ready);
    } else {
      condition_.wait(lock, ready);
    }
    signalled_ = interrupted_ = false;
  }

 private:
  std::mutex mu_;
  std::condition_variable condition_;
  bool signalled_ = false;    // guarded by mu_
  bool interrupted_ = false;  // guarded by mu_
  bool pausing_ = false;      // guarded by mu_
};

}  // namespace floe::stream
