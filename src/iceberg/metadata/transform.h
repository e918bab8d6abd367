// SPDX-License-Identifier: Apache-2.0
// Partition transforms (spec, "Partition Transforms" and Appendix B).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "iceberg/metadata/literal.h"
#include "iceberg/metadata/type.h"

namespace floe::iceberg {

enum class TransformKind : std::uint8_t { kIdentity, kBucket, kTruncate, kYear, kMonth, kDay, kHour, kVoid, kUnknown };

struct Transform {
  TransformKind kind = TransformKind::kIdentity;
  std::int32_t parameter = 0;  ///< buckets or width
  std::string text;            ///< as read, when unknown

  /// "identity", "bucket[16]", "day": as in metadata JSON.
  std::string ToString() const;
  bool operator==(const Transform&) const = default;
};

/// Accepts the metadata spelling and SQL's names ("years", "days"). What is not known becomes kUnknown, which nobody
/// may write with. kInvalidInput: a width or bucket count below 1.
Result<Transform> ParseTransform(std::string_view text);

/// The type of the transform's result; kInvalidInput when it cannot be applied to the source type.
Result<Type> ResultType(const Transform& transform, const Type& source);

/// Null in, null out. The transform must fit the type and be known.
Literal Apply(const Transform& transform, const Literal& value, const Type& source);

/// Java's names in partition paths: day 2017-11-16, month 2017-11, year 2017, hour 2017-11-16-22.
std::string ToHumanString(const Transform& transform, const Literal& value, const Type& source);

/// MurmurHash3 x86 32 bit, seed 0.
std::uint32_t Murmur3(std::string_view bytes);
/// The hash that bucket uses; the value is not null.
std::uint32_t BucketHash(const Literal& value, const Type& source);

}  // namespace floe::iceberg
