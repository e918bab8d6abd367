// SPDX-License-Identifier: Apache-2.0
// One value of a primitive type: partition values, bounds, predicate literals (spec, Appendix D, "Single-value
// serialization").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "iceberg/metadata/type.h"

namespace floe::iceberg {

__extension__ using Int128 = __int128;

/// What lies in it depends on the type it goes with:
///   boolean: bool; int, long, date (days), time, timestamps (micros, or nanos for _ns): int64; float, double: double;
///   decimal: unscaled Int128; string, uuid (16 bytes), fixed, binary: string of bytes; null: monostate.
using Literal = std::variant<std::monostate, bool, std::int64_t, double, Int128, std::string>;

inline bool IsNull(const Literal& value) {
  return value.index() == 0;
}

/// Bytes of a bound; the value must fit the type and not be null.
std::string ToSingleValueBytes(const Literal& value, const Type& type);
/// Accepts what an older schema wrote under a promoted type (4 bytes under long or double). kCorruption on other
/// lengths.
Result<Literal> FromSingleValueBytes(std::string_view bytes, const Type& type);

/// Iceberg's order: numeric, unsigned bytes, -0.0 below +0.0, NaN above all. Both of the same type and not null.
int Compare(const Literal& a, const Literal& b);
bool SameValue(const Literal& a, const Literal& b);

/// A bound cut to `length` code points (string) or bytes (binary); other types unchanged. The upper bound is the least
/// such value above the original, or nothing when there is none.
Literal TruncateLower(const Literal& value, const Type& type, std::size_t length);
std::optional<Literal> TruncateUpper(const Literal& value, const Type& type, std::size_t length);

/// Java's toHumanString: dates ISO, binary base64, null "null". Used for partition paths and summaries.
std::string ToHumanString(const Literal& value, const Type& type);
/// For people and expected-results: numbers plain, text as it is, binary hex.
std::string ToDisplayString(const Literal& value, const Type& type);

/// "1.20" for 120 with scale 2.
std::string DecimalText(Int128 unscaled, std::int32_t scale);
/// "2017-11-16" and "2017-11-16T22:31:08.000001" from days and micros since 1970.
std::string DateText(std::int64_t days);
std::string TimestampText(std::int64_t micros);

}  // namespace floe::iceberg
