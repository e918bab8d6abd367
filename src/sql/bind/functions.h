// SPDX-License-Identifier: Apache-2.0
// The table of scalar functions: Flink's name, parameters, result type, and the DuckDB kernel that computes it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/bind/session.h"
#include "sql/dialect/query.h"
#include "sql/plan/expression.h"

namespace floe::sql::bind {

/// A call whose arguments are bound.
struct CallSite {
  std::string name;                       ///< upper case
  std::vector<plan::ExpressionPtr> args;  ///< null where `symbols` has a word
  std::vector<std::string> symbols;       ///< as long as args; a keyword such as DAY, else empty
  TextPosition position;
  const Session& session;
  const dialect::JsonClauses* json = nullptr;
};

/// How the result type follows from the arguments (after their casts).
enum class Returns : std::uint8_t {
  kString,
  kBoolean,
  kInt,
  kBigInt,
  kDouble,
  kDate,
  kFirst,    ///< the first argument's type
  kElement,  ///< of the ARRAY that is the first argument
};

using Builder = Result<plan::ExpressionPtr> (*)(const CallSite& site);

/// One overload. `params` has a letter for each parameter, '?' behind an optional one, '*' behind the last when it may
/// stand any number of times:
///   s STRING   S anything, cast to STRING   i INT   l BIGINT   d DOUBLE   n a number   b BOOLEAN   B BYTES
///   t TIMESTAMP (DATE, TIMESTAMP_LTZ in the session's zone and text are read as one)   T TIMESTAMP or TIMESTAMP_LTZ as
///   it is D DATE   a ARRAY   m MAP   x anything   y a keyword
/// Arguments are cast accordingly before the kernel or the builder sees them. Without a builder the kernel is called
/// with all arguments; its result is NULL where one of them is.
struct Function {
  std::string_view name;
  std::string_view params;
  Returns returns = Returns::kString;
  std::string_view kernel;
  Builder build = nullptr;
};

/// All overloads of a name in any case; empty when there is none.
std::span<const Function* const> FindFunctions(std::string_view name);
/// All names, sorted, once each (SHOW FUNCTIONS, did-you-mean).
std::vector<std::string> FunctionNames();
/// "SUBSTRING(STRING, INT[, INT])".
std::string SignatureOf(const Function& function);

/// Picks the first overload that fits, casts the arguments and builds the tree. kInvalidInput with the position:
/// unknown name (with near ones) or arguments (with the accepted signatures).
Result<plan::ExpressionPtr> BindFunction(CallSite site);

}  // namespace floe::sql::bind
