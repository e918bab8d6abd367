// SPDX-License-Identifier: Apache-2.0
// Aggregate functions: which kernels they need and how the answer is made from them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/plan/expression.h"

namespace floe::sql::bind {

bool IsAggregate(std::string_view name);
/// ROW_NUMBER, RANK, LAG and the like: only with OVER.
bool IsOverOnly(std::string_view name);
std::vector<std::string> AggregateNames();

/// An aggregate as written, its arguments bound.
struct AggregateSite {
  std::string name;  ///< upper case
  std::vector<plan::ExpressionPtr> args;
  plan::ExpressionPtr filter;  ///< null when none
  bool star = false;
  bool distinct = false;
  bool over = false;  ///< in OVER: FIRST_VALUE and LAST_VALUE go by the frame
  TextPosition position;
};

/// AVG(INT) needs SUM and COUNT: `calls` are what the plan computes, `finish` makes the answer from their columns.
struct BoundAggregate {
  std::vector<plan::AggregateCall> calls;
  std::function<plan::ExpressionPtr(const std::vector<plan::ExpressionPtr>& columns)> finish;
};

/// kInvalidInput with position and the accepted signatures.
Result<BoundAggregate> BindAggregate(const AggregateSite& site);

}  // namespace floe::sql::bind
