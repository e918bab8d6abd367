// SPDX-License-Identifier: Apache-2.0
// Waiting for bytes.
#include "kafka/server/byte_budget.h"

#include <algorithm>

namespace floe::kafka {

ByteBudget::Lease& ByteBudget::Lease::operator=(Lease&& other) noexcept {
  if (this != &other) {
    Release();
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
    memory_ = std::move(other.memory_);
  }
  return *this;
}

void ByteBudget::Lease::Release() {
  memory_ = {};
  if (budget_ != nullptr) std::exchange(budget_, nullptr)->Give(std::exchange(bytes_, 0));
}

void ByteBudget::Lease::ShrinkTo(std::uint64_t bytes) {
  if (budget_ == nullptr || bytes >= bytes_) return;
  memory_.ShrinkTo(bytes);
  const std::uint64_t before = std::exchange(bytes_, bytes);
  budget_->Give(before - bytes);
}

void ByteBudget::Give(std::uint64_t bytes) {
  std::vector<std::shared_ptr<Waiter>> woken;
  {
    std::lock_guard lock(mu_);
    free_ += bytes;
    while (!waiters_.empty() && waiters_.front()->bytes <= free_) {
      free_ -= waiters_.front()->bytes;
      waiters_.front()->granted = true;
      woken.push_back(std::move(waiters_.front()));
      waiters_.pop_front();
    }
  }
  for (const auto& waiter : woken) waiter->wake.Set(true);
}

/// A place in the queue; a coroutine that is unwound while it waits leaves it, or returns what it was granted
/// meanwhile.
struct ByteBudget::Place {
  ByteBudget* budget;
  std::shared_ptr<Waiter> waiter;

  ~Place() {
    if (waiter == nullptr) return;
    bool granted = false;
    {
      std::lock_guard lock(budget->mu_);
      granted = waiter->granted;
      if (!granted) budget->waiters_.remove(waiter);
    }
    // Leaving the queue's head may let the next one in; granted bytes go back.
    budget->Give(granted ? waiter->bytes : 0);
  }
};

Task<Result<ByteBudget::Lease>> ByteBudget::Acquire(std::uint64_t bytes) {
  bytes = std::min(bytes, limit_);
  Place place{this, nullptr};
  {
    std::lock_guard lock(mu_);
    if (waiters_.empty() && bytes <= free_) {
      free_ -= bytes;
    } else {
      place.waiter = std::make_shared<Waiter>();
      place.waiter->bytes = bytes;
      waiters_.push_back(place.waiter);
    }
  }
  if (place.waiter == nullptr) co_return co_await WithMemory(Lease(this, bytes));
  auto woken = co_await place.waiter->wake.Wait();
  if (!woken) co_return Fail(std::move(woken).error());
  place.waiter.reset();
  co_return co_await WithMemory(Lease(this, bytes));
}

Task<Result<ByteBudget::Lease>> ByteBudget::WithMemory(Lease lease) {
  if (memory_ != nullptr) {
    FLOE_CO_TRY(lease.memory_, co_await memory_->Acquire(lease.bytes_));
  }
  co_return lease;
}

std::uint64_t ByteBudget::used() const {
  std::lock_guard lock(mu_);
  return limit_ - free_;
}

}  // namespace floe::kafka
