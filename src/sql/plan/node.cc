// SPDX-License-Identifier: Apache-2.0
#include "sql/plan/node.h"

namespace floe::sql::plan {
namespace {

struct InputsOf {
  std::vector<NodePtr> operator()(const Scan&) const { return {}; }
  std::vector<NodePtr> operator()(const Values&) const { return {}; }
  std::vector<NodePtr> operator()(const SetOp& op) const { return op.inputs; }
  std::vector<NodePtr> operator()(const Join& op) const { return {op.left, op.right}; }
  template <typename Op>
  std::vector<NodePtr> operator()(const Op& op) const {
    return {op.input};
  }
};

struct ExpressionsOf {
  std::vector<ExpressionPtr>& list;

  void Add(const ExpressionPtr& e) const {
    if (e != nullptr) list.push_back(e);
  }
  void Add(const std::vector<ExpressionPtr>& expressions) const {
    list.insert(list.end(), expressions.begin(), expressions.end());
  }
  void Add(const AggregateCall& call) const {
    Add(call.args);
    Add(call.filter);
  }
  void operator()(const Scan& op) const { Add(op.pushed_filters); }
  void operator()(const Values& op) const {
    for (const auto& row : op.rows) Add(row);
  }
  void operator()(const Project& op) const { Add(op.expressions); }
  void operator()(const Filter& op) const { Add(op.condition); }
  void operator()(const Watermark& op) const { Add(op.expression); }
  void operator()(const WindowAggregate& op) const {
    for (const AggregateCall& call : op.aggregates) Add(call);
  }
  void operator()(const Aggregate& op) const {
    for (const AggregateCall& call : op.aggregates) Add(call);
  }
  void operator()(const Join& op) const { Add(op.condition); }
  void operator()(const SortLimit& op) const {
    for (const SortKey& key : op.keys) Add(key.expression);
  }
  void operator()(const Over& op) const {
    for (const OverCall& over : op.calls) {
      Add(over.call);
      Add(over.partition_by);
      for (const SortKey& key : over.order_by) Add(key.expression);
    }
  }
  template <typename Other>
  void operator()(const Other&) const {}
};

struct SetInputs {
  std::vector<NodePtr> inputs;
  void operator()(Scan&) const {}
  void operator()(Values&) const {}
  void operator()(SetOp& op) const { op.inputs = inputs; }
  void operator()(Join& op) const {
    op.left = inputs[0];
    op.right = inputs[1];
  }
  template <typename Op>
  void operator()(Op& op) const {
    op.input = inputs[0];
  }
};

}  // namespace

std::string ChangelogTrait::ToString() const {
  std::string text = "[I";
  if (updates) text += ",UB,UA";
  if (deletes) text += ",D";
  return text + "]";
}

std::vector<NodePtr> Inputs(const Node& node) {
  return std::visit(InputsOf{}, node.op);
}

std::vector<ExpressionPtr> Expressions(const Node& node) {
  std::vector<ExpressionPtr> list;
  std::visit(ExpressionsOf{list}, node.op);
  return list;
}

NodePtr WithInputs(const Node& node, std::vector<NodePtr> inputs) {
  Node copy = node;
  std::visit(SetInputs{std::move(inputs)}, copy.op);
  return std::make_shared<const Node>(std::move(copy));
}

}  // namespace floe::sql::plan
