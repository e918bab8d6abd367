// SPDX-License-Identifier: Apache-2.0
// FROM: tables, views, WITH names, sub-queries, window functions, joins.
#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "sql/bind/functions_internal.h"
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

/// Offsets from UTC that are a whole number of hours all year, as far as names tell.
bool HasWholeHours(const std::string& zone) {
  return zone.starts_with("Europe/") || zone.starts_with("Africa/") || zone.starts_with("US/") ||
         (zone.starts_with("America/") && zone != "America/St_Johns");
}

/// TIMESTAMP_LTZ windows are aligned to the session's wall clock.
Status AlignToZone(plan::WindowSpec& window, const std::string& zone, TextPosition position) {
  std::int64_t step = window.step_ms > 0 && window.kind == WindowKind::kHop ? window.step_ms : window.size_ms;
  if (std::optional<std::int64_t> offset = bind::FixedOffsetMs(zone)) {
    window.offset_ms = (window.offset_ms - *offset) % step;
    return {};
  }
  std::int64_t grain = HasWholeHours(zone) ? 3'600'000 : 900'000;
  if (grain % step == 0) return {};
  return bind::NotSupportedAt(
      position,
      fmt::format("windows of this size over TIMESTAMP_LTZ are not supported in the time zone {}, whose offset "
                  "changes; SET 'table.local-time-zone' = 'UTC', or use a TIMESTAMP(3) column",
                  zone));
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
  if ((*table)->kind == catalog::TableKind::kTable) return PlanTable(**table, named.hints, named.as_of.get(), position);
  auto view = PlanView(**table);
  if (!view) return Fail(std::move(view).error().WithPosition(position));  // not a place in the view's own text
  view->scope.Rename((*table)->path.name);
  return view;
}

Result<Relation> QueryPlanner::PlanView(const catalog::CatalogTable& view) {
  constexpr int kMaxDepth = 50;
  if (view_depth_ >= kMaxDepth)
    return Fail(ErrorKind::kInvalidInput, fmt::format("view {} refers to itself", view.path.ToString()));
  FLOE_TRY(dialect::Query query, dialect::ParseQuery(view.view_query));
  std::string catalog = std::exchange(catalog_, view.view_catalog);
  std::string database = std::exchange(database_, view.view_database);
  auto with = std::exchange(with_, {});
  ++view_depth_;
  auto planned = PlanQuery(query);
  --view_depth_;
  with_ = std::move(with);
  catalog_ = std::move(catalog);
  database_ = std::move(database);
  if (!planned) return Fail(std::move(planned.error()).WithContext("in view " + view.path.ToString()));
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
  if (IsWindowName(name)) return PlanWindow(name, call, position);
  return bind::NotSupportedAt(position,
                              fmt::format("there is no table function {}; there are TUMBLE, HOP and CUMULATE", name));
}

Result<Relation> QueryPlanner::PlanWindow(const std::string& name, const dialect::Call& call, TextPosition position) {
  if (name == "SESSION")
    return bind::NotSupportedAt(position, "SESSION windows are not supported; use TUMBLE, HOP or CUMULATE");
  FLOE_TRY(auto arguments, Ordered(name, call));
  const auto* table =
      arguments.empty() || arguments[0] == nullptr ? nullptr : arguments[0]->As<dialect::TableArgument>();
  const auto* descriptor =
      arguments.size() < 2 || arguments[1] == nullptr ? nullptr : arguments[1]->As<dialect::Descriptor>();
  if (table == nullptr || descriptor == nullptr || descriptor->columns.size() != 1)
    return bind::FailAt(position, "write " + WindowSyntax(name));
  Relation input;
  if (table->query) {
    FLOE_TRY(input, PlanQuery(*table->query));
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
    std::string source = table->query ? "the sub-query" : "table '" + table->table.ToString() + "'";
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
  FLOE_TRY(plan::WindowSpec spec,
           MakeWindowSpec(name, std::move(intervals), time.type, proctime, session_.zone, position));
  spec.time_column = resolved.column;

  Relation windowed = input;
  Degrade(windowed.scope);
  Type edge = time.type.WithNullable(false);
  std::size_t start = windowed.scope.columns.size();
  windowed.scope.columns.push_back({.name = "window_start", .type = edge, .role = bind::WindowRole::kStart});
  windowed.scope.columns.push_back({.name = "window_end", .type = edge, .role = bind::WindowRole::kEnd});
  windowed.scope.columns.push_back(
      {.name = "window_time", .type = edge, .time = time.time, .role = bind::WindowRole::kTime});
  if (!session_.streaming) windowed.scope.columns.back().time = TimeAttribute::kRowtime;
  windowed.node = MakeNode(plan::WindowAssign{input.node, spec}, windowed.scope.schema(), position);
  return LocalWindow(windowed, start, session_.zone);
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
  if (join.natural || !join.with_columns.empty()) {
    return bind::NotSupportedAt(position,
                                "NATURAL JOIN and JOIN ... USING are not supported; write JOIN ... ON a.x = b.x");
  }
  for (std::size_t i = 0; i < joined.scope.columns.size(); ++i) {
    bind::ScopeColumn& column = joined.scope.columns[i];
    if (i < width ? null_left : null_right) column.type = column.type.WithNullable(true);
  }
  joined.node =
      MakeNode(plan::Join{JoinTypeOf(join.kind), left.node, right.node, condition}, joined.scope.schema(), position);
  return joined;
}

}  // namespace floe::sql::planner
