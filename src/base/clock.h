// SPDX-License-Identifier: Apache-2.0
// Time and randomness behind interfaces, so that a test can own both.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>

#include "base/ids.h"

namespace floe {

/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Wall time; may jump.
  virtual TimestampUs WallNow() const = 0;
  /// Never goes back; only differences mean something.
  virtual std::chrono::nanoseconds MonotonicNow() const = 0;

  TimestampMs WallNowMs() const { return TimestampMs(WallNow().value() / 1000); }
};

/// The machine's clock; lives for the whole process.
Clock& SystemClock();

/// A clock that only moves when told to. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimestampUs start) : now_(start.value()) {}
  TimestampUs WallNow() const override;
  std::chrono::nanoseconds MonotonicNow() const override;
  void Advance(std::chrono::microseconds by);
  /// Wall time only: what an NTP step looks like.
  void JumpWall(std::chrono::microseconds by);

 private:
  mutable std::mutex mu_;
  std::int64_t now_;
  std::int64_t monotonic_ = 0;
};

/// Thread-safe source of random numbers.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t Next() = 0;
  /// RFC 9562 version 4, lower case.
  std::string Uuid();
};

/// Seeded from the system; lives for the whole process.
Random& SystemRandom();

/// The same numbers for the same seed.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() override;

 private:
  std::mutex mu_;
  std::uint64_t state_;
};

}  // namespace floe
