// SPDX-License-Identifier: Apache-2.0
// The one memory governor (design D11): components register, reserve before they allocate, and are asked to give back
// before anyone is refused.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace floe {

class MemoryBudget;

/// Bytes held from a budget; gives them back when it dies. Move-only, one owner at a time.
class MemoryReservation {
 public:
  MemoryReservation() = default;
  MemoryReservation(MemoryReservation&& other) noexcept;
  MemoryReservation& operator=(MemoryReservation&& other) noexcept;
  ~MemoryReservation();
  std::uint64_t bytes() const { return bytes_; }
  /// Grows or shrinks to `bytes`; kResourceExhausted leaves it as it was.
  Status Resize(std::uint64_t bytes);

 private:
  friend class MemoryBudget;
  MemoryReservation(MemoryBudget* budget, int component, std::uint64_t bytes)
      : budget_(budget), component_(component), bytes_(bytes) {}
  MemoryBudget* budget_ = nullptr;
  int component_ = -1;
  std::uint64_t bytes_ = 0;
};

/// Thread-safe. Lives longer than every reservation.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t limit_bytes) : limit_(limit_bytes) {}

  /// `spill` is asked, from the thread of whoever needs memory, to free about so many bytes; it returns how many it
  /// freed and must not reserve.
  int Register(std::string component, std::function<std::uint64_t(std::uint64_t)> spill = {});
  /// kResourceExhausted names who holds how much, after every component was asked to spill.
  Result<MemoryReservation> Reserve(int component, std::uint64_t bytes);

  /// The same without asking anybody to spill: never blocks.
  std::optional<MemoryReservation> TryReserve(int component, std::uint64_t bytes);

  std::uint64_t limit() const { return limit_; }
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  struct Usage {
    std::string component;
    std::uint64_t bytes;
  };
  std::vector<Usage> Usages() const;

 private:
  friend class MemoryReservation;
  struct Component {
    std::string name;
    std::function<std::uint64_t(std::uint64_t)> spill;
    std::atomic<std::uint64_t> used{0};
  };
  Status Take(int component, std::uint64_t bytes);
  bool TryTake(Component& component, std::uint64_t bytes);
  void Give(int component, std::uint64_t bytes);
  Component& At(int component) const;

  const std::uint64_t limit_;
  std::atomic<std::uint64_t> used_{0};
  mutable std::mutex mu_;
  mutable std::list<Component> components_;  // guarded by mu_; elements never move
};

/// `percent` of the cgroup's limit if there is one, else of the machine's memory.
std::uint64_t DefaultMemoryLimit(int percent = 60);

}  // namespace floe
