// SPDX-License-Identifier: Apache-2.0
// The trying.
#include "log/gather.h"

#include <algorithm>
#include <limits>

namespace floe::log {
namespace {

/// Of a round's own length: so nobody waits more than three times as long as without.
constexpr int kRounds = 2;
constexpr std::chrono::nanoseconds kLongest = std::chrono::milliseconds(1);
constexpr std::size_t kLongestPause = 256;
/// A goal that is always reached may be too low.
constexpr std::size_t kRaiseAfter = 16;

}  // namespace

Gather::Wait Gather::Next(std::size_t have) {
  if (resting_ > 0) {
    --resting_;
    return {};
  }
  const std::size_t appends = goal_ == 0 ? std::numeric_limits<std::size_t>::max() : goal_;
  if (have >= appends) return {};
  return {appends, std::min(kRounds * round_, kLongest)};
}

void Gather::Waited(const Wait& wait, std::size_t had, std::size_t got) {
  // The first one would have begun a round.
  if (got <= std::max<std::size_t>(had, 1)) {
    goal_ = reached_ = 0;
    resting_ = pause_;
    pause_ = std::min(2 * pause_, kLongestPause);
    return;
  }
  pause_ = 1;
  if (got < wait.appends) {
    goal_ = got;
    reached_ = 0;
  } else if (++reached_ >= kRaiseAfter) {
    goal_ = got + 1;
    reached_ = 0;
  }
}

void Gather::Took(std::chrono::nanoseconds round) {
  round_ = round_.count() == 0 ? round : (7 * round_ + round) / 8;
}

}  // namespace floe::log
