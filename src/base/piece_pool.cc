// SPDX-License-Identifier: Apache-2.0
#include "base/piece_pool.h"

#include <algorithm>
#include <new>

#include <sys/mman.h>

namespace floe {

void PiecePool::Free::operator()(std::byte* memory) const {
  ::munmap(memory, bytes);
}

// Mapped, not allocated: what is let go of goes back to the system, and the heap learns no new thresholds from it.
PiecePool::Memory PiecePool::Map() const {
  const std::size_t alignment = bytes_ < kHugePage ? kPage : kHugePage;
  const std::size_t slack = alignment - kPage;
  void* mapped = ::mmap(nullptr, bytes_ + slack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  auto* begin = static_cast<std::byte*>(mapped);
  const std::size_t before = (alignment - reinterpret_cast<std::uintptr_t>(begin) % alignment) % alignment;
  if (before > 0) ::munmap(begin, before);
  if (slack > before) ::munmap(begin + before + bytes_, slack - before);
  // Advice: one entry in the page table, and one page to pin for a read past the cache.
  if (bytes_ >= kHugePage) static_cast<void>(::madvise(begin + before, bytes_, MADV_HUGEPAGE));
  return Memory(begin + before, Free{bytes_});
}

PiecePool::Piece PiecePool::Take() {
  std::lock_guard lock(mu_);
  free_.reserve(free_.size() + out_ + 1);
  Memory memory;
  if (free_.empty()) {
    memory = Map();
  } else {
    memory = std::move(free_.back());
    free_.pop_back();
    idle_ = std::min(idle_, free_.size());
  }
  ++out_;
  return {*this, std::move(memory)};
}

void PiecePool::Give(Memory memory) noexcept {
  std::lock_guard lock(mu_);
  --out_;
  free_.push_back(std::move(memory));
}

void PiecePool::Trim() {
  std::lock_guard lock(mu_);
  free_.erase(free_.begin(), free_.begin() + static_cast<std::ptrdiff_t>(idle_));
  idle_ = free_.size();
}

std::size_t PiecePool::kept() const {
  std::lock_guard lock(mu_);
  return free_.size();
}

}  // namespace floe
