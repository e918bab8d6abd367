// SPDX-License-Identifier: Apache-2.0
// Column pruning: needs flow down (a shared node gets the union), then nodes are rebuilt from the leaves with fewer
// columns.
#include <algorithm>
#include <map>

#include "sql/planner/relation.h"
#include "sql/planner/rewrite.h"
#include "sql/planner/rules.h"

namespace floe::sql::planner {
namespace {

using plan::ExpressionPtr;
using plan::Node;
using plan::NodePtr;
using Mask = std::vector<bool>;

void Need(const ExpressionPtr& e, Mask& mask) {
  if (e != nullptr) plan::CollectColumns(*e, mask);
}
void Need(const std::vector<plan::AggregateCall>& calls, Mask& mask) {
  for (const plan::AggregateCall& call : calls) {
    for (const ExpressionPtr& arg : call.args) Need(arg, mask);
    Need(call.filter, mask);
  }
}
void Need(int column, Mask& mask) {
  mask[static_cast<std::size_t>(column)] = true;
}

/// What a node needs of its inputs when `need` of its own columns is needed.
struct NeedsOf {
  const Mask& need;
  std::vector<Mask*> inputs;

  Mask& in() const { return *inputs[0]; }
  void Pass(std::size_t width) const {
    for (std::size_t i = 0; i < width && i < need.size(); ++i) {
      if (need[i]) in()[i] = true;
    }
  }
  void All() const {
    for (Mask* mask : inputs) mask->assign(mask->size(), true);
  }

  void operator()(const plan::Scan&) const {}
  void operator()(const plan::Values&) const {}
  void operator()(const plan::Project& op) const {
    for (std::size_t i = 0; i < need.size(); ++i) {
      if (need[i]) Need(op.expressions[i], in());
    }
  }
  void operator()(const plan::Filter& op) const {
    Pass(in().size());
    Need(op.condition, in());
  }
  void operator()(const plan::Watermark& op) const {
    Pass(in().size());
    Need(op.rowtime_column, in());
    Need(op.expression, in());
  }
  void operator()(const plan::WindowAssign& op) const {
    Pass(in().size());
    Need(op.window.time_column, in());
  }
  void operator()(const plan::WindowAggregate& op) const {
    for (int key : op.keys) Need(key, in());
    Need(op.aggregates, in());
    Need(op.window.time_column, in());
  }
  void operator()(const plan::Aggregate& op) const {
    for (int key : op.keys) Need(key, in());
    Need(op.aggregates, in());
  }
  void operator()(const plan::SortLimit& op) const {
    Pass(in().size());
    for (const plan::SortKey& key : op.keys) Need(key.expression, in());
  }
  template <typename Other>
  void operator()(const Other&) const {
    All();
  }
};

using Columns = std::vector<int>;

data::Schema Kept(const data::Schema& schema, const Columns& columns) {
  data::Schema kept;
  kept.fields.resize(static_cast<std::size_t>(std::ranges::count_if(columns, [](int c) { return c >= 0; })));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] >= 0) kept.fields[static_cast<std::size_t>(columns[i])] = schema.fields[i];
  }
  return kept;
}

/// Rebuilds one node over narrowed inputs; `below` maps the input's old columns to new ones. Returns where its own
/// columns went.
class Narrower {
 public:
  Narrower(const Node& node, const Mask& need, std::vector<NodePtr> inputs, std::vector<const Columns*> below)
      : node_(node), need_(need), inputs_(std::move(inputs)), below_(std::move(below)) {}

  NodePtr Build(Columns& columns) {
    columns_ = &columns;
    return std::visit([&](const auto& op) { return Narrow(op); }, node_.op);
  }

 private:
  const Columns& map() const { return *below_[0]; }
  ExpressionPtr Move(const ExpressionPtr& e) const { return e == nullptr ? e : plan::Remap(e, map()); }
  void Move(std::vector<plan::AggregateCall>& calls) const {
    for (plan::AggregateCall& call : calls) {
      for (ExpressionPtr& arg : call.args) arg = Move(arg);
      call.filter = Move(call.filter);
    }
  }
  int Move(int column) const { return map()[static_cast<std::size_t>(column)]; }
  template <typename Op>
  NodePtr Finish(Op op) const {
    Node copy = node_;
    copy.op = std::move(op);
    copy.schema = Kept(node_.schema, *columns_);
    return std::make_shared<const Node>(std::move(copy));
  }
  void KeepAll() {
    columns_->clear();
    for (std::size_t i = 0; i < node_.schema.size(); ++i) columns_->push_back(static_cast<int>(i));
  }
  /// Keeps the needed ones, at least one.
  void KeepNeeded() {
    int next = 0;
    for (bool needed : need_) columns_->push_back(needed ? next++ : -1);
    if (next == 0 && !columns_->empty()) columns_->front() = 0;
  }
  /// The input's columns as they are, then `extra` of the node's own.
  void KeepInput(std::size_t extra) {
    *columns_ = map();
    auto next = static_cast<int>(inputs_[0]->schema.size());
    for (std::size_t i = 0; i < extra; ++i) columns_->push_back(next++);
  }

  NodePtr Narrow(const plan::Scan& op) {
    KeepNeeded();
    plan::Scan scan = op;
    scan.columns.clear();
    scan.metadata.clear();
    for (std::size_t i = 0; i < columns_->size(); ++i) {
      if ((*columns_)[i] < 0) continue;
      bool physical = i < op.columns.size();
      if (physical) scan.columns.push_back(op.columns[i]);
      if (!physical) scan.metadata.push_back(op.metadata[i - op.columns.size()]);
    }
    for (ExpressionPtr& filter : scan.pushed_filters) filter = plan::Remap(filter, *columns_);
    return Finish(std::move(scan));
  }
  NodePtr Narrow(const plan::Values& op) {
    KeepAll();
    return Finish(op);
  }
  NodePtr Narrow(const plan::Project& op) {
    KeepNeeded();
    plan::Project project{inputs_[0], {}};
    for (std::size_t i = 0; i < op.expressions.size(); ++i) {
      if ((*columns_)[i] < 0) continue;
      // The one column kept because there must be one needs nothing from below.
      ExpressionPtr kept = need_[i] ? Move(op.expressions[i]) : plan::Literal({}, op.expressions[i]->type);
      project.expressions.push_back(std::move(kept));
    }
    return Finish(std::move(project));
  }
  NodePtr Narrow(const plan::Filter& op) {
    KeepInput(0);
    return Finish(plan::Filter{inputs_[0], Move(op.condition)});
  }
  NodePtr Narrow(const plan::Watermark& op) {
    KeepInput(0);
    return Finish(plan::Watermark{inputs_[0], Move(op.rowtime_column), Move(op.expression), op.idle_timeout_ms});
  }
  NodePtr Narrow(const plan::WindowAssign& op) {
    KeepInput(3);
    plan::WindowAssign assign{inputs_[0], op.window};
    assign.window.time_column = Move(op.window.time_column);
    return Finish(std::move(assign));
  }
  NodePtr Narrow(plan::WindowAggregate op) {
    KeepAll();
    op.input = inputs_[0];
    op.window.time_column = Move(op.window.time_column);
    for (int& key : op.keys) key = Move(key);
    Move(op.aggregates);
    return Finish(std::move(op));
  }
  NodePtr Narrow(plan::Aggregate op) {
    KeepAll();
    op.input = inputs_[0];
    for (int& key : op.keys) key = Move(key);
    Move(op.aggregates);
    return Finish(std::move(op));
  }
  NodePtr Narrow(plan::SortLimit op) {
    KeepInput(0);
    op.input = inputs_[0];
    for (plan::SortKey& key : op.keys) key.expression = Move(key.expression);
    return Finish(std::move(op));
  }
  /// Set operations, joins, OVER and sinks need all of their inputs in place.
  template <typename Other>
  NodePtr Narrow(const Other&) {
    KeepAll();
    return plan::WithInputs(node_, inputs_);
  }

  const Node& node_;
  const Mask& need_;
  std::vector<NodePtr> inputs_;
  std::vector<const Columns*> below_;
  Columns* columns_ = nullptr;
};

}  // namespace

std::vector<NodePtr> PruneColumns(const std::vector<NodePtr>& roots) {
  std::vector<NodePtr> order = InOrder(roots);
  std::map<const Node*, Mask> needs;
  for (const NodePtr& node : order) needs[node.get()].assign(node->schema.size(), false);
  for (const NodePtr& root : roots) needs[root.get()].assign(root->schema.size(), true);
  for (auto node = order.rbegin(); node != order.rend(); ++node) {
    std::vector<Mask*> inputs;
    for (const NodePtr& input : plan::Inputs(**node)) inputs.push_back(&needs[input.get()]);
    std::visit(NeedsOf{needs[node->get()], inputs}, (*node)->op);
  }
  // Where an input must be whole, so must what passes its columns on; projections and scans cut, the others follow
  // their input.
  std::map<const Node*, NodePtr> done;
  std::map<const Node*, Columns> moved;
  for (const NodePtr& node : order) {
    std::vector<NodePtr> inputs;
    std::vector<const Columns*> below;
    for (const NodePtr& input : plan::Inputs(*node)) {
      inputs.push_back(done[input.get()]);
      below.push_back(&moved[input.get()]);
    }
    done[node.get()] = Narrower(*node, needs[node.get()], std::move(inputs), std::move(below)).Build(moved[node.get()]);
  }
  std::vector<NodePtr> results;
  for (const NodePtr& root : roots) results.push_back(done[root.get()]);
  return results;
}

}  // namespace floe::sql::planner
