// SPDX-License-Identifier: Apache-2.0
// Rewrites of whole programs. Each is a pure function that keeps the meaning of every root.
#pragma once

#include <vector>

#include "sql/plan/node.h"

namespace floe::sql::planner {

/// Scans read only the columns somebody above needs; projections drop what nobody uses. A scan shared by several roots
/// reads the union. Roots keep their schemas.
std::vector<plan::NodePtr> PruneColumns(const std::vector<plan::NodePtr>& roots);
/// Filters sink below projections (where the predicate stays deterministic), next filters merge, and conjuncts over a
/// scan's own columns are offered to it as pushed_filters. They are never moved below a watermark, which counts every
/// row.
std::vector<plan::NodePtr> PushFilters(const std::vector<plan::NodePtr>& roots);
/// Projections over projections become one, and projections that change nothing vanish.
std::vector<plan::NodePtr> MergeProjections(const std::vector<plan::NodePtr>& roots);
/// Fills Node::changelog from the leaves up. In batch every edge is insert-only.
std::vector<plan::NodePtr> InferChangelog(const std::vector<plan::NodePtr>& roots, bool streaming);

/// All of them, in the order that works.
std::vector<plan::NodePtr> Optimize(std::vector<plan::NodePtr> roots, bool streaming);

}  // namespace floe::sql::planner
