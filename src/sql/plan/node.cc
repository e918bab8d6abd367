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

NodePtr WithInputs(const Node& node, std::vector<NodePtr> inputs) {
  Node copy = node;
  std::visit(SetInputs{std::move(inputs)}, copy.op);
  return std::make_shared<const Node>(std::move(copy));
}

}  // namespace floe::sql::plan
