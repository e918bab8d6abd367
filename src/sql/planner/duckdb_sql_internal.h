// SPDX-License-Identifier: Apache-2.0
// Shared by the two halves of the DuckDB printer.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/plan/expression.h"

namespace floe::sql::planner {

/// What expressions need to print the plans inside them.
class SubqueryPrinter {
 public:
  virtual ~SubqueryPrinter() = default;
  /// The text of a kSubquery whose args are printed already.
  virtual std::string Subquery(const plan::Expression& expression, std::vector<std::string> args) = 0;
  virtual std::string Parameter(int index) = 0;
};
std::string ToDuckDBSql(const plan::Expression& expression, const std::function<std::string(int)>& columns,
                        SubqueryPrinter& subqueries);

/// "name", quotes doubled.
std::string QuotedName(std::string_view name);

}  // namespace floe::sql::planner
