// SPDX-License-Identifier: Apache-2.0
// When a sync that waits a moment pays. Pure.
#pragma once

#include <chrono>
#include <cstddef>

namespace floe::log {

/// A sync costs about the same for one append as for ten. Whether more will come while it waits, only trying tells: a
/// producer with one request in flight sends nothing before its answer, and must not feel the wait. So a round waits
/// now and then, and the next ones go on for as long as several came. Not thread-safe.
class Gather {
 public:
  struct Wait {
    std::size_t appends = 0;           ///< until there are so many; 0: no wait
    std::chrono::nanoseconds limit{};  ///< and not longer
  };
  /// Asked when a round has ended and `have` appends are there for the next one.
  Wait Next(std::size_t have);
  /// What that wait brought: `got` appends in all, `had` of them there before.
  void Waited(const Wait& wait, std::size_t had, std::size_t got);
  /// How long a round took, without the wait.
  void Took(std::chrono::nanoseconds round);

 private:
  std::chrono::nanoseconds round_{};  // running mean
  std::size_t goal_ = 0;              // 0: the next wait finds out
  std::size_t reached_ = 0;           // how often in a row
  std::size_t pause_ = 1;             // rounds without a wait after one that brought nothing
  std::size_t resting_ = 0;           // of them still to come
};

}  // namespace floe::log
