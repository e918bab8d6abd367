// SPDX-License-Identifier: Apache-2.0
#include "base/memory_budget.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "base/result.h"
#include "base/text.h"

namespace floe {

MemoryReservation::MemoryReservation(MemoryReservation&& other) noexcept
    : budget_(std::exchange(other.budget_, nullptr)),
      component_(other.component_),
      bytes_(std::exchange(other.bytes_, 0)) {}

MemoryReservation& MemoryReservation::operator=(MemoryReservation&& other) noexcept {
  std::swap(budget_, other.budget_);
  std::swap(component_, other.component_);
  std::swap(bytes_, other.bytes_);
  return *this;
}

MemoryReservation::~MemoryReservation() {
  if (budget_ != nullptr && bytes_ > 0) budget_->Give(component_, bytes_);
}

Status MemoryReservation::Resize(std::uint64_t bytes) {
  FLOE_CHECK(budget_ != nullptr);
  if (bytes > bytes_) FLOE_TRY_VOID(budget_->Take(component_, bytes - bytes_));
  if (bytes < bytes_) budget_->Give(component_, bytes_ - bytes);
  bytes_ = bytes;
  return {};
}

int MemoryBudget::Register(std::string component, std::function<std::uint64_t(std::uint64_t)> spill) {
  std::lock_guard lock(mu_);
  auto& added = components_.emplace_back();
  added.name = std::move(component);
  added.spill = std::move(spill);
  return static_cast<int>(components_.size()) - 1;
}

MemoryBudget::Component& MemoryBudget::At(int component) const {
  std::lock_guard lock(mu_);
  FLOE_CHECK(component >= 0 && static_cast<std::size_t>(component) < components_.size());
  return *std::next(components_.begin(), component);
}

bool MemoryBudget::TryTake(Component& component, std::uint64_t bytes) {
  std::uint64_t before = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit_ || before > limit_ - bytes) return false;
  } while (!used_.compare_exchange_weak(before, before + bytes, std::memory_order_relaxed));
  component.used.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

Status MemoryBudget::Take(int component, std::uint64_t bytes) {
  Component& owner = At(component);
  if (TryTake(owner, bytes)) return {};
  std::vector<Component*> spillers;
  {
    std::lock_guard lock(mu_);
    for (Component& other : components_) {
      if (other.spill) spillers.push_back(&other);
    }
  }
  // Who holds most gives first.
  std::sort(spillers.begin(), spillers.end(), [](Component* a, Component* b) { return a->used > b->used; });
  for (Component* spiller : spillers) {
    spiller->spill(bytes);
    if (TryTake(owner, bytes)) return {};
  }
  std::string holders;
  for (const Usage& usage : Usages()) {
    if (usage.bytes > 0)
      holders += fmt::format("{}{} {}", holders.empty() ? "" : ", ", usage.component, HumanBytes(usage.bytes));
  }
  return Fail(ErrorKind::kResourceExhausted,
              fmt::format("{} needs {}, and the memory limit of {} is used up ({}); raise memory.limit or ask for less",
                          owner.name, HumanBytes(bytes), HumanBytes(limit_), holders));
}

Result<MemoryReservation> MemoryBudget::Reserve(int component, std::uint64_t bytes) {
  FLOE_TRY_VOID(Take(component, bytes));
  return MemoryReservation(this, component, bytes);
}

std::optional<MemoryReservation> MemoryBudget::TryReserve(int component, std::uint64_t bytes) {
  if (!TryTake(At(component), bytes)) return std::nullopt;
  return MemoryReservation(this, component, bytes);
}

void MemoryBudget::Give(int component, std::uint64_t bytes) {
  At(component).used.fetch_sub(bytes, std::memory_order_relaxed);
  used_.fetch_sub(bytes, std::memory_order_relaxed);
}

std::vector<MemoryBudget::Usage> MemoryBudget::Usages() const {
  std::lock_guard lock(mu_);
  std::vector<Usage> usages;
  for (const Component& component : components_) usages.push_back({component.name, component.used.load()});
  return usages;
}

std::uint64_t DefaultMemoryLimit(int percent) {
  std::uint64_t total =
      static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::ifstream cgroup("/sys/fs/cgroup/memory.max");
  std::string text;
  if (cgroup >> text) {
    if (auto limit = ParseInteger(text); limit && *limit > 0)
      total = std::min(total, static_cast<std::uint64_t>(*limit));
  }
  return total / 100 * static_cast<std::uint64_t>(percent);
}

}  // namespace floe
