// SPDX-License-Identifier: Apache-2.0
// Bookkeeping of callbacks.
#include "log/waiters.h"

#include <limits>
#include <ranges>

namespace floe::log {

void DurableWaiters::Add(Offset offset, std::function<void(Status)> done) {
  std::lock_guard lock(mu_);
  waiters_.push_back({offset, std::move(done)});
}

void DurableWaiters::Complete(Offset high_watermark) {
  std::vector<Waiter> ready;
  {
    std::lock_guard lock(mu_);
    // Mostly all of them: one round serves whoever came before it.
    std::erase_if(waiters_, [&](Waiter& waiter) {
      if (waiter.offset > high_watermark) return false;
      ready.push_back(std::move(waiter));
      return true;
    });
  }
  for (Waiter& waiter : std::views::reverse(ready)) waiter.done({});
}

void DurableWaiters::FailAll(const Error& error) {
  std::vector<Waiter> failed;
  {
    std::lock_guard lock(mu_);
    failed.swap(waiters_);
  }
  for (Waiter& waiter : failed) waiter.done(Fail(error));
}

std::uint64_t ReadableWaiters::Add(Offset offset, std::function<void()> ready) {
  std::lock_guard lock(mu_);
  waiters_.emplace(next_token_, Waiter{offset, std::move(ready)});
  return next_token_++;
}

void ReadableWaiters::Forget(std::uint64_t token) {
  std::unique_lock lock(mu_);
  waiters_.erase(token);
  if (running_token_ == token && running_thread_ == std::this_thread::get_id()) return;
  done_running_.wait(lock, [&] { return running_token_ != token; });
}

void ReadableWaiters::Complete(Offset high_watermark) {
  std::unique_lock lock(mu_);
  // Tokens only grow: those added by a callback are looked at too, and found not ready or called once.
  for (auto it = waiters_.begin(); it != waiters_.end();) {
    if (it->second.offset >= high_watermark) {
      ++it;
      continue;
    }
    std::uint64_t token = it->first;
    std::function<void()> ready = std::move(it->second.ready);
    waiters_.erase(it);
    running_token_ = token;
    running_thread_ = std::this_thread::get_id();
    lock.unlock();
    ready();
    ready = nullptr;  // what it captured goes before Forget may return
    lock.lock();
    running_token_ = 0;
    done_running_.notify_all();
    it = waiters_.upper_bound(token);
  }
}

void ReadableWaiters::CompleteAll() {
  Complete(Offset(std::numeric_limits<std::int64_t>::max()));
}

}  // namespace floe::log
