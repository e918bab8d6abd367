// SPDX-License-Identifier: Apache-2.0
#include "sql/planner/time_travel.h"

#include <fmt/format.h>

#include "sql/bind/casts.h"
#include "sql/bind/expression_binder.h"
#include "sql/bind/functions_internal.h"
#include "sql/bind/zone.h"

namespace floe::sql::planner {
namespace {

using data::Type;
using data::TypeKind;
using plan::ExpressionPtr;

constexpr std::int64_t kDayUs = 86'400'000'000;

/// Microseconds of a constant of a time type; kInvalidInput for NULL.
Result<std::int64_t> ValueOf(const ExpressionPtr& value, const TimeOf& time_of, TextPosition position) {
  if (auto literal = bind::IntegerOf(value)) return *literal;
  if (!time_of) return bind::NotSupportedAt(position, "AS OF takes a literal here");
  auto micros = time_of(*value);
  if (!micros) {
    if (micros.error().position()) return Fail(std::move(micros).error());
    return Fail(std::move(micros).error().WithPosition(position));
  }
  if (!*micros) return bind::FailAt(position, "AS OF takes a time; this expression is NULL");
  return **micros;
}

/// The instant at which a clock in the zone shows `local`, as java.time's LocalDateTime.atZone has it: with the offset
/// from before a change of the clocks wherever that one fits.
Result<std::int64_t> InstantOf(std::int64_t local, const std::string& zone, const TimeOf& time_of,
                               TextPosition position) {
  if (auto offset = bind::FixedOffsetMs(zone)) return local - *offset * 1000;
  auto shown = [&](std::int64_t instant) {
    return ValueOf(bind::ToLocal(plan::Literal(instant, Type::TimestampLtz(6)), zone), time_of, position);
  };
  FLOE_TRY(std::int64_t instant,
           ValueOf(bind::FromLocal(plan::Literal(local, Type::Timestamp(6)), zone), time_of, position));
  const std::int64_t day_before = instant - kDayUs;
  FLOE_TRY(std::int64_t shown_before, shown(day_before));
  const std::int64_t first = local - (shown_before - day_before);
  FLOE_TRY(std::int64_t shown_first, shown(first));
  return shown_first == local ? first : instant;
}

Status ApplyVersion(const ExpressionPtr& value, TextPosition position, plan::Scan& scan) {
  if (auto number = bind::IntegerOf(value)) {
    scan.as_of_snapshot = *number;
  } else if (auto text = bind::TextOf(value)) {
    scan.as_of_ref = *text;
  } else {
    return bind::FailAt(position, "VERSION AS OF takes a snapshot id, or a branch or tag in quotes");
  }
  return {};
}

}  // namespace

Status ApplyTimeTravel(const dialect::TimeTravel& as_of, const bind::Session& session, const TimeOf& time_of,
                       plan::Scan& scan) {
  const TextPosition position = as_of.value.span.position;
  bind::Scope none;
  bind::Session constants = session;
  constants.outer = nullptr;
  constants.plan_subquery = {};
  auto bound = bind::ExpressionBinder(none, constants).Bind(as_of.value);
  if (!bound) return Fail(std::move(bound).error().WithContext("in AS OF, which takes a constant"));
  const ExpressionPtr& value = *bound;
  if (as_of.kind == dialect::TravelKind::kVersion) return ApplyVersion(value, position, scan);
  if (!value->type.IsTimestamp()) {
    return bind::FailAt(
        position, fmt::format("AS OF takes a TIMESTAMP or TIMESTAMP_LTZ; this is {}; write TIMESTAMP '2024-01-31 "
                              "12:00:00', TO_TIMESTAMP_LTZ(1706702400000, 3) or CURRENT_TIMESTAMP - INTERVAL '1' HOUR",
                              value->type.WithNullable(true).ToString()));
  }
  FLOE_TRY(std::int64_t micros, ValueOf(value, time_of, position));
  if (value->type.kind() == TypeKind::kTimestamp) {
    FLOE_TRY(micros, InstantOf(micros, session.zone, time_of, position));
  }
  scan.as_of_timestamp_ms = micros / 1000;
  return {};
}

}  // namespace floe::sql::planner
