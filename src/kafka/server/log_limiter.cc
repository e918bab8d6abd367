// SPDX-License-Identifier: Apache-2.0
#include "kafka/server/log_limiter.h"

#include <utility>

namespace floe::kafka {

std::optional<std::int64_t> LogLimiter::Next(std::chrono::nanoseconds now) {
  std::lock_guard lock(mu_);
  if (!period_began_ || now - *period_began_ >= period_) {
    period_began_ = now;
    written_ = 0;
  }
  if (written_ >= lines_) {
    ++kept_back_;
    return std::nullopt;
  }
  ++written_;
  return std::exchange(kept_back_, 0);
}

}  // namespace floe::kafka
