// SPDX-License-Identifier: Apache-2.0
#include "sql/planner/select.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sql/bind/functions_internal.h"

namespace floe::sql::planner {
namespace {

using data::Type;
using plan::ExpressionPtr;

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::vector<std::string> UniqueNames(std::vector<std::string> names) {
  std::set<std::string> taken(names.begin(), names.end());
  std::set<std::string> seen;
  for (std::string& name : names) {
    if (seen.insert(name).second) continue;
    std::string base = name;
    for (int n = 0; taken.contains(name); ++n) name = fmt::format("{}{}", base, n);
    taken.insert(name);
    seen.insert(name);
  }
  return names;
}

Result<std::string> FrameText(const dialect::Frame& frame, const bind::Session& session, TextPosition position) {
  auto bound = [&](const dialect::FrameBound& b) -> Result<std::string> {
    switch (b.kind) {
      case dialect::BoundKind::kUnboundedPreceding: return std::string("UNBOUNDED PRECEDING");
      case dialect::BoundKind::kUnboundedFollowing: return std::string("UNBOUNDED FOLLOWING");
      case dialect::BoundKind::kCurrentRow: return std::string("CURRENT ROW");
      default: break;
    }
    bind::Scope none;
    FLOE_TRY(ExpressionPtr value, bind::ExpressionBinder(none, session).Bind(*b.value));
    std::optional<std::int64_t> n = bind::IntegerOf(value);
    if (!n) return bind::FailAt(position, "a frame's bound is a constant number or interval");
    std::string text = value->type.IsInterval() ? fmt::format("INTERVAL '{} milliseconds'", *n) : fmt::format("{}", *n);
    return text + (b.kind == dialect::BoundKind::kPreceding ? " PRECEDING" : " FOLLOWING");
  };
  FLOE_TRY(std::string start, bound(frame.start));
  FLOE_TRY(std::string end, bound(frame.end));
  return fmt::format("{} BETWEEN {} AND {}", frame.rows ? "ROWS" : "RANGE", start, end);
}

}  // namespace

Result<Relation> PlanSelectList(const dialect::Select& select, const std::vector<dialect::OrderItem>& order_by,
                                Relation input, const bind::Session& session) {
  return SelectPlanner(select, std::move(input), session).Plan(order_by);
}

Result<Relation> SelectPlanner::Plan(const std::vector<dialect::OrderItem>& order_by) {
  FLOE_TRY_VOID(ExpandItems());
  grouped_ = !select_.group_by.empty() || select_.having || HasAggregates(order_by);
  if (grouped_) FLOE_TRY_VOID(BindKeys());

  std::vector<ExpressionPtr> list;
  std::vector<std::string> names;
  for (const Item& item : items_) {
    if (item.ast == nullptr) {
      if (grouped_)
        return bind::FailAt(select_.span.position, "SELECT * cannot go with GROUP BY or aggregates; name the columns");
      list.push_back(plan::Column(item.column, input_.scope.columns[static_cast<std::size_t>(item.column)].type));
    } else {
      FLOE_TRY(ExpressionPtr e, Binder().Bind(*item.ast));
      list.push_back(std::move(e));
    }
    names.push_back(item.name);
  }
  visible_ = list.size();
  FLOE_TRY_VOID(BindSort(order_by, list));
  ExpressionPtr having;
  if (select_.having) {
    FLOE_TRY(having, Binder().BindCondition(*select_.having, "HAVING"));
  }

  placement_.assign(static_cast<std::size_t>(kOverBase) + over_.size(), -1);
  for (int i = 0; i < kWindowBase; ++i) placement_[static_cast<std::size_t>(i)] = i;
  Relation relation = input_;
  if (grouped_) {
    FLOE_TRY(relation, BuildGroups());
  }
  if (having != nullptr) relation = MakeFilter(relation, Place(having));
  if (!over_.empty()) {
    FLOE_TRY(relation, AddOver(std::move(relation)));
  }
  for (ExpressionPtr& e : list) e = Place(e);
  for (std::size_t i = visible_; i < list.size(); ++i) names.push_back(fmt::format("$sort{}", i));
  Relation projected = MakeProject(relation, std::move(list), UniqueNames(std::move(names)));
  if (select_.distinct) {
    if (projected.scope.columns.size() != visible_) {
      return bind::FailAt(select_.span.position, "with SELECT DISTINCT, ORDER BY may only use what is selected");
    }
    if (auto windowed = DistinctInWindow(projected)) {
      projected = std::move(*windowed);
    } else {
      plan::Aggregate distinct{.input = projected.node};
      for (std::size_t i = 0; i < visible_; ++i) distinct.keys.push_back(static_cast<int>(i));
      projected.node = MakeNode(std::move(distinct), projected.node->schema, select_.span.position);
    }
  }
  return Sort(std::move(projected), order_by);
}

std::optional<Relation> SelectPlanner::DistinctInWindow(const Relation& projected) const {
  using bind::WindowRole;
  auto has = [&](WindowRole role) {
    return std::ranges::find(projected.scope.columns, role, &bind::ScopeColumn::role) != projected.scope.columns.end();
  };
  Unwindowed below;
  if (!session_.streaming || !has(WindowRole::kStart) || !has(WindowRole::kEnd) || !Unwindow(projected.node, below) ||
      std::ranges::find(below.columns, Unwindowed::kLost) != below.columns.end()) {
    return std::nullopt;
  }
  Relation windows;
  windows.scope.tables.emplace_back();
  std::vector<int> keys;
  std::vector<ExpressionPtr> list;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < below.columns.size(); ++i) {
    const bind::ScopeColumn& column = projected.scope.columns[i];
    names.push_back(column.name);
    list.push_back(plan::Column(static_cast<int>(keys.size()), column.type));
    if (below.columns[i] < 0) continue;
    keys.push_back(below.columns[i]);
    windows.scope.columns.push_back({.name = column.name, .type = column.type});
  }
  const data::Field& time = below.input->schema.fields[static_cast<std::size_t>(below.window.time_column)];
  Type edge = time.type.WithNullable(false);
  auto start = static_cast<int>(keys.size());
  data::TimeAttribute attribute =
      below.window.proctime ? data::TimeAttribute::kProctime : data::TimeAttribute::kRowtime;
  windows.scope.columns.push_back({.name = "window_start", .type = edge, .role = WindowRole::kStart});
  windows.scope.columns.push_back({.name = "window_end", .type = edge, .role = WindowRole::kEnd});
  windows.scope.columns.push_back({.name = "window_time", .type = edge, .time = attribute, .role = WindowRole::kTime});
  windows.node = MakeNode(plan::WindowAggregate{below.input, below.window, std::move(keys), {}}, windows.scope.schema(),
                          select_.span.position);
  windows = LocalWindow(windows, static_cast<std::size_t>(start), session_.zone);
  for (std::size_t i = 0; i < list.size(); ++i) {
    int role = below.columns[i];
    if (role >= 0) continue;
    int column = start + (role == Unwindowed::kStart ? 0 : role == Unwindowed::kEnd ? 1 : 2);
    list[i] = plan::Column(column, windows.scope.columns[static_cast<std::size_t>(column)].type);
  }
  return MakeProject(windows, std::move(list), names);
}

Status SelectPlanner::ExpandItems() {
  for (const dialect::SelectItem& item : select_.items) {
    if (const auto* star = item.expression.As<dialect::Star>()) {
      FLOE_TRY(std::vector<int> columns,
               bind::ResolveStar(input_.scope, star->qualifier, item.expression.span.position));
      for (int column : columns)
        items_.push_back({nullptr, column, input_.scope.columns[static_cast<std::size_t>(column)].name});
      NoteColumns(session_, star, input_.scope, columns);
      continue;
    }
    std::string name = item.alias.text;
    const auto* reference = item.expression.As<dialect::ColumnReference>();
    const auto* access = item.expression.As<dialect::FieldAccess>();
    if (name.empty() && reference != nullptr) name = reference->parts.back().text;
    if (name.empty() && access != nullptr) name = access->field.text;
    if (name.empty()) name = fmt::format("EXPR${}", items_.size());
    items_.push_back({&item.expression, -1, std::move(name)});
  }
  return {};
}

/// Walks the items with a binder whose errors do not matter: it reaches every node that may be an aggregate.
bool SelectPlanner::HasAggregates(const std::vector<dialect::OrderItem>& order_by) {
  bool found = false;
  auto look = [&](const dialect::Expression& e) -> Maybe {
    const auto* call = e.As<dialect::Call>();
    if (call == nullptr || !bind::IsAggregate(Upper(call->name.parts.back().text))) return std::nullopt;
    if (!call->over) found = true;
    return bind::NullLiteral(Type::Null());
  };
  bind::Session session = session_;
  session.expansion = nullptr;  // an ORDER BY item may be a name of the select list
  bind::ExpressionBinder binder(input_.scope, session, look);
  for (const Item& item : items_) {
    if (item.ast != nullptr) (void)binder.Bind(*item.ast);
  }
  for (const dialect::OrderItem& item : order_by) (void)binder.Bind(item.expression);
  return found;
}

SelectPlanner::Maybe SelectPlanner::Intercept(const dialect::Expression& expression) {
  if (const auto* call = expression.As<dialect::Call>(); call != nullptr && call->over) {
    return BindOver(Upper(call->name.parts.back().text), *call, expression.span.position);
  }
  if (grouped_) return InterceptGrouped(expression);
  return std::nullopt;
}

Result<plan::SortKey> SelectPlanner::BindSortKey(const dialect::OrderItem& item, bind::ExpressionBinder& binder) {
  FLOE_TRY(ExpressionPtr key, binder.Bind(item.expression));
  bool first =
      item.nulls == dialect::NullsOrder::kDefault ? !item.descending : item.nulls == dialect::NullsOrder::kFirst;
  return plan::SortKey{std::move(key), item.descending, first};
}

Result<ExpressionPtr> SelectPlanner::BindOver(const std::string& name, const dialect::Call& call,
                                              TextPosition position) {
  if (!bind::IsAggregate(name)) return bind::FailAt(position, name + " is no aggregate; OVER does not apply");
  const dialect::WindowSpec* spec = call.over.get();
  for (const dialect::NamedWindow& named : select_.windows) {
    if (!spec->name.text.empty() && named.name.text == spec->name.text) spec = &named.spec;
  }
  if (spec == call.over.get() && !spec->name.text.empty()) {
    return bind::FailAt(spec->span.position, fmt::format("no window '{}'; declare it with WINDOW {} AS (...)",
                                                         spec->name.text, spec->name.text));
  }
  bind::ExpressionBinder binder = Binder();
  bind::AggregateSite site{
      .name = name, .star = call.star, .distinct = call.distinct, .over = true, .position = position};
  FLOE_TRY(site.args, binder.BindArguments(call));
  if (call.filter) {
    FLOE_TRY(site.filter, binder.BindCondition(*call.filter, "FILTER"));
  }
  FLOE_TRY(bind::BoundAggregate aggregate, bind::BindAggregate(site));
  plan::OverCall over{.call = aggregate.calls[0]};
  for (const dialect::Expression& e : spec->partition_by) {
    FLOE_TRY(ExpressionPtr key, binder.Bind(e));
    over.partition_by.push_back(std::move(key));
  }
  for (const dialect::OrderItem& item : spec->order_by) {
    FLOE_TRY(plan::SortKey key, BindSortKey(item, binder));
    over.order_by.push_back(std::move(key));
  }
  if (spec->frame) {
    FLOE_TRY(over.frame, FrameText(*spec->frame, session_, position));
  }
  ExpressionPtr column = plan::Column(kOverBase + static_cast<int>(over_.size()), over.call.type, position);
  over_.push_back(std::move(over));
  return aggregate.finish({column});
}

Result<Relation> SelectPlanner::AddOver(Relation input) {
  auto width = static_cast<int>(input.scope.columns.size());
  for (std::size_t i = 0; i < over_.size(); ++i) {
    plan::OverCall& over = over_[i];
    for (ExpressionPtr& arg : over.call.args) arg = Place(arg);
    if (over.call.filter != nullptr) over.call.filter = Place(over.call.filter);
    for (ExpressionPtr& key : over.partition_by) key = Place(key);
    for (plan::SortKey& key : over.order_by) key.expression = Place(key.expression);
    placement_[static_cast<std::size_t>(kOverBase) + i] = width + static_cast<int>(i);
    input.scope.columns.push_back({.name = fmt::format("$over{}", i), .type = over.call.type});
  }
  if (input.scope.tables.empty()) input.scope.tables.emplace_back();
  input.node = MakeNode(plan::Over{input.node, over_}, input.scope.schema(), select_.span.position);
  return input;
}

/// An ORDER BY item is a name of the select list, a place in it, or an expression, which may need a hidden column.
Status SelectPlanner::BindSort(const std::vector<dialect::OrderItem>& order_by, std::vector<ExpressionPtr>& list) {
  for (const dialect::OrderItem& item : order_by) {
    std::size_t column = list.size();
    const auto* reference = item.expression.As<dialect::ColumnReference>();
    for (std::size_t i = 0; i < visible_; ++i) {
      if (reference != nullptr && reference->parts.size() == 1 && items_[i].name == reference->parts[0].text)
        column = i;
    }
    const auto* literal = item.expression.As<dialect::Literal>();
    if (literal != nullptr && literal->kind == dialect::LiteralKind::kInteger) {
      std::size_t place = std::strtoull(literal->text.c_str(), nullptr, 10);
      if (place < 1 || place > visible_)
        return bind::FailAt(item.expression.span.position,
                            fmt::format("ORDER BY {}: there are {} columns", place, visible_));
      column = place - 1;
    }
    if (column == list.size()) {
      FLOE_TRY(ExpressionPtr key, Binder().Bind(item.expression));
      auto same = std::ranges::find_if(list, [&](const ExpressionPtr& e) { return plan::Equal(*e, *key); });
      column = static_cast<std::size_t>(same - list.begin());
      if (same == list.end()) list.push_back(std::move(key));
    }
    sort_.emplace_back(column, &item);
  }
  return {};
}

Result<Relation> SelectPlanner::Sort(Relation projected, const std::vector<dialect::OrderItem>&) {
  if (sort_.empty()) return projected;
  plan::SortLimit sort{.input = projected.node};
  for (const auto& [column, item] : sort_) {
    bool first =
        item->nulls == dialect::NullsOrder::kDefault ? !item->descending : item->nulls == dialect::NullsOrder::kFirst;
    sort.keys.push_back(
        {plan::Column(static_cast<int>(column), projected.scope.columns[column].type), item->descending, first});
  }
  Relation sorted{MakeNode(std::move(sort), projected.node->schema, select_.span.position), projected.scope};
  if (projected.scope.columns.size() == visible_) return sorted;
  std::vector<ExpressionPtr> list;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < visible_; ++i) {
    list.push_back(plan::Column(static_cast<int>(i), sorted.scope.columns[i].type));
    names.push_back(sorted.scope.columns[i].name);
  }
  return MakeProject(sorted, std::move(list), names);
}

}  // namespace floe::sql::planner
