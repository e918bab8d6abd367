// SPDX-License-Identifier: Apache-2.0
// Keeps clients that are wrong again and again from filling the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

namespace floe::kafka {

/// Thread-safe. Lets a number of lines out per period, for all connections together.
class LogLimiter {
 public:
  explicit LogLimiter(int lines = 10, std::chrono::seconds period = std::chrono::seconds(10))
      : lines_(lines), period_(period) {}

  /// Nothing: keep quiet. Else write the line, and say how many were kept back since the last one.
  std::optional<std::int64_t> Next(std::chrono::nanoseconds now);

 private:
  const int lines_;
  const std::chrono::nanoseconds period_;
  std::mutex mu_;
  // Guarded by mu_.
  std::optional<std::chrono::nanoseconds> period_began_;
  int written_ = 0;
  std::int64_t kept_back_ = 0;
};

}  // namespace floe::kafka
