// SPDX-License-Identifier: Apache-2.0
// Division and remainder with Flink's answers: integers stay integers, decimals round half up, zero is an error.
#include <limits>
#include <type_traits>

#include <duckdb/common/vector_operations/binary_executor.hpp>
#include <duckdb/execution/expression_executor.hpp>
#include <duckdb/planner/expression/bound_function_expression.hpp>

#include "duck/guard.h"
#include "sql/bind/kernels/kernels_internal.h"

namespace floe::sql::bind {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::hugeint_t;
using duckdb::LogicalType;
using duckdb::ScalarFunction;
using duckdb::Vector;
using Wide = unsigned __int128;

[[noreturn]] void RaiseZero() {
  duck::Raise(Error(ErrorKind::kInvalidInput, "division by zero"));
}

template <typename T>
T DivideInteger(T a, T b) {
  if (b == 0) RaiseZero();
  // The smallest value by -1 wraps, as in Java.
  if (b == -1) return static_cast<T>(-static_cast<std::make_unsigned_t<T>>(a));
  return static_cast<T>(a / b);
}

template <typename T>
T ModuloInteger(T a, T b) {
  if (b == 0) RaiseZero();
  return b == -1 ? T{0} : static_cast<T>(a % b);
}

template <typename T, T (*op)(T, T)>
void ExecuteInteger(DataChunk& args, ExpressionState&, Vector& result) {
  duckdb::BinaryExecutor::Execute<T, T, T>(args.data[0], args.data[1], result, args.size(), op);
}

template <typename T>
void AddInteger(duckdb::ScalarFunctionSet& divide, duckdb::ScalarFunctionSet& modulo, const LogicalType& type) {
  divide.AddFunction(ScalarFunction({type, type}, type, ExecuteInteger<T, DivideInteger<T>>));
  modulo.AddFunction(ScalarFunction({type, type}, type, ExecuteInteger<T, ModuloInteger<T>>));
}

Wide Magnitude(hugeint_t value, bool& negative) {
  __int128 wide = (static_cast<__int128>(value.upper) << 64) | static_cast<__int128>(value.lower);
  negative = wide < 0;
  return negative ? -static_cast<Wide>(wide) : static_cast<Wide>(wide);
}

[[noreturn]] void RaiseOverflow() {
  duck::Raise(Error(ErrorKind::kInvalidInput, "the decimal quotient has more than 38 digits"));
}

/// remainder * 10 / divisor without leaving 128 bits: returns the digit and leaves the new remainder.
unsigned NextDigit(Wide& remainder, Wide divisor) {
  constexpr Wide kSafe = ~Wide{0} / 10;
  if (divisor <= kSafe) {
    Wide next = remainder * 10;
    remainder = next % divisor;
    return static_cast<unsigned>(next / divisor);
  }
  unsigned digit = 0;
  Wide sum = 0;
  for (int i = 0; i < 10; ++i) {
    if (sum >= divisor - remainder) {
      sum -= divisor - remainder;
      ++digit;
    } else {
      sum += remainder;
    }
  }
  remainder = sum;
  return digit;
}

/// a / b with `digits` more decimal places, rounded half up; negative `digits` drop places.
hugeint_t DivideDecimal(hugeint_t a, hugeint_t b, int digits) {
  bool a_negative = false;
  bool b_negative = false;
  Wide dividend = Magnitude(a, a_negative);
  Wide divisor = Magnitude(b, b_negative);
  if (divisor == 0) RaiseZero();
  constexpr Wide kLimit = (~Wide{0} >> 1) / 10 - 1;
  for (; digits < 0; ++digits) {
    if (divisor > kLimit) return hugeint_t(0);
    divisor *= 10;
  }
  Wide quotient = dividend / divisor;
  Wide remainder = dividend % divisor;
  for (; digits > 0; --digits) {
    if (quotient > kLimit) RaiseOverflow();
    quotient = quotient * 10 + NextDigit(remainder, divisor);
  }
  if (remainder >= divisor - remainder) ++quotient;
  hugeint_t result;
  result.upper = static_cast<std::int64_t>(quotient >> 64);
  result.lower = static_cast<std::uint64_t>(quotient);
  return a_negative != b_negative ? -result : result;
}

struct DivideBind : duckdb::FunctionData {
  explicit DivideBind(int added) : digits(added) {}
  int digits;
  duckdb::unique_ptr<FunctionData> Copy() const override { return duckdb::make_uniq<DivideBind>(digits); }
  bool Equals(const FunctionData& other) const override { return other.Cast<DivideBind>().digits == digits; }
};

/// Widens both sides to 38 digits; the scale argument must be a constant.
duckdb::unique_ptr<duckdb::FunctionData> BindDivide(duckdb::ClientContext& context, ScalarFunction& function,
                                                    duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>& arguments) {
  int scales[2];
  for (int i = 0; i < 2; ++i) {
    const LogicalType& type = arguments[static_cast<std::size_t>(i)]->return_type;
    bool decimal = type.id() == duckdb::LogicalTypeId::DECIMAL;
    scales[i] = decimal ? duckdb::DecimalType::GetScale(type) : 0;
    function.arguments[static_cast<std::size_t>(i)] = LogicalType::DECIMAL(38, static_cast<std::uint8_t>(scales[i]));
  }
  if (!arguments[2]->IsFoldable()) {
    duck::Raise(Error(ErrorKind::kInvalidInput, "floe_divide: the scale must be a constant"));
  }
  int scale = duckdb::ExpressionExecutor::EvaluateScalar(context, *arguments[2]).GetValue<std::int32_t>();
  if (scale < 0 || scale > 38) {
    duck::Raise(Error(ErrorKind::kInvalidInput, "floe_divide: the scale must be from 0 to 38"));
  }
  function.SetReturnType(LogicalType::DECIMAL(38, static_cast<std::uint8_t>(scale)));
  return duckdb::make_uniq<DivideBind>(scale - scales[0] + scales[1]);
}

void ExecuteDivide(DataChunk& args, ExpressionState& state, Vector& result) {
  int digits = state.expr.Cast<duckdb::BoundFunctionExpression>().bind_info->Cast<DivideBind>().digits;
  duckdb::BinaryExecutor::Execute<hugeint_t, hugeint_t, hugeint_t>(
      args.data[0], args.data[1], result, args.size(),
      [digits](hugeint_t a, hugeint_t b) { return DivideDecimal(a, b, digits); });
}

}  // namespace

void RegisterArithmetic(duckdb::ExtensionLoader& loader) {
  duckdb::ScalarFunctionSet divide("floe_divide");
  duckdb::ScalarFunctionSet modulo("floe_modulo");
  AddInteger<std::int8_t>(divide, modulo, LogicalType::TINYINT);
  AddInteger<std::int16_t>(divide, modulo, LogicalType::SMALLINT);
  AddInteger<std::int32_t>(divide, modulo, LogicalType::INTEGER);
  AddInteger<std::int64_t>(divide, modulo, LogicalType::BIGINT);
  LogicalType decimal(duckdb::LogicalTypeId::DECIMAL);
  divide.AddFunction(ScalarFunction({decimal, decimal, LogicalType::INTEGER}, decimal, ExecuteDivide, BindDivide));
  for (duckdb::ScalarFunctionSet* set : {&divide, &modulo}) {
    for (ScalarFunction& function : set->functions) function.SetFallible();
    loader.RegisterFunction(*set);
  }
}

}  // namespace floe::sql::bind
