// SPDX-License-Identifier: Apache-2.0
// The select list: grouping, HAVING, OVER, projection, DISTINCT and ORDER BY of one SELECT.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/bind/aggregates.h"
#include "sql/bind/expression_binder.h"
#include "sql/planner/query_planner.h"

namespace floe::sql::planner {

/// Expressions are bound before it is known how many columns lie below them; until then they name columns by these
/// ranges, and Place() puts the real ones in. Group keys are columns 0, 1, ... from the start.
inline constexpr int kWindowBase = 1 << 12;    ///< start, end, time
inline constexpr int kGroupingBase = 5 << 10;  ///< GROUPING() columns
inline constexpr int kAggregateBase = 1 << 13;
inline constexpr int kOverBase = 1 << 14;

class SelectPlanner {
 public:
  SelectPlanner(const dialect::Select& select, Relation input, const bind::Session& session)
      : select_(select), session_(session), input_(std::move(input)) {}

  Result<Relation> Plan(const std::vector<dialect::OrderItem>& order_by);

 private:
  struct Item {
    const dialect::Expression* ast = nullptr;  ///< null for a column of '*'
    int column = -1;
    std::string name;
  };
  using Maybe = Result<std::optional<plan::ExpressionPtr>>;

  // group_by.cc
  Status BindKeys();
  /// The key's index; -1 for a window's column.
  Result<int> BindKey(const dialect::Expression& expression);
  Status BindLegacyWindow(const std::string& name, const dialect::Call& call, TextPosition position);
  Status FindWindow();
  /// The window of a windowed result below, whose window_start and window_end are grouped by.
  bool FindAttached();
  Result<Relation> BuildGroups();
  /// Keys, aggregates, window columns: one group by `keys`, indexes into `columns`, which are columns of `base`.
  Relation Aggregated(const Relation& base, const std::vector<int>& columns, const std::vector<int>& keys);
  /// UNION ALL of one aggregation for each of `sets_`.
  Relation AggregatedSets(const Relation& base, const std::vector<int>& columns);
  Relation WithAttachedTime() const;
  // grouping_sets.cc
  using GroupingSets = std::vector<std::vector<int>>;
  Result<GroupingSets> SetsOf(const dialect::GroupItem& item);
  Maybe GroupingColumn(const std::string& name, const dialect::Call& call, TextPosition position);
  /// Keys and arguments over `base`; key expressions that are no columns are projected first.
  Status PlaceKeys(Relation& base, std::vector<int>& keys, const std::vector<int>* mapping);
  Maybe InterceptGrouped(const dialect::Expression& expression);
  Result<plan::ExpressionPtr> BindAggregateCall(const std::string& name, const dialect::Call& call,
                                                TextPosition position);
  Maybe LegacyWindowColumn(const std::string& name, const dialect::Call& call, TextPosition position);
  plan::ExpressionPtr WindowColumn(int role) const;

  // select.cc
  Status ExpandItems();
  bool HasAggregates(const std::vector<dialect::OrderItem>& order_by);
  Maybe Intercept(const dialect::Expression& expression);
  Result<plan::ExpressionPtr> BindOver(const std::string& name, const dialect::Call& call, TextPosition position);
  Result<plan::SortKey> BindSortKey(const dialect::OrderItem& item, bind::ExpressionBinder& binder);
  /// DISTINCT over window_start and window_end ends with its window.
  std::optional<Relation> DistinctInWindow(const Relation& projected) const;
  Result<Relation> AddOver(Relation input);
  Result<Relation> Sort(Relation projected, const std::vector<dialect::OrderItem>& order_by);
  Status BindSort(const std::vector<dialect::OrderItem>& order_by, std::vector<plan::ExpressionPtr>& list);
  plan::ExpressionPtr Place(const plan::ExpressionPtr& e) const { return plan::Remap(e, placement_); }
  bind::ExpressionBinder Binder() {
    return {input_.scope, session_, [this](const dialect::Expression& e) { return Intercept(e); }};
  }

  const dialect::Select& select_;
  const bind::Session& session_;
  Relation input_;
  std::vector<Item> items_;
  std::vector<std::pair<std::size_t, const dialect::OrderItem*>> sort_;  ///< output column of each ORDER BY item
  std::size_t visible_ = 0;  ///< columns of the select list; hidden sort columns follow

  bool grouped_ = false;
  std::vector<plan::ExpressionPtr> keys_;  ///< over the input; without the window's own columns
  std::vector<std::string> key_names_;
  std::vector<plan::ExpressionPtr> window_keys_;  ///< GROUP BY window_start, window_end, window_time
  std::optional<plan::WindowSpec> legacy_;        ///< GROUP BY TUMBLE(...)
  plan::ExpressionPtr legacy_time_;
  std::string legacy_name_;
  std::optional<Unwindowed> unwindowed_;
  std::optional<plan::WindowSpec> attached_;  ///< grouping a window's result by its window again
  int attached_time_ = -1;
  GroupingSets sets_;       ///< indexes into keys_; empty: one group by all of them
  GroupingSets groupings_;  ///< the keys of each GROUPING() call, in its order
  data::Type window_type_;  ///< of the window's time column
  data::TimeAttribute window_attribute_ = data::TimeAttribute::kRowtime;
  std::vector<plan::AggregateCall> aggregates_;
  std::vector<plan::OverCall> over_;
  std::vector<int> placement_;
};

}  // namespace floe::sql::planner
