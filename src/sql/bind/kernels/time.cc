// SPDX-License-Identifier: Apache-2.0
// Timestamps as plain microseconds: no calendar, no session zone, no ICU on the hot path.
#include <duckdb/common/types/timestamp.hpp>
#include <duckdb/common/vector_operations/binary_executor.hpp>
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
  AddParse(loader);
  ScalarFunction now("floe_now", {}, LogicalType::TIMESTAMP_TZ, Now);
  now.SetVolatile();
  now.SetExtraFunctionInfo<NowInfo>(clock);
  loader.RegisterFunction(now);
}

}  // namespace floe::sql::bind
