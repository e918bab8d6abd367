// SPDX-License-Identifier: Apache-2.0
// A bound on the bytes in flight: whoever wants more waits its turn.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/async/one_shot.h"

namespace floe::kafka {

/// Thread-safe. First come, first served. A request for more than the whole budget gets all of it.
class ByteBudget {
 public:
  /// Gives its bytes back when it dies. Move-only.
  class Lease {
   public:
    Lease() = default;
    Lease(ByteBudget* budget, std::uint64_t bytes) : budget_(budget), bytes_(bytes) {}
    Lease(Lease&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { Release(); }
    void Release();

   private:
    ByteBudget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
  };

  explicit ByteBudget(std::uint64_t limit) : limit_(limit), free_(limit) {}

  /// kCancelled when the task is asked to stop first.
  Task<Result<Lease>> Acquire(std::uint64_t bytes);
  std::uint64_t used() const;

 private:
  struct Waiter {
    std::uint64_t bytes = 0;
    OneShot<bool> wake;
    bool granted = false;
  };
  struct Place;
  void Give(std::uint64_t bytes);

  const std::uint64_t limit_;
  mutable std::mutex mu_;
  std::uint64_t free_;                          // guarded by mu_
  std::list<std::shared_ptr<Waiter>> waiters_;  // guarded by mu_
};

}  // namespace floe::kafka
