// SPDX-License-Identifier: Apache-2.0
// Flink's casts as trees of plan expressions whose kernels give Flink's answers.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "sql/plan/expression.h"

namespace floe::sql::bind {

enum class CastMode : std::uint8_t {
  kImplicit,  ///< lengths of strings are not enforced (table.exec.sink.type-length-enforcer = IGNORE)
  kExplicit,  ///< CAST: bad input is an error, VARCHAR(n) cuts, CHAR(n) pads
  kTry,       ///< TRY_CAST: bad input is NULL
};

/// `to` may be nullable or not; the result is nullable when the input is (or with kTry). The caller has checked
/// CanCastExplicitly. `zone` is the session's time zone: TIMESTAMP_LTZ is read and written in it.
plan::ExpressionPtr MakeCast(plan::ExpressionPtr expression, const data::Type& to, CastMode mode,
                             const std::string& zone);

/// A TIMESTAMP_LTZ as the wall clock of `zone` shows it, and back.
plan::ExpressionPtr ToLocal(plan::ExpressionPtr instant, const std::string& zone);
plan::ExpressionPtr FromLocal(plan::ExpressionPtr local, const std::string& zone);

/// Adds milliseconds to a TIMESTAMP or TIMESTAMP_LTZ.
plan::ExpressionPtr ShiftMs(plan::ExpressionPtr timestamp, plan::ExpressionPtr milliseconds);
plan::ExpressionPtr ShiftMs(plan::ExpressionPtr timestamp, std::int64_t milliseconds);

plan::ExpressionPtr TextLiteral(std::string text);
plan::ExpressionPtr IntLiteral(std::int64_t value);
plan::ExpressionPtr BigIntLiteral(std::int64_t value);
plan::ExpressionPtr NullLiteral(data::Type type);

}  // namespace floe::sql::bind
