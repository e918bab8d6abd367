// SPDX-License-Identifier: Apache-2.0
// Strong ids: a number with a meaning has its own type, so that two of them cannot be swapped.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace floe {

/// A distinct integer type. `Tag` is never defined.
template <typename Tag, typename Rep>
class StrongId {
 public:
  using rep = Rep;
  constexpr StrongId() = default;
  constexpr explicit StrongId(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  friend constexpr auto operator<=>(StrongId, StrongId) = default;

 private:
  Rep value_{};
};

/// A position in a partition: the number of records before it. -1 is "none" where a protocol says so.
using Offset = StrongId<struct OffsetTag, std::int64_t>;
using PartitionId = StrongId<struct PartitionIdTag, std::int32_t>;
using LeaderEpoch = StrongId<struct LeaderEpochTag, std::int32_t>;
using ProducerId = StrongId<struct ProducerIdTag, std::int64_t>;
using ProducerEpoch = StrongId<struct ProducerEpochTag, std::int16_t>;
using SnapshotId = StrongId<struct SnapshotIdTag, std::int64_t>;
using CheckpointId = StrongId<struct CheckpointIdTag, std::int64_t>;

/// Milliseconds since 1970-01-01T00:00:00Z, as Kafka and Iceberg count them.
using TimestampMs = StrongId<struct TimestampMsTag, std::int64_t>;
/// Microseconds since 1970-01-01T00:00:00Z, as DuckDB counts them; event time and watermarks use it.
using TimestampUs = StrongId<struct TimestampUsTag, std::int64_t>;

constexpr Offset operator+(Offset offset, std::int64_t n) {
  return Offset(offset.value() + n);
}
constexpr std::int64_t operator-(Offset a, Offset b) {
  return a.value() - b.value();
}

}  // namespace floe

template <typename Tag, typename Rep>
struct std::hash<floe::StrongId<Tag, Rep>> {
  std::size_t operator()(floe::StrongId<Tag, Rep> id) const noexcept { return std::hash<Rep>{}(id.value()); }
};
