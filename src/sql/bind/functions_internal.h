// SPDX-License-Identifier: Apache-2.0
// The parts of the function table by subject, and the small words their builders share.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "sql/bind/casts.h"
#include "sql/bind/functions.h"

namespace floe::sql::bind {

std::span<const Function> TextFunctions();
std::span<const Function> MathFunctions();
std::span<const Function> TimeFunctions();
std::span<const Function> JsonFunctions();
std::span<const Function> CollectionFunctions();
std::span<const Function> ConditionalFunctions();

/// An error at the call.
std::unexpected<Error> FailAt(const CallSite& site, std::string message);
std::unexpected<Error> FailAt(TextPosition position, std::string message);
std::unexpected<Error> NotSupportedAt(TextPosition position, std::string message);

/// The value of a literal argument.
std::optional<std::string> TextOf(const plan::ExpressionPtr& expression);
std::optional<std::int64_t> IntegerOf(const plan::ExpressionPtr& expression);

/// A call whose result is NULL where an argument is.
plan::ExpressionPtr Strict(std::string kernel, std::vector<plan::ExpressionPtr> args, data::Type type,
                           TextPosition position);
/// CASE WHEN condition THEN then ELSE otherwise END, of then's type.
plan::ExpressionPtr If(plan::ExpressionPtr condition, plan::ExpressionPtr then, plan::ExpressionPtr otherwise);
plan::ExpressionPtr IsNull(plan::ExpressionPtr expression);

}  // namespace floe::sql::bind
