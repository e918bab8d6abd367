// SPDX-License-Identifier: Apache-2.0
// GROUP BY: keys, windows of both spellings, aggregates.
#include <algorithm>

#include <fmt/format.h>

#include "sql/bind/functions_internal.h"
#include "sql/bind/zone.h"
#include "sql/planner/select.h"

namespace floe::sql::planner {
namespace {

using bind::WindowRole;
using data::Type;
using plan::ExpressionKind;
using plan::ExpressionPtr;

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

bool IsLegacyWindow(const std::string& name) {
  return name == "TUMBLE" || name == "HOP" || name == "SESSION";
}

std::string NameOf(const dialect::Expression& e, std::size_t i) {
  const auto* reference = e.As<dialect::ColumnReference>();
  return reference != nullptr ? reference->parts.back().text : fmt::format("$key{}", i);
}

/// A query inside is bound by itself; its references to this one come here one by one.
bool HoldsQuery(const dialect::Expression& e) {
  const auto* in = e.As<dialect::In>();
  return (in != nullptr && in->query) || e.As<dialect::Exists>() != nullptr ||
         e.As<dialect::ScalarQuery>() != nullptr || e.As<dialect::Quantified>() != nullptr;
}

constexpr std::size_t kMostSets = 512;

/// The WindowAggregate whose rows come up unchanged but for projections and filters; null when there is none.
const plan::Node* ProducerOf(const plan::NodePtr& node) {
  if (std::holds_alternative<plan::WindowAggregate>(node->op)) return node.get();
  if (const auto* project = std::get_if<plan::Project>(&node->op)) return ProducerOf(project->input);
  if (const auto* filter = std::get_if<plan::Filter>(&node->op)) return ProducerOf(filter->input);
  return nullptr;
}

bool OneRowType(const plan::AggregateCall& call) {
  return call.function == "sum" || call.function == "min" || call.function == "max" || call.function == "avg";
}

/// The TUMBLE that gathers the rows of each of `window`'s windows: by their ends, which are a step apart.
plan::WindowSpec Again(const plan::WindowSpec& window, int time_column) {
  plan::WindowSpec again{.time_column = time_column, .offset_ms = window.offset_ms};
  again.size_ms = window.kind == plan::WindowKind::kTumble ? window.size_ms : window.step_ms;
  again.offset_ms %= again.size_ms;
  return again;
}

/// window_start as the windows that were grouped again have it.
Relation WithStart(const Relation& input, const plan::WindowSpec& window, std::size_t start) {
  std::vector<ExpressionPtr> list;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < input.scope.columns.size(); ++i) {
    list.push_back(plan::Column(static_cast<int>(i), input.scope.columns[i].type));
    names.push_back(input.scope.columns[i].name);
  }
  const ExpressionPtr end = list[start + 1];
  if (window.kind == plan::WindowKind::kHop) {
    list[start] = bind::ShiftMs(end, -window.size_ms);
  } else {
    ExpressionPtr last = bind::ShiftMs(end, -1 - window.offset_ms);
    ExpressionPtr first = plan::Call("floe_floor_us", {last, bind::BigIntLiteral(window.size_ms * 1000)}, end->type);
    list[start] = bind::ShiftMs(first, window.offset_ms);
  }
  Relation output = MakeProject(input, std::move(list), names);
  output.scope.columns[start].role = WindowRole::kStart;
  return output;
}

}  // namespace

Status SelectPlanner::BindKeys() {
  GroupingSets sets = {{}};
  bool many = false;
  for (const dialect::GroupItem& item : select_.group_by) {
    many = many || item.kind != dialect::GroupKind::kExpressions;
    FLOE_TRY(GroupingSets next, SetsOf(item));
    GroupingSets product;
    for (const std::vector<int>& left : sets) {
      for (const std::vector<int>& right : next) {
        product.push_back(left);
        for (int key : right) {
          if (std::ranges::find(left, key) == left.end()) product.back().push_back(key);
        }
      }
    }
    if (product.size() > kMostSets)
      return bind::FailAt(item.span.position, fmt::format("GROUP BY has over {} grouping sets", kMostSets));
    sets = std::move(product);
  }
  if (many) {
    sets_ = std::move(sets);
    if (legacy_)
      return bind::NotSupportedAt(select_.group_by_span.position,
                                  "GROUPING SETS with a group window are not supported; use TABLE(TUMBLE(...))");
  }
  return FindWindow();
}

Result<int> SelectPlanner::BindKey(const dialect::Expression& expression) {
  const dialect::Expression* e = &expression;
  if (const auto* call = e->As<dialect::Call>()) {
    std::string name = Upper(call->name.parts.back().text);
    if (IsLegacyWindow(name)) {
      FLOE_TRY_VOID(BindLegacyWindow(name, *call, e->span.position));
      return -1;
    }
  }
  // A place in the select list, or a name of it that is no column.
  const auto* literal = e->As<dialect::Literal>();
  if (literal != nullptr && literal->kind == dialect::LiteralKind::kInteger) {
    std::size_t place = std::strtoull(literal->text.c_str(), nullptr, 10);
    if (place >= 1 && place <= items_.size() && items_[place - 1].ast != nullptr) e = items_[place - 1].ast;
  }
  const auto* reference = e->As<dialect::ColumnReference>();
  if (reference != nullptr && reference->parts.size() == 1 && !bind::ResolveName(input_.scope, reference->parts)) {
    for (const Item& item : items_) {
      if (item.ast != nullptr && item.name == reference->parts[0].text) e = item.ast;
    }
  }
  FLOE_TRY(ExpressionPtr key, bind::ExpressionBinder(input_.scope, session_).Bind(*e));
  bool window = key->kind == ExpressionKind::kColumn &&
                input_.scope.columns[static_cast<std::size_t>(key->column)].role != WindowRole::kNone;
  if (window) {
    window_keys_.push_back(std::move(key));
    return -1;
  }
  auto known = std::ranges::find_if(keys_, [&](const ExpressionPtr& other) { return plan::Equal(*other, *key); });
  auto index = static_cast<int>(known - keys_.begin());
  if (known != keys_.end()) return index;
  key_names_.push_back(NameOf(*e, keys_.size()));
  keys_.push_back(std::move(key));
  return index;
}

Status SelectPlanner::BindLegacyWindow(const std::string& name, const dialect::Call& call, TextPosition position) {
  if (name == "SESSION") return bind::NotSupportedAt(position, "SESSION windows are not supported; use TUMBLE or HOP");
  if (legacy_) return bind::FailAt(position, "only one window may stand in GROUP BY");
  FLOE_TRY(std::vector<ExpressionPtr> args, bind::ExpressionBinder(input_.scope, session_).BindArguments(call));
  if (args.size() < 2 || args[0]->kind != ExpressionKind::kColumn || !args[0]->type.IsTimestamp()) {
    return bind::FailAt(position, fmt::format("write {}(time column, INTERVAL ...)", name));
  }
  const bind::ScopeColumn& time = input_.scope.columns[static_cast<std::size_t>(args[0]->column)];
  if (session_.streaming && time.time == data::TimeAttribute::kNone) {
    return bind::FailAt(
        position,
        fmt::format("a window needs a time attribute, and column '{0}' is none; add to its CREATE TABLE: WATERMARK FOR "
                    "{0} AS {0} - INTERVAL '5' SECOND",
                    time.name));
  }
  window_type_ = time.type.WithNullable(false);
  window_attribute_ = time.time;
  legacy_time_ = args[0];
  args.erase(args.begin());
  bool proctime = time.time == data::TimeAttribute::kProctime;
  FLOE_TRY(legacy_, MakeWindowSpec(name, std::move(args), time.type, proctime, session_.zone, position));
  legacy_name_ = name;
  return {};
}

/// GROUP BY window_start, window_end over a window function: one WindowAggregate instead of rows with windows.
Status SelectPlanner::FindWindow() {
  if (window_keys_.empty()) return {};
  bool start = false;
  bool end = false;
  for (const ExpressionPtr& key : window_keys_) {
    WindowRole role = input_.scope.columns[static_cast<std::size_t>(key->column)].role;
    start = start || role == WindowRole::kStart;
    end = end || role == WindowRole::kEnd;
  }
  Unwindowed below;
  bool found = Unwindow(input_.node, below);
  if (found && start && end) {
    unwindowed_ = std::move(below);
    const data::Field& time =
        unwindowed_->input->schema.fields[static_cast<std::size_t>(unwindowed_->window.time_column)];
    window_type_ = time.type.WithNullable(false);
    return {};
  }
  if (session_.streaming && found && start != end) {
    return bind::FailAt(
        select_.group_by_span.position,
        "a windowed GROUP BY needs both window_start and window_end; add the missing one (or leave both out)");
  }
  if (session_.streaming && start && end && FindAttached()) return {};
  if (session_.streaming) {
    return bind::NotSupportedAt(select_.group_by_span.position,
                                "grouping by the columns of a window that is not found below (behind a join, or made "
                                "of processing time), or by only one of window_start and window_end, is not supported; "
                                "apply TUMBLE(TABLE ..., DESCRIPTOR(window_time), ...) to it");
  }
  for (const ExpressionPtr& key : window_keys_) {
    for (std::vector<int>& set : sets_) set.push_back(static_cast<int>(keys_.size()));
    key_names_.push_back(input_.scope.columns[static_cast<std::size_t>(key->column)].name);
    keys_.push_back(key);
  }
  window_keys_.clear();
  return {};
}

/// A window's end tells which window it is, and falls into one TUMBLE of the step each.
bool SelectPlanner::FindAttached() {
  const plan::Node* producer = ProducerOf(input_.node);
  if (producer == nullptr) return false;
  const auto& aggregate = std::get<plan::WindowAggregate>(producer->op);
  if (aggregate.window.proctime || aggregate.window.kind == plan::WindowKind::kSession) return false;
  const Type& time = producer->schema.fields.back().type;
  if (time.kind() == data::TypeKind::kTimestampLtz && !bind::FixedOffsetMs(session_.zone)) return false;
  attached_ = aggregate.window;
  window_type_ = time.WithNullable(false);
  return true;
}

/// The input and, as its last column, window_time made of window_end.
Relation SelectPlanner::WithAttachedTime() const {
  std::vector<ExpressionPtr> list;
  std::vector<std::string> names;
  ExpressionPtr end;
  for (std::size_t i = 0; i < input_.scope.columns.size(); ++i) {
    list.push_back(plan::Column(static_cast<int>(i), input_.scope.columns[i].type));
    names.push_back(input_.scope.columns[i].name);
    if (input_.scope.columns[i].role == WindowRole::kEnd) end = list.back();
  }
  if (window_type_.kind() == data::TypeKind::kTimestampLtz) end = bind::FromLocal(end, session_.zone);
  list.push_back(bind::ShiftMs(end, -1));
  names.emplace_back("$window_time");
  Relation timed = MakeProject(input_, std::move(list), names);
  timed.scope.columns.back().time = data::TimeAttribute::kRowtime;
  return timed;
}

ExpressionPtr SelectPlanner::WindowColumn(int role) const {
  Type type = window_type_;
  if (role < 2 && type.kind() == data::TypeKind::kTimestampLtz)
    type = Type::Timestamp(type.precision()).WithNullable(false);
  return plan::Column(kWindowBase + role, type);
}

SelectPlanner::Maybe SelectPlanner::LegacyWindowColumn(const std::string& name, const dialect::Call& call,
                                                       TextPosition position) {
  std::size_t underscore = name.find('_');
  if (underscore == std::string::npos || !IsLegacyWindow(name.substr(0, underscore))) return std::nullopt;
  std::string part = name.substr(underscore + 1);
  if (part != "START" && part != "END" && part != "ROWTIME" && part != "PROCTIME") return std::nullopt;
  if (!legacy_ || name.substr(0, underscore) != legacy_name_ || call.arguments.empty()) {
    return bind::FailAt(position,
                        fmt::format("{} needs the same {}(...) in GROUP BY", name, name.substr(0, underscore)));
  }
  return WindowColumn(part == "START" ? 0 : part == "END" ? 1 : 2);
}

SelectPlanner::Maybe SelectPlanner::InterceptGrouped(const dialect::Expression& expression) {
  TextPosition position = expression.span.position;
  const auto* call = expression.As<dialect::Call>();
  if (call != nullptr) {
    std::string name = Upper(call->name.parts.back().text);
    FLOE_TRY(std::optional<ExpressionPtr> legacy, LegacyWindowColumn(name, *call, position));
    if (legacy) return legacy;
    FLOE_TRY(std::optional<ExpressionPtr> grouping, GroupingColumn(name, *call, position));
    if (grouping) return grouping;
    if (bind::IsAggregate(name) && !bind::IsOverOnly(name)) return BindAggregateCall(name, *call, position);
  }
  if (expression.As<dialect::Literal>() != nullptr || HoldsQuery(expression)) return std::nullopt;
  auto bound = bind::ExpressionBinder(input_.scope, session_).Bind(expression);
  if (bound) {
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (!plan::Equal(**bound, *keys_[i])) continue;
      Type type = sets_.empty() ? keys_[i]->type : keys_[i]->type.WithNullable(true);
      return plan::Column(static_cast<int>(i), std::move(type), position);
    }
    bool column = (*bound)->kind == ExpressionKind::kColumn;
    WindowRole role =
        column ? input_.scope.columns[static_cast<std::size_t>((*bound)->column)].role : WindowRole::kNone;
    if ((unwindowed_ || attached_) && role != WindowRole::kNone) return WindowColumn(static_cast<int>(role) - 1);
  }
  const auto* reference = expression.As<dialect::ColumnReference>();
  if (reference == nullptr) return std::nullopt;
  if (!bound) return Fail(std::move(bound.error()));
  const std::string& name = reference->parts.back().text;
  return bind::FailAt(
      position,
      fmt::format("column '{0}' is neither in GROUP BY nor inside an aggregate; add it to GROUP BY, or take MAX({0})",
                  name));
}

Result<ExpressionPtr> SelectPlanner::BindAggregateCall(const std::string& name, const dialect::Call& call,
                                                       TextPosition position) {
  bind::ExpressionBinder binder(input_.scope, session_);
  bind::AggregateSite site{.name = name, .star = call.star, .distinct = call.distinct, .position = position};
  FLOE_TRY(site.args, binder.BindArguments(call));
  if (call.filter) {
    FLOE_TRY(site.filter, binder.BindCondition(*call.filter, "FILTER"));
  }
  if (!call.within_group.empty()) return bind::NotSupportedAt(position, name + ": WITHIN GROUP is not supported");
  FLOE_TRY(bind::BoundAggregate aggregate, bind::BindAggregate(site));
  bool total = std::ranges::any_of(sets_, [](const std::vector<int>& set) { return set.empty(); });
  bool never_empty = (!keys_.empty() && !total) || unwindowed_ || legacy_ || attached_;
  std::vector<ExpressionPtr> columns;
  for (plan::AggregateCall& made : aggregate.calls) {
    if (never_empty && OneRowType(made) && made.filter == nullptr)
      made.type = made.type.WithNullable(made.args[0]->type.nullable());
    auto same = std::ranges::find_if(aggregates_, [&](const plan::AggregateCall& known) {
      bool filters = (known.filter == nullptr) == (made.filter == nullptr) &&
                     (made.filter == nullptr || plan::Equal(*known.filter, *made.filter));
      bool args =
          std::ranges::equal(known.args, made.args, [](const auto& a, const auto& b) { return plan::Equal(*a, *b); });
      return filters && args && known.function == made.function && known.distinct == made.distinct &&
             known.type == made.type;
    });
    columns.push_back(plan::Column(kAggregateBase + static_cast<int>(same - aggregates_.begin()), made.type, position));
    if (same == aggregates_.end()) aggregates_.push_back(std::move(made));
  }
  return aggregate.finish(columns);
}

Status SelectPlanner::PlaceKeys(Relation& base, std::vector<int>& keys, const std::vector<int>* mapping) {
  auto over_base = [&](const ExpressionPtr& e) -> Result<ExpressionPtr> {
    if (mapping == nullptr) return e;
    std::vector<bool> used(mapping->size());
    plan::CollectColumns(*e, used);
    for (std::size_t i = 0; i < mapping->size(); ++i) {
      if (used[i] && (*mapping)[i] < 0) {
        return bind::NotSupportedAt(
            e->position, "window columns may be grouped by and selected, but not used inside keys or aggregates");
      }
    }
    return plan::Remap(e, *mapping);
  };
  bool plain = true;
  for (ExpressionPtr& key : keys_) {
    FLOE_TRY(key, over_base(key));
    plain = plain && key->kind == ExpressionKind::kColumn;
  }
  for (plan::AggregateCall& call : aggregates_) {
    for (ExpressionPtr& arg : call.args) {
      FLOE_TRY(arg, over_base(arg));
    }
    if (call.filter != nullptr) {
      FLOE_TRY(call.filter, over_base(call.filter));
    }
  }
  if (plain) {
    for (const ExpressionPtr& key : keys_) keys.push_back(key->column);
    return {};
  }
  std::vector<ExpressionPtr> list;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < base.scope.columns.size(); ++i) {
    list.push_back(plan::Column(static_cast<int>(i), base.scope.columns[i].type));
    names.push_back(base.scope.columns[i].name);
  }
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    if (keys_[i]->kind == ExpressionKind::kColumn) {
      keys.push_back(keys_[i]->column);
      continue;
    }
    keys.push_back(static_cast<int>(list.size()));
    list.push_back(keys_[i]);
    names.push_back(key_names_[i]);
  }
  base = MakeProject(base, std::move(list), names);
  return {};
}

Result<Relation> SelectPlanner::BuildGroups() {
  for (std::size_t i = 0; i < keys_.size(); ++i) placement_[i] = static_cast<int>(i);
  auto k = static_cast<int>(keys_.size());
  auto a = static_cast<int>(aggregates_.size());
  bool windowed = unwindowed_.has_value() || legacy_.has_value() || attached_.has_value();
  for (int i = 0; i < a; ++i) placement_[static_cast<std::size_t>(kAggregateBase + i)] = k + i;
  for (int i = 0; i < 3; ++i) placement_[static_cast<std::size_t>(kWindowBase + i)] = k + a + i;
  for (std::size_t i = 0; i < groupings_.size(); ++i)
    placement_[static_cast<std::size_t>(kGroupingBase) + i] = k + a + (windowed ? 3 : 0) + static_cast<int>(i);
  Relation base = attached_ ? WithAttachedTime() : input_;
  if (unwindowed_) {
    base.node = unwindowed_->input;
    base.scope = {};
    for (const data::Field& field : base.node->schema.fields) {
      base.scope.columns.push_back({.name = field.name, .type = field.type, .time = field.time_attribute});
    }
    base.scope.tables.emplace_back();
  }
  if (attached_) attached_time_ = static_cast<int>(base.scope.columns.size()) - 1;
  std::vector<int> columns;
  FLOE_TRY_VOID(PlaceKeys(base, columns, unwindowed_ ? &unwindowed_->columns : nullptr));
  for (int i = 0; i < a; ++i) {
    plan::AggregateCall& call = aggregates_[static_cast<std::size_t>(i)];
    call.name = fmt::format("{}${}", call.function, i);
  }
  if (!sets_.empty()) return AggregatedSets(base, columns);
  std::vector<int> all;
  for (int i = 0; i < k; ++i) all.push_back(i);
  return Aggregated(base, columns, all);
}

Relation SelectPlanner::Aggregated(const Relation& base, const std::vector<int>& columns,
                                   const std::vector<int>& keys) {
  Relation output;
  output.scope.tables.emplace_back();
  std::vector<int> inputs;
  for (int key : keys) {
    auto i = static_cast<std::size_t>(key);
    inputs.push_back(columns[i]);
    output.scope.columns.push_back({.name = key_names_[i], .type = keys_[i]->type});
  }
  for (const plan::AggregateCall& call : aggregates_)
    output.scope.columns.push_back({.name = call.name, .type = call.type});
  TextPosition position = select_.group_by_span.position;
  if (!unwindowed_ && !legacy_ && !attached_) {
    output.node = MakeNode(plan::Aggregate{base.node, inputs, aggregates_}, output.scope.schema(), position);
    return output;
  }
  plan::WindowSpec window = unwindowed_ ? unwindowed_->window : legacy_ ? *legacy_ : *attached_;
  if (legacy_) window.time_column = legacy_time_->column;
  if (attached_) window = Again(*attached_, attached_time_);
  std::size_t start = output.scope.columns.size();
  output.scope.columns.push_back({.name = "window_start", .type = window_type_, .role = WindowRole::kStart});
  output.scope.columns.push_back({.name = "window_end", .type = window_type_, .role = WindowRole::kEnd});
  output.scope.columns.push_back(
      {.name = "window_time", .type = window_type_, .time = window_attribute_, .role = WindowRole::kTime});
  output.node =
      MakeNode(plan::WindowAggregate{base.node, window, inputs, aggregates_}, output.scope.schema(), position);
  if (attached_ && attached_->kind != plan::WindowKind::kTumble) output = WithStart(output, *attached_, start);
  return LocalWindow(output, start, session_.zone);
}

}  // namespace floe::sql::planner
