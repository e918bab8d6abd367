// SPDX-License-Identifier: Apache-2.0
// GROUPING SETS, ROLLUP and CUBE: which keys each set has, GROUPING(), and the sets as a UNION ALL of aggregations.
#include <algorithm>

#include <fmt/format.h>

#include "sql/bind/functions_internal.h"
#include "sql/planner/select.h"

namespace floe::sql::planner {
namespace {

using data::Type;
using plan::ExpressionPtr;

constexpr std::size_t kMostCubeItems = 9;
/// GROUPING_ID is a BIGINT.
constexpr std::size_t kMostGroupingArguments = 63;

std::vector<int> Joined(std::vector<int> left, const std::vector<int>& right) {
  for (int key : right) {
    if (std::ranges::find(left, key) == left.end()) left.push_back(key);
  }
  return left;
}

}  // namespace

Result<SelectPlanner::GroupingSets> SelectPlanner::SetsOf(const dialect::GroupItem& item) {
  if (item.kind == dialect::GroupKind::kExpressions) {
    std::vector<int> set;
    for (const dialect::Expression& e : item.expressions) {
      FLOE_TRY(int key, BindKey(e));
      if (key >= 0) set = Joined(std::move(set), {key});
    }
    return GroupingSets{set};
  }
  std::size_t windows = window_keys_.size();
  std::vector<GroupingSets> parts;
  for (const dialect::GroupItem& part : item.items) {
    FLOE_TRY(GroupingSets sets, SetsOf(part));
    parts.push_back(std::move(sets));
  }
  if (window_keys_.size() != windows) {
    return bind::FailAt(
        item.span.position,
        "window_start and window_end stand in GROUP BY before GROUPING SETS, ROLLUP or CUBE, not inside");
  }
  GroupingSets sets;
  if (item.kind == dialect::GroupKind::kGroupingSets) {
    for (const GroupingSets& part : parts) sets.insert(sets.end(), part.begin(), part.end());
    return sets;
  }
  if (item.kind == dialect::GroupKind::kRollup) {
    sets.emplace_back();
    for (const GroupingSets& part : parts) sets.push_back(Joined(sets.back(), part[0]));
    std::ranges::reverse(sets);
    return sets;
  }
  if (parts.size() > kMostCubeItems)
    return bind::FailAt(item.span.position, fmt::format("CUBE takes at most {} keys", kMostCubeItems));
  for (std::size_t mask = std::size_t{1} << parts.size(); mask-- > 0;) {
    std::vector<int> set;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if ((mask >> (parts.size() - 1 - i) & 1) != 0) set = Joined(std::move(set), parts[i][0]);
    }
    sets.push_back(std::move(set));
  }
  return sets;
}

SelectPlanner::Maybe SelectPlanner::GroupingColumn(const std::string& name, const dialect::Call& call,
                                                   TextPosition position) {
  if (name != "GROUPING" && name != "GROUPING_ID") return std::nullopt;
  FLOE_TRY(std::vector<ExpressionPtr> args, bind::ExpressionBinder(input_.scope, session_).BindArguments(call));
  if (args.empty() || args.size() > kMostGroupingArguments)
    return bind::FailAt(position, name + " takes the keys it asks about: " + name + "(a, b)");
  std::vector<int> keys;
  for (const ExpressionPtr& arg : args) {
    auto key = std::ranges::find_if(keys_, [&](const ExpressionPtr& k) { return plan::Equal(*k, *arg); });
    if (key == keys_.end()) return bind::FailAt(arg->position, name + ": this is no key of GROUP BY");
    keys.push_back(static_cast<int>(key - keys_.begin()));
  }
  if (sets_.empty()) return bind::BigIntLiteral(0);
  auto known = std::ranges::find(groupings_, keys);
  int column = kGroupingBase + static_cast<int>(known - groupings_.begin());
  if (known == groupings_.end()) groupings_.push_back(std::move(keys));
  return plan::Column(column, Type::BigInt().WithNullable(false), position);
}

Relation SelectPlanner::AggregatedSets(const Relation& base, const std::vector<int>& columns) {
  std::vector<plan::NodePtr> parts;
  bind::Scope scope;
  for (const std::vector<int>& set : sets_) {
    Relation part = Aggregated(base, columns, set);
    std::vector<ExpressionPtr> list;
    std::vector<std::string> names;
    for (std::size_t key = 0; key < keys_.size(); ++key) {
      auto place = std::ranges::find(set, static_cast<int>(key));
      Type type = keys_[key]->type.WithNullable(true);
      ExpressionPtr null = bind::NullLiteral(type);
      list.push_back(place == set.end() ? null : plan::Column(static_cast<int>(place - set.begin()), type));
      names.push_back(key_names_[key]);
    }
    for (std::size_t i = set.size(); i < part.scope.columns.size(); ++i) {
      list.push_back(plan::Column(static_cast<int>(i), part.scope.columns[i].type));
      names.push_back(part.scope.columns[i].name);
    }
    for (std::size_t i = 0; i < groupings_.size(); ++i) {
      std::int64_t bits = 0;
      for (int key : groupings_[i]) bits = bits * 2 + (std::ranges::find(set, key) == set.end() ? 1 : 0);
      list.push_back(bind::BigIntLiteral(bits));
      names.push_back(fmt::format("$grouping{}", i));
    }
    Relation wide = MakeProject(part, std::move(list), names);
    wide.scope.tables = part.scope.tables;
    scope = wide.scope;
    parts.push_back(std::move(wide.node));
  }
  if (parts.size() == 1) return Relation{parts[0], scope};
  data::Schema schema = scope.schema();
  return Relation{MakeNode(plan::SetOp{plan::SetOperation::kUnionAll, std::move(parts)}, std::move(schema),
                           select_.group_by_span.position),
                  scope};
}

}  // namespace floe::sql::planner
