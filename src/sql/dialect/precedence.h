// SPDX-License-Identifier: Apache-2.0
// How tightly operators bind, as Calcite (Flink's parser) has it; parser and unparser share the numbers.
#pragma once

namespace floe::sql::dialect {

inline constexpr int kOrPrecedence = 22;
inline constexpr int kAndPrecedence = 24;
inline constexpr int kNotPrecedence = 26;
inline constexpr int kIsPrecedence = 28;         ///< IS NULL and the like: a = b IS NULL is (a = b) IS NULL
inline constexpr int kComparePrecedence = 30;    ///< also IS DISTINCT FROM and OVERLAPS
inline constexpr int kPredicatePrecedence = 32;  ///< BETWEEN, IN, LIKE, SIMILAR TO
inline constexpr int kAddPrecedence = 40;
inline constexpr int kMultiplyPrecedence = 60;  ///< also ||
inline constexpr int kUnaryPrecedence = 80;
inline constexpr int kPostfixPrecedence = 100;  ///< a.b, a[1], calls and everything atomic

}  // namespace floe::sql::dialect
