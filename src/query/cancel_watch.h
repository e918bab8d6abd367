// SPDX-License-Identifier: Apache-2.0
// Turns a consumer's "no longer wanted" into an interrupt of what is running.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "query/consumer.h"

namespace floe::query {

/// Asks the consumer every 50 ms while it lives; on yes it calls `interrupt` (from its own thread, repeatedly until it
/// dies, since an interrupt between two steps of a query may be lost).
class CancelWatch {
 public:
  CancelWatch(const ResultConsumer& consumer, std::function<void()> interrupt)
      : thread_([this, &consumer, interrupt = std::move(interrupt)] {
          std::unique_lock lock(mu_);
          while (!done_.wait_for(lock, std::chrono::milliseconds(50), [this] { return ended_; })) {
            if (consumer.Cancelled()) interrupt();
          }
        }) {}
  ~CancelWatch() {
    {
      std::lock_guard lock(mu_);
      ended_ = true;
    }
    done_.notify_all();
    thread_.join();
  }

 private:
  std::mutex mu_;
  std::condition_variable done_;
  bool ended_ = false;  // guarded by mu_
  std::thread thread_;
};

}  // namespace floe::query
