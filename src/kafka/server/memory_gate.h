// SPDX-License-Identifier: Apache-2.0
// The door between this service and the node's memory: who is refused waits until there is room.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/async/compute_pool.h"
#include "base/async/task.h"
#include "base/memory_budget.h"

namespace floe::kafka {

/// Thread-safe. A small floor is open even when the budget is used up, so that heartbeats and fetches of a few
/// kilobytes go on while big requests wait.
class MemoryGate {
 public:
  /// Bytes that may be allocated; gives them back when it dies. Move-only. The gate outlives it.
  class Hold {
   public:
    Hold() = default;
    Hold(Hold&& other) noexcept
        : reservation_(std::move(other.reservation_)),
          gate_(std::exchange(other.gate_, nullptr)),
          floor_bytes_(std::exchange(other.floor_bytes_, 0)) {}
    Hold& operator=(Hold&& other) noexcept;
    ~Hold();
    /// Gives back what is above `bytes`.
    void ShrinkTo(std::uint64_t bytes);

   private:
    friend class MemoryGate;
    MemoryReservation reservation_;
    MemoryGate* gate_ = nullptr;
    std::uint64_t floor_bytes_ = 0;
  };

  /// Without a budget everything is granted. Budget and pool outlive it.
  MemoryGate(MemoryBudget* budget, const std::string& component, std::uint64_t floor, ComputePool& compute);

  /// Waits as long as it takes. kTooLarge when the budget as a whole is smaller, kCancelled when the task is asked to
  /// stop first.
  Task<Result<Hold>> Acquire(std::uint64_t bytes);
  /// Never blocks, and asks nobody to spill; nullopt when there is no room now.
  std::optional<Hold> TryAcquire(std::uint64_t bytes);
  /// Little is left: what is not needed at once should be given back.
  bool tight() const { return budget_ != nullptr && budget_->used() > budget_->limit() / 4 * 3; }
  /// How many wait now.
  std::size_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

 private:
  Task<Result<Hold>> WaitForRoom(std::uint64_t bytes);

  MemoryBudget* const budget_;
  const int component_;
  const std::uint64_t floor_;
  ComputePool& compute_;
  std::atomic<std::uint64_t> floor_used_{0};
  std::atomic<std::size_t> waiting_{0};
};

}  // namespace floe::kafka
