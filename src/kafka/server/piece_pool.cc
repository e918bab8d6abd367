// SPDX-License-Identifier: Apache-2.0
#include "kafka/server/piece_pool.h"

#include <algorithm>
#include <new>

#include <sys/mman.h>

namespace floe::kafka {

void PiecePool::Free::operator()(std::byte* memory) const {
  ::operator delete(memory, std::align_val_t(kBytes));
}

PiecePool::Piece PiecePool::Take() {
  {
    std::lock_guard lock(mu_);
    if (!free_.empty()) {
      Piece piece(*this, std::move(free_.back()));
      free_.pop_back();
      idle_ = std::min(idle_, free_.size());
      return piece;
    }
  }
  Memory memory(static_cast<std::byte*>(::operator new(kBytes, std::align_val_t(kBytes))));
  // Advice: one entry in the page table, and one page to pin for a read past the cache.
  static_cast<void>(::madvise(memory.get(), kBytes, MADV_HUGEPAGE));
  return {*this, std::move(memory)};
}

void PiecePool::Give(Memory memory) {
  std::lock_guard lock(mu_);
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

}  // namespace floe::kafka
