// SPDX-License-Identifier: Apache-2.0
// How far a stream has come: watermarks and row counters.
#pragma once

#include <cstdint>
#include <limits>

#include "base/ids.h"

namespace floe::stream {

/// No watermark yet, and the watermark after the last row of bounded input.
constexpr TimestampUs kNoWatermark{std::numeric_limits<std::int64_t>::min()};
constexpr TimestampUs kFinalWatermark{std::numeric_limits<std::int64_t>::max()};

/// Rows by fate. For an operator: in + generated = out + filtered + late + dead_lettered + skipped + absorbed.
/// `absorbed` went into aggregate state, `generated` came out of it (or is the surplus of a row that fell into several
/// windows); both are 0 for row-wise operators, so that in = out + filtered + late + dead-lettered (+ skipped, where
/// the user asked for it) holds along a pipeline.
struct Counters {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t filtered = 0;
  std::int64_t late = 0;
  std::int64_t dead_lettered = 0;
  std::int64_t skipped = 0;
  std::int64_t absorbed = 0;
  std::int64_t generated = 0;
  Counters& operator+=(const Counters& other);
  friend bool operator==(const Counters&, const Counters&) = default;
};

}  // namespace floe::stream
