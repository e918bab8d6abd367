// SPDX-License-Identifier: Apache-2.0
// What of a session's settings the meaning of an expression depends on.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sql/plan/expression.h"

namespace floe::sql::dialect {
struct Expansion;
struct Expression;
struct Query;
}  // namespace floe::sql::dialect

namespace floe::sql::bind {

/// The query around a sub-query: what is no column inside is looked up there, and becomes a parameter.
struct OuterQuery {
  std::function<Result<plan::ExpressionPtr>(const dialect::Expression& reference)> bind;
  std::vector<plan::ExpressionPtr> parameters;  ///< over the outer query's columns
};
/// A sub-query's plan, optimized; parameters it needs are added to `outer`.
using PlanSubquery =
    std::function<Result<std::shared_ptr<const plan::Node>>(const dialect::Query& query, OuterQuery& outer)>;

struct Session {
  std::string zone = "UTC";    ///< table.local-time-zone
  bool streaming = true;       ///< execution.runtime-mode
  std::int64_t now_us = 0;     ///< when the statement was planned: CURRENT_TIMESTAMP of a batch query
  PlanSubquery plan_subquery;  ///< empty where there can be none
  OuterQuery* outer = nullptr;
  dialect::Expansion* expansion = nullptr;  ///< filled with what the query's names mean; null: nobody asks
};

}  // namespace floe::sql::bind
