// SPDX-License-Identifier: Apache-2.0
// A plan with the names its columns have, and the small steps that build plans.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "sql/bind/scope.h"
#include "sql/plan/node.h"

namespace floe::sql::planner {

struct Relation {
  plan::NodePtr node;
  bind::Scope scope;  ///< as wide as the node's schema
};

/// A node with a schema; the changelog comes later.
template <typename Op>
plan::NodePtr MakeNode(Op op, data::Schema schema, TextPosition position = {}) {
  plan::Node node;
  node.op = std::move(op);
  node.schema = std::move(schema);
  node.position = position;
  return std::make_shared<const plan::Node>(std::move(node));
}

/// Expressions with names; a column passed on keeps its time attribute and window role.
Relation MakeProject(const Relation& input, std::vector<plan::ExpressionPtr> expressions,
                     const std::vector<std::string>& names);
Relation MakeFilter(const Relation& input, plan::ExpressionPtr condition);
/// One row without meaning, below a SELECT without FROM.
Relation MakeSingleRow();

/// A windowed relation cut open: what is below its WindowAssign.
struct Unwindowed {
  plan::NodePtr input;
  plan::WindowSpec window;
  /// For each column of the relation: the column of `input`, or one of these.
  std::vector<int> columns;
  static constexpr int kStart = -1;
  static constexpr int kEnd = -2;
  static constexpr int kTime = -3;
  static constexpr int kLost = -4;  ///< computed from window columns
};
/// Looks through projections and filters for a WindowAssign; false when there is none, or a filter needs its columns.
bool Unwindow(const plan::NodePtr& node, Unwindowed& result);

}  // namespace floe::sql::planner
