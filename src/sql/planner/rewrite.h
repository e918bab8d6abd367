// SPDX-License-Identifier: Apache-2.0
// Walking a plan once per node, also where nodes are shared.
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "sql/plan/node.h"

namespace floe::sql::planner {

/// Rebuilds bottom-up: `fn` gets a node whose inputs are done. A shared node is rebuilt once and stays shared.
template <typename Fn>
std::vector<plan::NodePtr> Rebuild(const std::vector<plan::NodePtr>& roots, Fn fn) {
  std::map<const plan::Node*, plan::NodePtr> done;
  auto visit = [&](auto& self, const plan::NodePtr& node) -> plan::NodePtr {
    auto known = done.find(node.get());
    if (known != done.end()) return known->second;
    std::vector<plan::NodePtr> inputs = plan::Inputs(*node);
    std::vector<plan::NodePtr> rebuilt;
    for (const plan::NodePtr& input : inputs) rebuilt.push_back(self(self, input));
    plan::NodePtr result = fn(inputs == rebuilt ? node : plan::WithInputs(*node, std::move(rebuilt)));
    done[node.get()] = result;
    return result;
  };
  std::vector<plan::NodePtr> results;
  for (const plan::NodePtr& root : roots) results.push_back(visit(visit, root));
  return results;
}

/// How many nodes read each node (roots count as one reader more).
inline std::map<const plan::Node*, int> CountReaders(const std::vector<plan::NodePtr>& roots) {
  std::map<const plan::Node*, int> readers;
  auto visit = [&](auto& self, const plan::NodePtr& node) -> void {
    if (readers[node.get()]++ > 0) return;
    for (const plan::NodePtr& input : plan::Inputs(*node)) self(self, input);
  };
  for (const plan::NodePtr& root : roots) visit(visit, root);
  return readers;
}

/// Inputs before those who read them, each once.
inline std::vector<plan::NodePtr> InOrder(const std::vector<plan::NodePtr>& roots) {
  std::vector<plan::NodePtr> order;
  std::set<const plan::Node*> seen;
  auto visit = [&](auto& self, const plan::NodePtr& node) -> void {
    if (!seen.insert(node.get()).second) return;
    for (const plan::NodePtr& input : plan::Inputs(*node)) self(self, input);
    order.push_back(node);
  };
  for (const plan::NodePtr& root : roots) visit(visit, root);
  return order;
}

}  // namespace floe::sql::planner
