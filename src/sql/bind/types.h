// SPDX-License-Identifier: Apache-2.0
// Flink's type rules as pure functions: what an operator gives, what may be cast, and the least restrictive common
// type.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "data/type.h"

namespace floe::sql::bind {

using data::Type;

constexpr std::int32_t kMaxDecimalPrecision = 38;

/// Precision and scale with Flink's cap: over 38 digits the integral part is kept and the scale shrinks, but not below
/// min(scale, 6).
Type CappedDecimal(std::int32_t precision, std::int32_t scale);
/// The DECIMAL that holds every value of an integer type: 3, 5, 10 and 19 digits. Any other type is itself.
Type AsDecimal(const Type& type);

enum class Arithmetic : std::uint8_t { kAdd, kSubtract, kMultiply, kDivide, kModulo };
std::string_view ToString(Arithmetic op);

/// Result of `left op right` for two numbers; nullopt when an operand is none. Nullable when an operand is.
/// Integers: the wider of the two, also for division; `%` has the right operand's type; beside a FLOAT or DOUBLE the
/// result is approximate (DOUBLE with a DECIMAL); decimals by Flink's precision and scale rules.
std::optional<Type> ArithmeticType(Arithmetic op, const Type& left, const Type& right);

/// The type all of them can be seen as (CASE, COALESCE, UNION, VALUES, ARRAY); nullopt when there is none. NULL fits
/// all. Nullable when one is.
std::optional<Type> LeastRestrictive(std::span<const Type> types);
std::optional<Type> LeastRestrictive(const Type& a, const Type& b);
/// The type in which = and < are evaluated: the least restrictive one, or a string read as the other side's type.
std::optional<Type> ComparisonType(const Type& a, const Type& b);

/// What Flink does by itself (INSERT, function arguments): wider numbers, strings of any length, DATE to TIMESTAMP,
/// TIMESTAMP to TIMESTAMP_LTZ and back, anything between decimals.
bool CanCastImplicitly(const Type& from, const Type& to);
/// What CAST accepts.
bool CanCastExplicitly(const Type& from, const Type& to);

/// SUM: the argument's type; DECIMAL(p, s) becomes DECIMAL(38, s). Nullable.
Type SumType(const Type& argument);
/// AVG, STDDEV and VAR: integers stay integers; DECIMAL(p, s) becomes DECIMAL(38, max(s, 6)). Nullable.
Type AverageType(const Type& argument);

}  // namespace floe::sql::bind
