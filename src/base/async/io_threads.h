// SPDX-License-Identifier: Apache-2.0
// The threads that wait on sockets and run coroutines.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "base/async/task.h"

namespace floe {

/// One event loop per thread, so work given to one executor never runs in parallel with itself: a connection or
/// partition that stays on the executor it got from Next() needs no strand and no lock.
///
/// Nothing on these threads may block: no file sync, no DuckDB, no big compression (use Offload).
/// Thread-safe. Stop every TaskScope before Stop(): what is still suspended then is destroyed, not resumed.
class IoThreads {
 public:
  explicit IoThreads(int threads);
  ~IoThreads();
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;

  /// Round robin. The executor is valid until this object is destroyed.
  Executor Next();
  /// Always the same loop; `index` is taken modulo the number of threads. For owners that must share one thread.
  Executor At(std::size_t index);
  std::size_t size() const;

  /// Ends the loops and joins the threads; idempotent. Not to be called from one of them.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace floe
