// SPDX-License-Identifier: Apache-2.0
// Temporal functions. Everything calendar-like is computed on TIMESTAMP without zone; instants are seen in the
// session's zone.
#include <array>

#include <fmt/format.h>

#include "sql/bind/date_format.h"
#include "sql/bind/functions_internal.h"
#include "sql/bind/types.h"

namespace floe::sql::bind {
namespace {

using data::TypeKind;
using plan::ExpressionPtr;
using Built = Result<ExpressionPtr>;

struct Unit {
  std::string_view name;
  std::string_view duck;  ///< DuckDB's word for date_trunc
  std::int64_t millis;    ///< 0 for calendar units
  std::int64_t months;    ///< 0 for exact units
};

constexpr std::array kUnits = std::to_array<Unit>({
    {"MILLISECOND", "millisecond", 1, 0},
    {"SECOND", "second", 1000, 0},
    {"MINUTE", "minute", 60'000, 0},
    {"HOUR", "hour", 3'600'000, 0},
    {"DAY", "day", 86'400'000, 0},
    {"WEEK", "week", 604'800'000, 0},
    {"MONTH", "month", 0, 1},
    {"QUARTER", "quarter", 0, 3},
    {"YEAR", "year", 0, 12},
});

Result<Unit> UnitOf(const CallSite& site, std::string word) {
  if (word.starts_with("SQL_TSI_")) word = word.substr(8);
  if (word.size() > 1 && word.ends_with('S')) word.pop_back();
  for (const Unit& unit : kUnits) {
    if (unit.name == word) return unit;
  }
  return FailAt(
      site, fmt::format(
                "{}: unknown unit {}; it is one of MILLISECOND, SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER, YEAR",
                site.name, word));
}

std::string Upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

// ---- now ----

ExpressionPtr Now(const CallSite& site) {
  Type type = Type::TimestampLtz(3).WithNullable(false);
  if (!site.session.streaming) return plan::Literal(site.session.now_us / 1000 * 1000, type, site.position);
  return plan::Call("floe_now", {}, type, site.position);
}
Built CurrentTimestamp(const CallSite& site) {
  return Now(site);
}
Built CurrentRowTimestamp(const CallSite& site) {
  return plan::Call("floe_now", {}, Type::TimestampLtz(3).WithNullable(false), site.position);
}
Built LocalTimestamp(const CallSite& site) {
  return ToLocal(Now(site), site.session.zone);
}
Built CurrentDate(const CallSite& site) {
  return MakeCast(Now(site), Type(TypeKind::kDate), CastMode::kExplicit, site.session.zone);
}
Built LocalTime(const CallSite& site) {
  return MakeCast(Now(site), Type::Time(0), CastMode::kExplicit, site.session.zone);
}

ExpressionPtr EpochSeconds(ExpressionPtr instant, TextPosition position) {
  ExpressionPtr millis = Strict("epoch_ms", {std::move(instant)}, Type::BigInt(), position);
  return Strict("floe_divide", {millis, BigIntLiteral(1000)}, Type::BigInt(), position);
}

// ---- text and time ----

/// The DuckDB format of a constant Java pattern.
Result<std::string> PatternOf(const CallSite& site, std::size_t index) {
  std::optional<std::string> pattern = TextOf(site.args[index]);
  if (!pattern) return NotSupportedAt(site.args[index]->position, site.name + ": the pattern must be a constant text");
  Result<std::string> format = FormatFromJavaPattern(*pattern);
  if (!format) return Fail(std::move(format.error()).WithPosition(site.args[index]->position));
  return format;
}

Built DateFormat(const CallSite& site) {
  FLOE_TRY(std::string format, PatternOf(site, 1));
  return Strict("strftime", {site.args[0], TextLiteral(format)}, Type::String(), site.position);
}

/// Unreadable text is NULL.
Result<ExpressionPtr> ParseText(const CallSite& site) {
  if (site.args.size() == 1) {
    return plan::Call("floe_try_parse_timestamp", {site.args[0]}, Type::Timestamp(3), site.position);
  }
  FLOE_TRY(std::string format, PatternOf(site, 1));
  return plan::Call("try_strptime", {site.args[0], TextLiteral(format)}, Type::Timestamp(3), site.position);
}
Built ToTimestamp(const CallSite& site) {
  return ParseText(site);
}
Built ToDate(const CallSite& site) {
  FLOE_TRY(ExpressionPtr time, ParseText(site));
  return plan::CastTo(time, Type(TypeKind::kDate));
}

/// TO_TIMESTAMP_LTZ(n[, precision]): seconds or milliseconds since 1970.
Built ToTimestampLtz(const CallSite& site) {
  std::int64_t precision = 3;
  if (site.args.size() == 2) {
    std::optional<std::int64_t> literal = IntegerOf(site.args[1]);
    if (!literal || (*literal != 0 && *literal != 3)) {
      return FailAt(site, "TO_TIMESTAMP_LTZ: the precision is 0 (seconds) or 3 (milliseconds)");
    }
    precision = *literal;
  }
  ExpressionPtr number = MakeCast(site.args[0], Type::BigInt(), CastMode::kExplicit, site.session.zone);
  ExpressionPtr factor = BigIntLiteral(precision == 0 ? 1'000'000 : 1000);
  ExpressionPtr micros = Strict("*", {number, factor}, Type::BigInt(), site.position);
  return Strict("make_timestamptz", {micros}, Type::TimestampLtz(3), site.position);
}
/// TO_TIMESTAMP_LTZ(text[, format[, zone]]): of the zone UTC unless named, whatever the session's is.
Built TextToTimestampLtz(const CallSite& site) {
  FLOE_TRY(ExpressionPtr local, ParseText(site));
  std::string zone = "UTC";
  if (site.args.size() == 3) {
    std::optional<std::string> named = TextOf(site.args[2]);
    if (!named) return NotSupportedAt(site.position, "TO_TIMESTAMP_LTZ: the time zone must be a constant");
    zone = *named;
  }
  return FromLocal(local, zone);
}

Built UnixTimestamp(const CallSite& site) {
  if (site.args.empty()) return EpochSeconds(Now(site), site.position);
  FLOE_TRY(ExpressionPtr local, ParseText(site));
  return EpochSeconds(FromLocal(local, site.session.zone), site.position);
}

Built FromUnixtime(const CallSite& site) {
  std::string format = "%Y-%m-%d %H:%M:%S";
  if (site.args.size() == 2) {
    FLOE_TRY(format, PatternOf(site, 1));
  }
  ExpressionPtr micros = Strict("*", {site.args[0], BigIntLiteral(1'000'000)}, Type::BigInt(), site.position);
  ExpressionPtr instant = Strict("make_timestamptz", {micros}, Type::TimestampLtz(3), site.position);
  return Strict("strftime", {ToLocal(instant, site.session.zone), TextLiteral(format)}, Type::String(), site.position);
}

Built ConvertTz(const CallSite& site) {
  std::optional<std::string> from = TextOf(site.args[1]);
  std::optional<std::string> to = TextOf(site.args[2]);
  if (!from || !to) return NotSupportedAt(site.position, "CONVERT_TZ: the time zones must be constants");
  ExpressionPtr local = plan::Call("floe_try_parse_timestamp", {site.args[0]}, Type::Timestamp(3), site.position);
  ExpressionPtr there = ToLocal(FromLocal(local, *from), *to);
  return Strict("strftime", {there, TextLiteral("%Y-%m-%d %H:%M:%S")}, Type::String(), site.position);
}

// ---- parts of a time ----

Built Part(const CallSite& site, const std::string& unit, const ExpressionPtr& time) {
  struct Field {
    std::string_view name;
    std::string_view kernel;
  };
  static constexpr std::array kFields = std::to_array<Field>({{"YEAR", "year"},
                                                              {"QUARTER", "quarter"},
                                                              {"MONTH", "month"},
                                                              {"WEEK", "week"},
                                                              {"DAY", "day"},
                                                              {"HOUR", "hour"},
                                                              {"MINUTE", "minute"},
                                                              {"SECOND", "second"},
                                                              {"DOY", "dayofyear"},
                                                              {"ISODOW", "isodow"},
                                                              {"ISOYEAR", "isoyear"},
                                                              {"DECADE", "decade"},
                                                              {"CENTURY", "century"},
                                                              {"MILLENNIUM", "millennium"}});
  for (const Field& field : kFields) {
    if (field.name == unit) return Strict(std::string(field.kernel), {time}, Type::BigInt(), site.position);
  }
  if (unit == "DOW") {
    ExpressionPtr from_zero = Strict("dayofweek", {time}, Type::BigInt(), site.position);
    return Strict("+", {from_zero, BigIntLiteral(1)}, Type::BigInt(), site.position);
  }
  if (unit == "MILLISECOND" || unit == "MICROSECOND") {
    // DuckDB counts the seconds in.
    std::int64_t per_second = unit == "MILLISECOND" ? 1000 : 1'000'000;
    ExpressionPtr all =
        Strict(unit == "MILLISECOND" ? "millisecond" : "microsecond", {time}, Type::BigInt(), site.position);
    return Strict("floe_modulo", {all, BigIntLiteral(per_second)}, Type::BigInt(), site.position);
  }
  if (unit == "EPOCH") return EpochSeconds(FromLocal(time, "UTC"), site.position);
  return FailAt(site, fmt::format("{}: unknown unit {}", site.name, unit));
}

Built Extract(const CallSite& site) {
  return Part(site, site.symbols[0], site.args[1]);
}
Built NamedPart(const CallSite& site) {
  std::string unit = site.name;
  if (unit == "DAYOFMONTH") unit = "DAY";
  if (unit == "DAYOFYEAR") unit = "DOY";
  if (unit == "DAYOFWEEK") unit = "DOW";
  return Part(site, unit, site.args[0]);
}

// ---- rounding and arithmetic ----

/// The result of calendar work on a local time, as the type the argument had.
ExpressionPtr Back(ExpressionPtr local, const Type& original, const CallSite& site) {
  if (original.kind() == TypeKind::kTimestampLtz) return FromLocal(std::move(local), site.session.zone);
  return local;
}

ExpressionPtr LocalOf(const ExpressionPtr& time, const CallSite& site) {
  return time->type.kind() == TypeKind::kTimestampLtz ? ToLocal(time, site.session.zone) : time;
}

ExpressionPtr Truncated(const ExpressionPtr& local, const Unit& unit, TextPosition position) {
  Type type = local->type;
  return Strict("date_trunc", {TextLiteral(std::string(unit.duck)), local}, type, position);
}

/// FLOOR and CEIL have weeks that begin on Sunday, unlike date_trunc and EXTRACT.
ExpressionPtr Floored(const ExpressionPtr& local, const Unit& unit, TextPosition position) {
  constexpr std::int64_t kDay = 86'400'000;
  if (unit.name != "WEEK") return Truncated(local, unit, position);
  return ShiftMs(Truncated(ShiftMs(local, kDay), unit, position), -kDay);
}

/// local + n units.
ExpressionPtr Added(const ExpressionPtr& time, const ExpressionPtr& count, const Unit& unit, const CallSite& site) {
  if (unit.months == 0) {
    return ShiftMs(time, Strict("*", {plan::CastTo(count, Type::BigInt()), BigIntLiteral(unit.millis)}, Type::BigInt(),
                                site.position));
  }
  ExpressionPtr months =
      Strict("*", {plan::CastTo(count, Type::Int()), IntLiteral(unit.months)}, Type::Int(), site.position);
  ExpressionPtr interval = Strict("to_months", {months}, Type(TypeKind::kIntervalYearMonth), site.position);
  Type type = time->type;
  return Strict("+", {time, interval}, type, site.position);
}

Built FloorTo(const CallSite& site) {
  FLOE_TRY(Unit unit, UnitOf(site, site.symbols[1]));
  return Back(Floored(LocalOf(site.args[0], site), unit, site.position), site.args[0]->type, site);
}
Built CeilTo(const CallSite& site) {
  FLOE_TRY(Unit unit, UnitOf(site, site.symbols[1]));
  ExpressionPtr local = LocalOf(site.args[0], site);
  ExpressionPtr floor = Floored(local, unit, site.position);
  ExpressionPtr next = Added(floor, IntLiteral(1), unit, site);
  return Back(If(plan::Compare("=", floor, local), local, next), site.args[0]->type, site);
}
Built DateFloorTo(const CallSite& site) {
  FLOE_TRY(Unit unit, UnitOf(site, site.symbols[1]));
  ExpressionPtr local = plan::CastTo(site.args[0], Type::Timestamp(3));
  return plan::CastTo(Floored(local, unit, site.position), Type(TypeKind::kDate));
}
Built DateCeilTo(const CallSite& site) {
  FLOE_TRY(Unit unit, UnitOf(site, site.symbols[1]));
  ExpressionPtr local = plan::CastTo(site.args[0], Type::Timestamp(3));
  ExpressionPtr floor = Floored(local, unit, site.position);
  ExpressionPtr next = Added(floor, IntLiteral(1), unit, site);
  return plan::CastTo(If(plan::Compare("=", floor, local), local, next), site.args[0]->type);
}
/// Trino's and Spark's date_trunc('hour', ts).
Built DateTrunc(const CallSite& site) {
  std::optional<std::string> word = TextOf(site.args[0]);
  if (!word) return NotSupportedAt(site.position, "DATE_TRUNC: the unit must be a constant such as 'hour'");
  FLOE_TRY(Unit unit, UnitOf(site, Upper(*word)));
  return Back(Truncated(LocalOf(site.args[1], site), unit, site.position), site.args[1]->type, site);
}

Built TimestampAdd(const CallSite& site) {
  FLOE_TRY(Unit unit, UnitOf(site, site.symbols[0]));
  const ExpressionPtr& time = site.args[2];
  if (unit.months == 0) return Added(time, site.args[1], unit, site);
  return Back(Added(LocalOf(time, site), site.args[1], unit, site), time->type, site);
}
/// DATE plus days stays a DATE; plus hours it is a TIMESTAMP.
Built DateAdd(const CallSite& site) {
  FLOE_TRY(Unit unit, UnitOf(site, site.symbols[0]));
  ExpressionPtr local = plan::CastTo(site.args[2], Type::Timestamp(0));
  ExpressionPtr sum = Added(local, site.args[1], unit, site);
  bool whole_days = unit.months != 0 || unit.millis % 86'400'000 == 0;
  return whole_days ? plan::CastTo(sum, Type(TypeKind::kDate)) : sum;
}
/// Whole units from the second to the third argument, counted in milliseconds as in Flink: what is finer is cut off
/// before. Between two instants it is time that passed, months and years
/// by the calendar of UTC. An instant beside a wall clock, which Flink refuses, counts as the session's wall clock.
Built TimestampDiff(const CallSite& site) {
  FLOE_TRY(Unit unit, UnitOf(site, site.symbols[0]));
  auto instant = [&](std::size_t i) { return site.args[i]->type.kind() == TypeKind::kTimestampLtz; };
  const std::string zone = instant(1) && instant(2) ? "UTC" : site.session.zone;
  auto counted = [&](std::size_t i) { return instant(i) ? ToLocal(site.args[i], zone) : site.args[i]; };
  const bool calendar = unit.months != 0;
  return Strict(calendar ? "floe_months_between" : "floe_units_between",
                {counted(1), counted(2), BigIntLiteral(calendar ? unit.months : unit.millis)}, Type::Int(),
                site.position);
}
Built DateDiff(const CallSite& site) {
  ExpressionPtr from = plan::CastTo(site.args[1], Type(TypeKind::kDate));
  ExpressionPtr to = plan::CastTo(site.args[0], Type(TypeKind::kDate));
  return Strict("date_diff", {TextLiteral("day"), from, to}, Type::Int(), site.position);
}

Built CurrentWatermark(const CallSite& site) {
  return NotSupportedAt(site.position,
                        "CURRENT_WATERMARK is not supported; late rows are kept in the job's late table, so a filter "
                        "on it is not needed");
}

constexpr std::array kTime = std::to_array<Function>({
    {"CURRENT_TIMESTAMP", "", Returns::kString, "", CurrentTimestamp},
    {"NOW", "", Returns::kString, "", CurrentTimestamp},
    {"CURRENT_ROW_TIMESTAMP", "", Returns::kString, "", CurrentRowTimestamp},
    {"PROCTIME", "", Returns::kString, "", CurrentRowTimestamp},
    {"LOCALTIMESTAMP", "", Returns::kString, "", LocalTimestamp},
    {"CURRENT_DATE", "", Returns::kDate, "", CurrentDate},
    {"CURRENT_TIME", "", Returns::kString, "", LocalTime},
    {"LOCALTIME", "", Returns::kString, "", LocalTime},
    {"DATE_FORMAT", "ts", Returns::kString, "", DateFormat},
    {"TO_TIMESTAMP", "ss?", Returns::kString, "", ToTimestamp},
    {"TO_DATE", "ss?", Returns::kDate, "", ToDate},
    {"TO_TIMESTAMP_LTZ", "ni?", Returns::kString, "", ToTimestampLtz},
    {"TO_TIMESTAMP_LTZ", "ss?s?", Returns::kString, "", TextToTimestampLtz},
    {"UNIX_TIMESTAMP", "s?s?", Returns::kBigInt, "", UnixTimestamp},
    {"FROM_UNIXTIME", "ls?", Returns::kString, "", FromUnixtime},
    {"CONVERT_TZ", "sss", Returns::kString, "", ConvertTz},
    {"EXTRACT", "yt", Returns::kBigInt, "", Extract},
    {"YEAR", "t", Returns::kBigInt, "", NamedPart},
    {"QUARTER", "t", Returns::kBigInt, "", NamedPart},
    {"MONTH", "t", Returns::kBigInt, "", NamedPart},
    {"WEEK", "t", Returns::kBigInt, "", NamedPart},
    {"DAYOFMONTH", "t", Returns::kBigInt, "", NamedPart},
    {"DAY", "t", Returns::kBigInt, "", NamedPart},
    {"DAYOFYEAR", "t", Returns::kBigInt, "", NamedPart},
    {"DAYOFWEEK", "t", Returns::kBigInt, "", NamedPart},
    {"HOUR", "t", Returns::kBigInt, "", NamedPart},
    {"MINUTE", "t", Returns::kBigInt, "", NamedPart},
    {"SECOND", "t", Returns::kBigInt, "", NamedPart},
    {"FLOOR", "Ty", Returns::kFirst, "", FloorTo},
    {"CEIL", "Ty", Returns::kFirst, "", CeilTo},
    {"CEILING", "Ty", Returns::kFirst, "", CeilTo},
    {"FLOOR", "Dy", Returns::kFirst, "", DateFloorTo},
    {"CEIL", "Dy", Returns::kFirst, "", DateCeilTo},
    {"CEILING", "Dy", Returns::kFirst, "", DateCeilTo},
    {"DATE_TRUNC", "sT", Returns::kFirst, "", DateTrunc},
    {"TIMESTAMPADD", "yiT", Returns::kFirst, "", TimestampAdd},
    {"TIMESTAMPADD", "yiD", Returns::kFirst, "", DateAdd},
    {"TIMESTAMPDIFF", "yTT", Returns::kInt, "", TimestampDiff},
    {"TIMESTAMPDIFF", "ytt", Returns::kInt, "", TimestampDiff},
    {"DATEDIFF", "tt", Returns::kInt, "", DateDiff},
    {"CURRENT_WATERMARK", "T", Returns::kFirst, "", CurrentWatermark},
});

}  // namespace

std::span<const Function> TimeFunctions() {
  return kTime;
}

}  // namespace floe::sql::bind
