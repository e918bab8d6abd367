// SPDX-License-Identifier: Apache-2.0
#include "base/async/compute_pool.h"

#include <algorithm>

namespace floe {

ComputePool::ComputePool(int threads) : pool_(static_cast<std::size_t>(std::max(threads, 1))) {}

ComputePool::~ComputePool() {
  Stop();
}

void ComputePool::Stop() {
  pool_.join();
}

}  // namespace floe
