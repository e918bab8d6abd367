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
#include "kafka/server/memory_gate.h"

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
        : budget_(std::exchange(other.budget_, nullptr)),
          bytes_(std::exchange(other.bytes_, 0)),
          memory_(std::move(other.memory_)) {}
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { Release(); }
    void Release();
    /// Gives back what is above `bytes`.
    void ShrinkTo(std::uint64_t bytes);

   private:
    friend class ByteBudget;
    ByteBudget* budget_ = nullptr;
    std::uint64_t bytes_ = 0;
    MemoryGate::Hold memory_;
  };

  /// With a gate, what is granted is also taken from the node's memory.
  explicit ByteBudget(std::uint64_t limit, MemoryGate* memory = nullptr)
      : limit_(limit), memory_(memory), free_(limit) {}

  /// kCancelled when the task is asked to stop first, kTooLarge when the node's memory as a whole is smaller.
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
  Task<Result<Lease>> WithMemory(Lease lease);

  const std::uint64_t limit_;
  MemoryGate* const memory_;
  mutable std::mutex mu_;
  std::uint64_t free_;                          // guarded by mu_
  std::list<std::shared_ptr<Waiter>> waiters_;  // guarded by mu_
};

}  // namespace floe::kafka
