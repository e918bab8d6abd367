// SPDX-License-Identifier: Apache-2.0
#include "sql/planner/rules.h"

#include <algorithm>
#include <map>

#include "sql/planner/relation.h"
#include "sql/planner/rewrite.h"

namespace floe::sql::planner {
namespace {

using plan::ExpressionKind;
using plan::ExpressionPtr;
using plan::Node;
using plan::NodePtr;

NodePtr With(const Node& node, decltype(Node::op) op, data::Schema schema) {
  Node copy = node;
  copy.op = std::move(op);
  copy.schema = std::move(schema);
  return std::make_shared<const Node>(std::move(copy));
}

/// How much work a substituted expression would repeat: only columns and literals are free.
bool IsCheap(const ExpressionPtr& e) {
  return e->kind == ExpressionKind::kColumn || e->kind == ExpressionKind::kLiteral;
}

NodePtr MergeProjection(const NodePtr& node, const std::map<const Node*, int>& readers) {
  const auto* upper = std::get_if<plan::Project>(&node->op);
  if (upper == nullptr) return node;
  bool identity = upper->expressions.size() == upper->input->schema.size();
  for (std::size_t i = 0; identity && i < upper->expressions.size(); ++i) {
    const ExpressionPtr& e = upper->expressions[i];
    identity = e->kind == ExpressionKind::kColumn && e->column == static_cast<int>(i) &&
               node->schema.fields[i].name == upper->input->schema.fields[i].name;
  }
  if (identity) return upper->input;
  const auto* lower = std::get_if<plan::Project>(&upper->input->op);
  auto shared = readers.find(upper->input.get());
  if (lower == nullptr || (shared != readers.end() && shared->second > 1)) return node;
  // A costly expression used twice above would be computed twice.
  std::vector<int> uses(lower->expressions.size());
  for (const ExpressionPtr& e : upper->expressions) {
    std::vector<bool> used(uses.size());
    plan::CollectColumns(*e, used);
    for (std::size_t i = 0; i < uses.size(); ++i) uses[i] += used[i] ? 1 : 0;
  }
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (uses[i] > 1 && !IsCheap(lower->expressions[i])) return node;
    if (uses[i] > 0 && !plan::IsDeterministic(*lower->expressions[i]) && uses[i] > 1) return node;
  }
  std::vector<ExpressionPtr> merged;
  for (const ExpressionPtr& e : upper->expressions) merged.push_back(plan::Substitute(e, lower->expressions));
  return With(*node, plan::Project{lower->input, std::move(merged)}, node->schema);
}

/// A filter over a projection or a filter, one step down; null when it stays.
NodePtr SinkFilter(const Node& node, const std::map<const Node*, int>& readers) {
  const auto* filter = std::get_if<plan::Filter>(&node.op);
  if (filter == nullptr) return nullptr;
  auto shared = readers.find(filter->input.get());
  if (shared != readers.end() && shared->second > 1) return nullptr;
  if (const auto* lower = std::get_if<plan::Filter>(&filter->input->op)) {
    std::vector<ExpressionPtr> all = plan::Conjuncts(lower->condition);
    for (ExpressionPtr& part : plan::Conjuncts(filter->condition)) all.push_back(std::move(part));
    return With(node, plan::Filter{lower->input, plan::And(std::move(all))}, node.schema);
  }
  const auto* project = std::get_if<plan::Project>(&filter->input->op);
  if (project == nullptr) return nullptr;
  std::vector<bool> used(project->expressions.size());
  plan::CollectColumns(*filter->condition, used);
  for (std::size_t i = 0; i < used.size(); ++i) {
    // Computing an expression twice costs more than carrying some rows up.
    if (used[i] && !IsCheap(project->expressions[i])) return nullptr;
  }
  ExpressionPtr condition = plan::Substitute(filter->condition, project->expressions);
  NodePtr below = MakeNode(plan::Filter{project->input, condition}, project->input->schema, node.position);
  if (NodePtr deeper = SinkFilter(*below, readers)) below = deeper;
  return With(*filter->input, plan::Project{below, project->expressions}, node.schema);
}

/// Offers the conjuncts to the scan below, through watermarks and plain projections.
NodePtr OfferFilters(const NodePtr& node, std::vector<ExpressionPtr> conditions,
                     const std::map<const Node*, int>& readers) {
  auto shared = readers.find(node.get());
  if (conditions.empty() || (shared != readers.end() && shared->second > 1)) return node;
  if (const auto* scan = std::get_if<plan::Scan>(&node->op)) {
    plan::Scan copy = *scan;
    for (ExpressionPtr& condition : conditions) {
      if (plan::IsDeterministic(*condition) && plan::IsSelfContained(*condition))
        copy.pushed_filters.push_back(std::move(condition));
    }
    return With(*node, std::move(copy), node->schema);
  }
  if (const auto* watermark = std::get_if<plan::Watermark>(&node->op)) {
    return plan::WithInputs(*node, {OfferFilters(watermark->input, std::move(conditions), readers)});
  }
  const auto* project = std::get_if<plan::Project>(&node->op);
  if (project == nullptr) return node;
  std::vector<ExpressionPtr> passed;
  for (const ExpressionPtr& condition : conditions) {
    std::vector<bool> used(project->expressions.size());
    plan::CollectColumns(*condition, used);
    bool columns = true;
    for (std::size_t i = 0; i < used.size(); ++i)
      columns = columns && (!used[i] || project->expressions[i]->kind == ExpressionKind::kColumn);
    if (columns) passed.push_back(plan::Substitute(condition, project->expressions));
  }
  return plan::WithInputs(*node, {OfferFilters(project->input, std::move(passed), readers)});
}

}  // namespace

std::vector<NodePtr> MergeProjections(const std::vector<NodePtr>& roots) {
  std::map<const Node*, int> readers = CountReaders(roots);
  return Rebuild(roots, [&](const NodePtr& node) { return MergeProjection(node, readers); });
}

std::vector<NodePtr> PushFilters(const std::vector<NodePtr>& roots) {
  std::map<const Node*, int> readers = CountReaders(roots);
  std::vector<NodePtr> sunk = Rebuild(roots, [&](const NodePtr& node) {
    NodePtr lower = SinkFilter(*node, readers);
    return lower == nullptr ? node : lower;
  });
  readers = CountReaders(sunk);
  return Rebuild(sunk, [&](const NodePtr& node) -> NodePtr {
    const auto* filter = std::get_if<plan::Filter>(&node->op);
    if (filter == nullptr) return node;
    return plan::WithInputs(*node, {OfferFilters(filter->input, plan::Conjuncts(filter->condition), readers)});
  });
}

std::vector<NodePtr> Optimize(std::vector<NodePtr> roots, bool streaming) {
  roots = PushFilters(roots);
  roots = MergeProjections(roots);
  roots = PruneColumns(roots);
  roots = MergeProjections(roots);
  return InferChangelog(roots, streaming);
}

}  // namespace floe::sql::planner
