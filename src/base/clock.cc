// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <random>

#include <fmt/format.h>

namespace floe {
namespace {

class RealClock final : public Clock {
 public:
  TimestampUs WallNow() const override {
    auto now = std::chrono::system_clock::now().time_since_epoch();
    return TimestampUs(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
  }
  std::chrono::nanoseconds MonotonicNow() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

}  // namespace

Clock& SystemClock() {
  static RealClock clock;
  return clock;
}

TimestampUs ManualClock::WallNow() const {
  std::lock_guard lock(mu_);
  return TimestampUs(now_);
}

std::chrono::nanoseconds ManualClock::MonotonicNow() const {
  std::lock_guard lock(mu_);
  return std::chrono::microseconds(monotonic_);
}

void ManualClock::Advance(std::chrono::microseconds by) {
  std::lock_guard lock(mu_);
  now_ += by.count();
  monotonic_ += by.count();
}

void ManualClock::JumpWall(std::chrono::microseconds by) {
  std::lock_guard lock(mu_);
  now_ += by.count();
}

std::string Random::Uuid() {
  std::uint64_t high = (Next() & ~0xF000ULL) | 0x4000ULL;
  std::uint64_t low = (Next() & ~(3ULL << 62)) | (2ULL << 62);
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xFFFF, high & 0xFFFF, low >> 48,
                     low & 0xFFFFFFFFFFFFULL);
}

Random& SystemRandom() {
  static SeededRandom random((static_cast<std::uint64_t>(std::random_device{}()) << 32) ^ std::random_device{}());
  return random;
}

// splitmix64: one addition and three mixes a number, full period.
std::uint64_t SeededRandom::Next() {
  std::lock_guard lock(mu_);
  state_ += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

}  // namespace floe
