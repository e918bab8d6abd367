// SPDX-License-Identifier: Apache-2.0
// Timestamps as plain microseconds: no calendar, no session zone, no ICU on the hot path.
#include <duckdb/common/types/date.hpp>
#include <duckdb/common/types/timestamp.hpp>
#include <duckdb/common/vector_operations/binary_executor.hpp>
#include <duckdb/common/vector_operations/ternary_executor.hpp>
#include <duckdb/common/vector_operations/unary_executor.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>

#include "duck/guard.h"
#include "sql/bind/kernels/kernels_internal.h"
#include "sql/plan/literal_text.h"

namespace floe::sql::bind {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::LogicalType;
using duckdb::ScalarFunction;
using duckdb::timestamp_t;
using duckdb::Vector;

timestamp_t Shift(timestamp_t time, std::int64_t milliseconds) {
  std::int64_t micros = 0;
  if (__builtin_mul_overflow(milliseconds, std::int64_t{1000}, &micros) ||
      __builtin_add_overflow(time.value, micros, &micros) || !duckdb::Timestamp::IsFinite(timestamp_t(micros))) {
    duck::Raise(Error(ErrorKind::kInvalidInput, "timestamp out of range"));
  }
  return timestamp_t(micros);
}

timestamp_t Floor(timestamp_t time, std::int64_t unit) {
  if (unit <= 0) duck::Raise(Error(ErrorKind::kInvalidInput, "floe_floor_us: the unit must be over 0"));
  std::int64_t rest = time.value % unit;
  if (rest < 0) rest += unit;
  return timestamp_t(time.value - rest);
}

constexpr std::int64_t kDayMs = 86'400'000;

struct DayAndTime {
  std::int32_t day = 0;      ///< since 1970
  std::int64_t time_ms = 0;  ///< of the day
};

DayAndTime Split(timestamp_t time) {
  const std::int64_t ms = Floor(time, 1000).value / 1000;
  const std::int64_t time_ms = (ms % kDayMs + kDayMs) % kDayMs;
  return {static_cast<std::int32_t>((ms - time_ms) / kDayMs), time_ms};
}

std::int64_t MonthOf(std::int32_t day) {
  std::int32_t year = 0, month = 0, of_month = 0;
  duckdb::Date::Convert(duckdb::date_t(day), year, month, of_month);
  return std::int64_t{year} * 12 + month - 1;
}

/// A day that the month does not have becomes its last.
std::int32_t AddMonths(std::int32_t day, std::int64_t months) {
  std::int32_t year = 0, month = 0, of_month = 0;
  duckdb::Date::Convert(duckdb::date_t(day), year, month, of_month);
  const std::int64_t sum = std::int64_t{year} * 12 + month - 1 + months;
  month = static_cast<std::int32_t>((sum % 12 + 12) % 12) + 1;
  year = static_cast<std::int32_t>((sum - (month - 1)) / 12);
  return duckdb::Date::FromDate(year, month, std::min(of_month, duckdb::Date::MonthDays(year, month))).days;
}

/// Whole months from `first` to `last`, which is not before it.
std::int64_t MonthsOver(std::int32_t first, std::int32_t last) {
  const std::int64_t months = MonthOf(last) - MonthOf(first);
  return AddMonths(first, months) > last ? months - 1 : months;
}

/// Flink's rule to the letter: days are compared first; where they fall on one, an earlier time of the day takes a
/// month away, also when the difference is negative.
std::int64_t MonthsBetween(timestamp_t from, timestamp_t to, std::int64_t unit) {
  const DayAndTime a = Split(from), b = Split(to);
  std::int64_t months = b.day < a.day ? -MonthsOver(b.day, a.day) : MonthsOver(a.day, b.day);
  if (b.time_ms < a.time_ms && AddMonths(a.day, months) == b.day) --months;
  return months / unit;
}

std::int64_t UnitsBetween(timestamp_t from, timestamp_t to, std::int64_t unit) {
  return (Floor(to, 1000).value / 1000 - Floor(from, 1000).value / 1000) / unit;
}

template <std::int64_t (*op)(timestamp_t, timestamp_t, std::int64_t)>
void Between(DataChunk& args, ExpressionState&, Vector& result) {
  duckdb::TernaryExecutor::Execute<timestamp_t, timestamp_t, std::int64_t, std::int64_t>(
      args.data[0], args.data[1], args.data[2], result, args.size(), op);
}

template <timestamp_t (*op)(timestamp_t, std::int64_t)>
void Execute(DataChunk& args, ExpressionState&, Vector& result) {
  duckdb::BinaryExecutor::Execute<timestamp_t, std::int64_t, timestamp_t>(args.data[0], args.data[1], result,
                                                                          args.size(), op);
}

void Reinterpret(DataChunk& args, ExpressionState&, Vector& result) {
  result.Reinterpret(args.data[0]);
}

template <bool forgiving>
void Parse(DataChunk& args, ExpressionState&, Vector& result) {
  duckdb::UnaryExecutor::ExecuteWithNulls<duckdb::string_t, timestamp_t>(
      args.data[0], result, args.size(), [](duckdb::string_t text, duckdb::ValidityMask& mask, duckdb::idx_t row) {
        std::string_view trimmed(text.GetData(), text.GetSize());
        while (trimmed.starts_with(' ')) trimmed.remove_prefix(1);
        while (trimmed.ends_with(' ')) trimmed.remove_suffix(1);
        if (std::optional<std::int64_t> micros = plan::ParseTimestamp(trimmed)) return timestamp_t(*micros);
        if constexpr (!forgiving) {
          duck::Raise(Error(ErrorKind::kInvalidInput, "cannot read '" + text.GetString().substr(0, 100) +
                                                          "' as a timestamp; expected yyyy-MM-dd HH:mm:ss[.SSSSSS]"));
        }
        mask.SetInvalid(row);
        return timestamp_t(0);
      });
}

struct NowInfo : duckdb::ScalarFunctionInfo {
  explicit NowInfo(Clock& now) : clock(now) {}
  Clock& clock;
};

void Now(DataChunk&, ExpressionState& state, Vector& result) {
  auto& function = state.expr.Cast<duckdb::BoundFunctionExpression>().function;
  Clock& clock = function.GetExtraFunctionInfo().Cast<NowInfo>().clock;
  result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
  duckdb::ConstantVector::GetData<timestamp_t>(result)[0] = timestamp_t(clock.WallNowMs().value() * 1000);
}

void AddParse(duckdb::ExtensionLoader& loader) {
  ScalarFunction strict("floe_parse_timestamp", {LogicalType::VARCHAR}, LogicalType::TIMESTAMP, Parse<false>);
  strict.SetFallible();
  loader.RegisterFunction(strict);
  loader.RegisterFunction(
      ScalarFunction("floe_try_parse_timestamp", {LogicalType::VARCHAR}, LogicalType::TIMESTAMP, Parse<true>));
}

}  // namespace

void RegisterTime(duckdb::ExtensionLoader& loader, Clock& clock) {
  duckdb::ScalarFunctionSet shift("floe_shift_ms");
  duckdb::ScalarFunctionSet floor("floe_floor_us");
  for (LogicalType type : {LogicalType::TIMESTAMP, LogicalType::TIMESTAMP_TZ}) {
    shift.AddFunction(ScalarFunction({type, LogicalType::BIGINT}, type, Execute<Shift>));
    floor.AddFunction(ScalarFunction({type, LogicalType::BIGINT}, type, Execute<Floor>));
  }
  for (ScalarFunction& function : shift.functions) function.SetFallible();
  loader.RegisterFunction(shift);
  loader.RegisterFunction(floor);
  loader.RegisterFunction(ScalarFunction("floe_utc", {LogicalType::TIMESTAMP_TZ}, LogicalType::TIMESTAMP, Reinterpret));
  loader.RegisterFunction(
      ScalarFunction("floe_instant", {LogicalType::TIMESTAMP}, LogicalType::TIMESTAMP_TZ, Reinterpret));
  const duckdb::vector<LogicalType> between = {LogicalType::TIMESTAMP, LogicalType::TIMESTAMP, LogicalType::BIGINT};
  loader.RegisterFunction(ScalarFunction("floe_units_between", between, LogicalType::BIGINT, Between<UnitsBetween>));
  loader.RegisterFunction(ScalarFunction("floe_months_between", between, LogicalType::BIGINT, Between<MonthsBetween>));
  AddParse(loader);
  ScalarFunction now("floe_now", {}, LogicalType::TIMESTAMP_TZ, Now);
  now.SetVolatile();
  now.SetExtraFunctionInfo<NowInfo>(clock);
  loader.RegisterFunction(now);
}

}  // namespace floe::sql::bind
