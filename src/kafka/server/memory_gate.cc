// SPDX-License-Identifier: Apache-2.0
#include "kafka/server/memory_gate.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace floe::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstWait{5};
constexpr milliseconds kLongestWait{200};

}  // namespace

MemoryGate::Hold& MemoryGate::Hold::operator=(Hold&& other) noexcept {
  std::swap(reservation_, other.reservation_);
  std::swap(gate_, other.gate_);
  std::swap(floor_bytes_, other.floor_bytes_);
  return *this;
}

MemoryGate::Hold::~Hold() {
  if (gate_ != nullptr) gate_->floor_used_.fetch_sub(floor_bytes_, std::memory_order_relaxed);
}

void MemoryGate::Hold::ShrinkTo(std::uint64_t bytes) {
  if (bytes < reservation_.bytes()) static_cast<void>(reservation_.Resize(bytes));  // shrinking cannot fail
  if (bytes >= floor_bytes_) return;
  const std::uint64_t before = std::exchange(floor_bytes_, bytes);
  gate_->floor_used_.fetch_sub(before - bytes, std::memory_order_relaxed);
}

MemoryGate::MemoryGate(MemoryBudget* budget, const std::string& component, std::uint64_t floor, ComputePool& compute)
    : budget_(budget),
      component_(budget == nullptr ? -1 : budget->Register(component)),
      floor_(floor),
      compute_(compute) {}

std::optional<MemoryGate::Hold> MemoryGate::TryAcquire(std::uint64_t bytes) {
  Hold hold;
  if (budget_ == nullptr || bytes == 0) return hold;
  if (auto reserved = budget_->TryReserve(component_, bytes)) {
    hold.reservation_ = std::move(*reserved);
    return hold;
  }
  auto used = floor_used_.load(std::memory_order_relaxed);
  do {
    if (bytes > floor_ || used > floor_ - bytes) return std::nullopt;
  } while (!floor_used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  hold.gate_ = this;
  hold.floor_bytes_ = bytes;
  return hold;
}

Task<Result<MemoryGate::Hold>> MemoryGate::Acquire(std::uint64_t bytes) {
  if (auto hold = TryAcquire(bytes)) co_return std::move(*hold);
  if (bytes > budget_->limit()) {
    co_return Fail(ErrorKind::kTooLarge, fmt::format("a request of {} is larger than all memory this node may use ({})",
                                                     HumanBytes(bytes), HumanBytes(budget_->limit())));
  }
  co_return co_await WaitForRoom(bytes);
}

Task<Result<MemoryGate::Hold>> MemoryGate::WaitForRoom(std::uint64_t bytes) {
  struct Counted {
    std::atomic<std::size_t>& count;
    explicit Counted(std::atomic<std::size_t>& c) : count(c) { ++count; }
    ~Counted() { --count; }
  } counted(waiting_);
  for (auto wait = kFirstWait;; wait = std::min(2 * wait, kLongestWait)) {
    // Others are asked to spill, which may take disk writes.
    auto reserved = co_await Offload(compute_, [&] { return budget_->Reserve(component_, bytes); });
    if (reserved) {
      Hold hold;
      hold.reservation_ = std::move(*reserved);
      co_return hold;
    }
    FLOE_CO_TRY_VOID(co_await SleepFor(wait));
    if (auto hold = TryAcquire(bytes)) co_return std::move(*hold);
  }
}

}  // namespace floe::kafka
