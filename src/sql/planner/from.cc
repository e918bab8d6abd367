// SPDX-License-Identifier: Apache-2.0
// FROM: tables, views, WITH names, sub-queries, window functions, joins.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "sql/bind/functions_internal.h"
#include "sql/bind/zone.h"
#include "sql/dialect/parser.h"
#include "sql/planner/query_planner.h"

namespace floe::sql::planner {
namespace {

using data::TimeAttribute;
using data::Type;
using data::TypeKind;
using plan::ExpressionPtr;
using plan::WindowKind;

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

bool IsWindowName(const std::string& name) {
  return name == "TUMBLE" || name == "HOP" || name == "CUMULATE" || name == "SESSION";
}

/// TUMBLE(DATA => ..., TIMECOL => ..., SIZE => ...) in the order of its positional form.
Result<std::vector<const dialect::Expression*>> Ordered(const std::string& name, const dialect::Call& call) {
  std::vector<std::string> order = {"DATA", "TIMECOL"};
  if (name == "HOP") order.insert(order.end(), {"SLIDE", "SIZE", "OFFSET"});
  if (name == "CUMULATE") order.insert(order.end(), {"STEP", "SIZE", "OFFSET"});
  if (name == "TUMBLE") order.insert(order.end(), {"SIZE", "OFFSET"});
  std::vector<const dialect::Expression*> arguments(order.size(), nullptr);
  for (std::size_t i = 0; i < call.arguments.size(); ++i) {
    const dialect::Argument& argument = call.arguments[i];
    std::size_t slot = i;
    if (!argument.name.text.empty()) {
      slot = static_cast<std::size_t>(std::ranges::find(order, Upper(argument.name.text)) - order.begin());
    }
    if (slot >= order.size()) {
      return bind::FailAt(argument.value.span.position,
                          fmt::format("{}: too many arguments, or an unknown one '{}'", name, argument.name.text));
    }
    arguments[slot] = &argument.value;
  }
  while (!arguments.empty() && arguments.back() == nullptr) arguments.pop_back();
  return arguments;
}

std::string WindowSyntax(const std::string& name) {
  if (name == "HOP") return "HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE): slide, then size";
  if (name == "CUMULATE")
    return "CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '1' HOUR): step, then maximal size";
  return "TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE)";
}

/// TIMESTAMP_LTZ windows are aligned to the session's wall clock.
Status AlignToZone(plan::WindowSpec& window, const std::string& zone, TextPosition position) {
  std::int64_t step = window.step_ms > 0 && window.kind == WindowKind::kHop ? window.step_ms : window.size_ms;
  if (std::optional<std::int64_t> offset = bind::FixedOffsetMs(zone)) {
    window.offset_ms = (window.offset_ms - *offset) % step;
    return {};
  }
  // Flink's windows are those of the wall clock: the hour that comes twice is one window.
  return bind::NotSupportedAt(
      position, fmt::format("streaming windows over TIMESTAMP_LTZ are not supported in the time zone {}, whose offset "
                            "changes; SET 'table.local-time-zone' = 'UTC', or use a TIMESTAMP(3) column",
                            zone));
}

void AddWindowColumns(bind::Scope& scope, const Type& time, TimeAttribute attribute) {
  Type edge = time.WithNullable(false);
  scope.columns.push_back({.name = "window_start", .type = edge, .role = bind::WindowRole::kStart});
  scope.columns.push_back({.name = "window_end", .type = edge, .role = bind::WindowRole::kEnd});
  scope.columns.push_back({.name = "window_time", .type = edge, .time = attribute, .role = bind::WindowRole::kTime});
}

void Degrade(bind::Scope& scope) {
  for (bind::ScopeColumn& column : scope.columns) column.time = TimeAttribute::kNone;
}

plan::JoinType JoinTypeOf(dialect::JoinKind kind) {
  switch (kind) {
    case dialect::JoinKind::kInner: return plan::JoinType::kInner;
    case dialect::JoinKind::kLeft: return plan::JoinType::kLeft;
    case dialect::JoinKind::kRight: return plan::JoinType::kRight;
    case dialect::JoinKind::kFull: return plan::JoinType::kFull;
    case dialect::JoinKind::kCross: return plan::JoinType::kCross;
  }
  return plan::JoinType::kInner;
}

/// Columns of both sides that are one in the result: their places left and right.
using Shared = std::vector<std::pair<int, int>>;

/// Of USING (...), or those that have the same name in NATURAL.
Result<Shared> SharedColumns(const dialect::Join& join, const bind::Scope& left, const bind::Scope& right,
                             TextPosition position) {
  Shared shared;
  if (!join.natural && join.with_columns.empty()) return shared;
  if (join.kind == dialect::JoinKind::kFull)
    return bind::NotSupportedAt(position, "FULL JOIN with USING or NATURAL is not supported; write ON a.x = b.x");
  std::vector<dialect::Identifier> names = join.with_columns;
  if (join.natural) {
    for (const bind::ScopeColumn& column : left.columns) {
      if (!column.hidden &&
          std::ranges::find(right.columns, column.name, &bind::ScopeColumn::name) != right.columns.end())
        names.push_back({.text = column.name, .quoted = false, .span = {.position = position}});
    }
  }
  for (const dialect::Identifier& name : names) {
    FLOE_TRY(bind::ResolvedName a, bind::ResolveName(left, {name}));
    FLOE_TRY(bind::ResolvedName b, bind::ResolveName(right, {name}));
    shared.emplace_back(a.column, b.column);
  }
  return shared;
}

Result<ExpressionPtr> EqualColumns(const Shared& shared, const bind::Scope& left, const bind::Scope& right,
                                   const bind::Session& session, TextPosition position) {
  std::vector<ExpressionPtr> parts;
  auto width = static_cast<int>(left.columns.size());
  for (const auto& [a, b] : shared) {
    ExpressionPtr l = plan::Column(a, left.columns[static_cast<std::size_t>(a)].type);
    ExpressionPtr r = plan::Column(width + b, right.columns[static_cast<std::size_t>(b)].type);
    FLOE_TRY(ExpressionPtr equal, bind::BindComparison("=", std::move(l), std::move(r), session, position));
    parts.push_back(std::move(equal));
  }
  return plan::And(std::move(parts));
}

/// The shared columns first, of the side that always has a row; those of the other side keep their place, hidden.
Relation SharedOnce(const Relation& joined, const Shared& shared, std::size_t width, bool from_right) {
  std::vector<int> order;
  std::vector<bool> hidden(joined.scope.columns.size());
  std::vector<bool> moved(joined.scope.columns.size());
  for (const auto& [a, b] : shared) {
    int right = static_cast<int>(width) + b;
    order.push_back(from_right ? right : a);
    moved[static_cast<std::size_t>(order.back())] = true;
    hidden[static_cast<std::size_t>(from_right ? a : right)] = true;
  }
  for (std::size_t i = 0; i < moved.size(); ++i) {
    if (!moved[i]) order.push_back(static_cast<int>(i));
  }
  std::vector<ExpressionPtr> list;
  std::vector<std::string> names;
  bind::Scope scope{.tables = joined.scope.tables, .columns = {}};
  for (int column : order) {
    const bind::ScopeColumn& from = joined.scope.columns[static_cast<std::size_t>(column)];
    list.push_back(plan::Column(column, from.type));
    names.push_back(from.name);
    scope.columns.push_back(from);
    scope.columns.back().hidden = from.hidden || hidden[static_cast<std::size_t>(column)];
  }
  Relation output = MakeProject(joined, std::move(list), names);
  output.scope = std::move(scope);
  return output;
}

}  // namespace

Result<Relation> QueryPlanner::PlanReference(const dialect::TableReference& reference) {
  FLOE_TRY(Relation relation, PlanReferenceNode(reference));
  if (!reference.alias.text.empty()) relation.scope.Rename(reference.alias.text);
  const auto& names = reference.column_aliases;
  if (names.empty()) return relation;
  if (names.size() != relation.scope.columns.size()) {
    return bind::FailAt(reference.span.position,
                        fmt::format("{} column names for {} columns", names.size(), relation.scope.columns.size()));
  }
  for (std::size_t i = 0; i < names.size(); ++i) relation.scope.columns[i].name = names[i].text;
  return relation;
}

Result<Relation> QueryPlanner::PlanReferenceNode(const dialect::TableReference& reference) {
  TextPosition position = reference.span.position;
  if (const auto* named = reference.As<dialect::NamedTable>()) return PlanNamed(*named, position);
  if (const auto* derived = reference.As<dialect::DerivedTable>()) {
    if (derived->lateral) return bind::NotSupportedAt(position, "LATERAL is not supported");
    return PlanQuery(*derived->query);
  }
  if (const auto* function = reference.As<dialect::TableFunction>()) return PlanTableFunction(function->call, position);
  if (const auto* join = reference.As<dialect::Join>()) return PlanJoin(*join, position);
  if (reference.As<dialect::Unnest>() != nullptr) return bind::NotSupportedAt(position, "UNNEST is not supported");
  return bind::NotSupportedAt(position, "MATCH_RECOGNIZE is not supported");
}

Result<Relation> QueryPlanner::PlanNamed(const dialect::NamedTable& named, TextPosition position) {
  if (named.name.parts.size() == 1) {
    for (auto frame = with_.rbegin(); frame != with_.rend(); ++frame) {
      auto found = frame->find(named.name.parts[0].text);
      if (found == frame->end()) continue;
      Relation relation = found->second;
      relation.scope.Rename(found->first);
      return relation;
    }
  }
  auto table = Find(named.name);
  if (!table) {
    if (table.error().position()) return Fail(std::move(table).error());
    return Fail(std::move(table).error().WithPosition(position));
  }
  if (named.as_of && named.as_of->kind == dialect::TravelKind::kSystemTime && session_.streaming) {
    return bind::NotSupportedAt(named.as_of->span.position,
                                "FOR SYSTEM_TIME AS OF joins are not supported in streaming mode");
  }
  if ((*table)->kind == catalog::TableKind::kView && !named.hints.empty()) {
    return bind::FailAt(named.hints[0].span.position,
                        fmt::format("{} is a view; OPTIONS hints go behind tables, inside the view's query",
                                    (*table)->path.ToString()));
  }
  if ((*table)->kind == catalog::TableKind::kTable) return PlanTable(**table, named.hints, named.as_of.get(), position);
  auto view = PlanView(**table);
  if (!view) return Fail(std::move(view).error().WithPosition(position));  // not a place in the view's own text
  view->scope.Rename((*table)->path.name);
  return view;
}

Result<Relation> QueryPlanner::PlanView(const catalog::CatalogTable& view) {
  constexpr std::size_t kMaxDepth = 50;
  if (std::ranges::find(views_, view.path) != views_.end())
    return Fail(ErrorKind::kInvalidInput, fmt::format("view {} reads itself", view.path.ToString()));
  if (views_.size() >= kMaxDepth) {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("view {} lies below {} other views; at most {} may lie in each other", view.path.ToString(),
                            views_.size(), kMaxDepth));
  }
  auto query = dialect::ParseQuery(view.view_query);
  std::string what = "view " + view.path.ToString();
  if (!query) return Fail(InStoredText(query.error(), view.view_query, what, {}));
  std::string catalog = std::exchange(catalog_, view.view_catalog);
  std::string database = std::exchange(database_, view.view_database);
  auto with = std::exchange(with_, {});
  bind::OuterQuery* outer = std::exchange(session_.outer, nullptr);
  views_.push_back(view.path);
  auto planned = PlanQuery(*query);
  views_.pop_back();
  with_ = std::move(with);
  session_.outer = outer;
  catalog_ = std::move(catalog);
  database_ = std::move(database);
  if (!planned) return Fail(InStoredText(planned.error(), view.view_query, what, {}));
  if (!view.view_columns.empty() && view.view_columns.size() != planned->scope.columns.size()) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("view {} names {} columns, and its query gives {}", view.path.ToString(),
                            view.view_columns.size(), planned->scope.columns.size()));
  }
  for (std::size_t i = 0; i < view.view_columns.size(); ++i) {
    planned->scope.columns[i].name = view.view_columns[i];
  }
  return planned;
}

Result<Relation> QueryPlanner::PlanTableFunction(const dialect::Call& call, TextPosition position) {
  std::string name = Upper(call.name.parts.back().text);
  if (IsWindowName(name)) {
    FLOE_TRY(Relation windowed, PlanWindow(name, call, position));
    for (bind::ScopeTable& table : windowed.scope.tables) table.borrowed = true;
    return windowed;
  }
  return bind::NotSupportedAt(position,
                              fmt::format("there is no table function {}; there are TUMBLE, HOP and CUMULATE", name));
}

Result<Relation> QueryPlanner::PlanWindow(const std::string& name, const dialect::Call& call, TextPosition position) {
  if (name == "SESSION")
    return bind::NotSupportedAt(position, "SESSION windows are not supported; use TUMBLE, HOP or CUMULATE");
  FLOE_TRY(auto arguments, Ordered(name, call));
  const auto* table =
      arguments.empty() || arguments[0] == nullptr ? nullptr : arguments[0]->As<dialect::TableArgument>();
  const auto* query = arguments.empty() || arguments[0] == nullptr ? nullptr : arguments[0]->As<dialect::ScalarQuery>();
  const auto* descriptor =
      arguments.size() < 2 || arguments[1] == nullptr ? nullptr : arguments[1]->As<dialect::Descriptor>();
  if ((table == nullptr && query == nullptr) || descriptor == nullptr || descriptor->columns.size() != 1)
    return bind::FailAt(position, "write " + WindowSyntax(name));
  Relation input;
  if (query != nullptr || table->query) {
    FLOE_TRY(input, PlanQuery(query != nullptr ? *query->query : *table->query));
  } else {
    FLOE_TRY(input, PlanNamed({.name = table->table}, arguments[0]->span.position));
  }
  const dialect::Identifier& time_name = descriptor->columns[0];
  FLOE_TRY(bind::ResolvedName resolved, bind::ResolveName(input.scope, {time_name}));
  const bind::ScopeColumn time = input.scope.columns[static_cast<std::size_t>(resolved.column)];
  if (!time.type.IsTimestamp() || (session_.streaming && time.time == TimeAttribute::kNone)) {
    if (!time.type.IsTimestamp()) {
      return bind::FailAt(time_name.span.position,
                          fmt::format("a window needs a time attribute, and column '{}' is {}; name a TIMESTAMP(3) or "
                                      "TIMESTAMP_LTZ(3) column that has a WATERMARK, or compute one with TO_TIMESTAMP "
                                      "or TO_TIMESTAMP_LTZ in the CREATE TABLE",
                                      time_name.text, time.type.WithNullable(true).ToString()));
    }
    std::string source = query != nullptr || table->query ? "the sub-query" : "table '" + table->table.ToString() + "'";
    return bind::FailAt(time_name.span.position,
                        fmt::format("a window needs a time attribute, and column '{0}' ({1}) of {2} is none; add to "
                                    "its CREATE TABLE: WATERMARK FOR "
                                    "{0} AS {0} - INTERVAL '5' SECOND",
                                    time_name.text, time.type.WithNullable(true).ToString(), source));
  }
  std::vector<ExpressionPtr> intervals;
  bind::Scope none;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    if (arguments[i] == nullptr) return bind::FailAt(position, "write " + WindowSyntax(name));
    FLOE_TRY(ExpressionPtr interval, bind::ExpressionBinder(none, session_).Bind(*arguments[i]));
    intervals.push_back(std::move(interval));
  }
  bool proctime = time.time == TimeAttribute::kProctime;
  // In batch nothing waits for a watermark: in a zone whose offset changes, windows go by its wall clock.
  bool wall_clock =
      !session_.streaming && time.type.kind() == TypeKind::kTimestampLtz && !bind::FixedOffsetMs(session_.zone);
  Type time_type = wall_clock ? Type::Timestamp(time.type.precision()) : time.type;
  FLOE_TRY(plan::WindowSpec spec,
           MakeWindowSpec(name, std::move(intervals), time_type, proctime, session_.zone, position));
  spec.time_column = resolved.column;
  if (wall_clock) return WindowByWallClock(input, spec, position);

  Relation windowed = input;
  Degrade(windowed.scope);
  std::size_t start = windowed.scope.columns.size();
  TimeAttribute attribute = session_.streaming ? time.time : TimeAttribute::kRowtime;
  AddWindowColumns(windowed.scope, time.type, attribute);
  windowed.node = MakeNode(plan::WindowAssign{input.node, spec}, windowed.scope.schema(), position);
  return LocalWindow(windowed, start, session_.zone);
}

/// Windows over the instant's local time; window_time is an instant again.
Relation QueryPlanner::WindowByWallClock(const Relation& input, plan::WindowSpec spec, TextPosition position) const {
  std::vector<ExpressionPtr> list;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < input.scope.columns.size(); ++i) {
    list.push_back(plan::Column(static_cast<int>(i), input.scope.columns[i].type));
    names.push_back(input.scope.columns[i].name);
  }
  std::size_t width = list.size();
  list.push_back(bind::ToLocal(list[static_cast<std::size_t>(spec.time_column)], session_.zone));
  names.emplace_back("$local");
  Type local = list.back()->type;
  Relation timed = MakeProject(input, std::move(list), names);
  spec.time_column = static_cast<int>(width);
  Relation windowed = timed;
  AddWindowColumns(windowed.scope, local, TimeAttribute::kRowtime);
  windowed.node = MakeNode(plan::WindowAssign{timed.node, spec}, windowed.scope.schema(), position);
  list.clear();
  names.clear();
  for (std::size_t i = 0; i < windowed.scope.columns.size(); ++i) {
    if (i == width) continue;
    list.push_back(plan::Column(static_cast<int>(i), windowed.scope.columns[i].type));
    names.push_back(windowed.scope.columns[i].name);
  }
  list.back() = bind::FromLocal(list.back(), session_.zone);
  Relation output = MakeProject(windowed, std::move(list), names);
  output.scope.tables = input.scope.tables;
  for (std::size_t i = 0; i < width; ++i) {
    output.scope.columns[i].table = input.scope.columns[i].table;
    output.scope.columns[i].time = TimeAttribute::kNone;
  }
  output.scope.columns.back().role = bind::WindowRole::kTime;
  output.scope.columns.back().time = TimeAttribute::kRowtime;
  return output;
}

Relation LocalWindow(const Relation& windowed, std::size_t start, const std::string& zone) {
  if (windowed.scope.columns[start].type.kind() != TypeKind::kTimestampLtz) return windowed;
  std::vector<ExpressionPtr> expressions;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < windowed.scope.columns.size(); ++i) {
    ExpressionPtr e = plan::Column(static_cast<int>(i), windowed.scope.columns[i].type);
    expressions.push_back(i == start || i == start + 1 ? bind::ToLocal(e, zone) : e);
    names.push_back(windowed.scope.columns[i].name);
  }
  Relation local = MakeProject(windowed, std::move(expressions), names);
  local.scope.tables = windowed.scope.tables;
  for (std::size_t i = 0; i < names.size(); ++i) {
    local.scope.columns[i].role = windowed.scope.columns[i].role;
    local.scope.columns[i].table = windowed.scope.columns[i].table;
  }
  return local;
}

Result<plan::WindowSpec> MakeWindowSpec(const std::string& name, std::vector<ExpressionPtr> intervals,
                                        const Type& time_type, bool proctime, const std::string& zone,
                                        TextPosition position) {
  plan::WindowSpec window{.proctime = proctime};
  if (name == "HOP") window.kind = WindowKind::kHop;
  if (name == "CUMULATE") window.kind = WindowKind::kCumulate;
  std::vector<std::int64_t> millis;
  for (const ExpressionPtr& interval : intervals) {
    std::optional<std::int64_t> value = bind::IntegerOf(interval);
    if (!value || interval->type.kind() != TypeKind::kIntervalDayTime) {
      return bind::FailAt(interval->position, fmt::format("{}: sizes are constant intervals of days or less; write {}",
                                                          name, WindowSyntax(name)));
    }
    millis.push_back(*value);
  }
  std::size_t needed = window.kind == WindowKind::kTumble ? 1 : 2;
  if (millis.size() < needed || millis.size() > needed + 1)
    return bind::FailAt(position, "write " + WindowSyntax(name));
  window.size_ms = millis[needed - 1];
  if (needed == 2) window.step_ms = millis[0];
  if (millis.size() > needed) window.offset_ms = millis.back();
  if (window.size_ms <= 0 || (needed == 2 && window.step_ms <= 0))
    return bind::FailAt(position, name + ": sizes must be over 0");
  if (needed == 2 && window.size_ms % window.step_ms != 0) {
    return bind::FailAt(position, fmt::format("{}: the size ({} ms) must be a multiple of the {} ({} ms)", name,
                                              window.size_ms, name == "HOP" ? "slide" : "step", window.step_ms));
  }
  if (time_type.kind() == TypeKind::kTimestampLtz) FLOE_TRY_VOID(AlignToZone(window, zone, position));
  return window;
}

Result<Relation> QueryPlanner::PlanJoin(const dialect::Join& join, TextPosition position) {
  FLOE_TRY(Relation left, PlanReference(*join.left));
  FLOE_TRY(Relation right, PlanReference(*join.right));
  Relation joined = left;
  joined.scope.Append(right.scope);
  Degrade(joined.scope);
  bool null_left = join.kind == dialect::JoinKind::kRight || join.kind == dialect::JoinKind::kFull;
  bool null_right = join.kind == dialect::JoinKind::kLeft || join.kind == dialect::JoinKind::kFull;
  std::size_t width = left.scope.columns.size();
  ExpressionPtr condition;
  if (join.on) {
    FLOE_TRY(condition, bind::ExpressionBinder(joined.scope, session_).BindCondition(*join.on, "JOIN ... ON"));
  }
  FLOE_TRY(auto shared, SharedColumns(join, left.scope, right.scope, position));
  if (!shared.empty()) {
    FLOE_TRY(condition, EqualColumns(shared, left.scope, right.scope, session_, position));
  }
  for (std::size_t i = 0; i < joined.scope.columns.size(); ++i) {
    bind::ScopeColumn& column = joined.scope.columns[i];
    if (i < width ? null_left : null_right) column.type = column.type.WithNullable(true);
  }
  bool cross = condition == nullptr && join.natural;
  joined.node =
      MakeNode(plan::Join{cross ? plan::JoinType::kCross : JoinTypeOf(join.kind), left.node, right.node, condition},
               joined.scope.schema(), position);
  return shared.empty() ? joined : SharedOnce(joined, shared, width, null_left);
}

}  // namespace floe::sql::planner
