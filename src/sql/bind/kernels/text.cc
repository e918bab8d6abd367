// SPDX-License-Identifier: Apache-2.0
// Reading and writing numbers as Java does, and INITCAP.
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include <duckdb/common/vector_operations/unary_executor.hpp>

#include "duck/guard.h"
#include "sql/bind/kernels/kernels_internal.h"

namespace floe::sql::bind {
namespace {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::LogicalType;
using duckdb::ScalarFunction;
using duckdb::string_t;
using duckdb::Vector;

/// [+-]digits[.digits], spaces around it; what stands behind the point is cut off. false when it is none or too big.
bool ParseBigInt(std::string_view text, std::int64_t& value) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return false;
  }
  const char* end = text.data() + text.size();
  auto [next, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc()) return false;
  if (next == end) return true;
  if (*next != '.') return false;
  for (++next; next != end; ++next) {
    if (*next < '0' || *next > '9') return false;
  }
  return true;
}

template <bool forgiving>
void ParseInteger(DataChunk& args, ExpressionState&, Vector& result) {
  duckdb::UnaryExecutor::ExecuteWithNulls<string_t, std::int64_t>(
      args.data[0], result, args.size(), [](string_t text, duckdb::ValidityMask& mask, duckdb::idx_t row) {
        std::int64_t value = 0;
        if (ParseBigInt({text.GetData(), text.GetSize()}, value)) return value;
        if constexpr (!forgiving) {
          duck::Raise(
              Error(ErrorKind::kInvalidInput, "cannot read '" + text.GetString().substr(0, 100) + "' as an integer"));
        }
        mask.SetInvalid(row);
        return std::int64_t{0};
      });
}

/// Double.toString: 0.001 <= |x| < 10^7 in plain digits with at least one behind the point, else 1.0E10.
template <typename T>
std::string RealText(T value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
  T magnitude = std::abs(value);
  bool plain = magnitude >= T(1e-3) && magnitude < T(1e7);
  char buffer[64];
  auto format = plain ? std::chars_format::fixed : std::chars_format::scientific;
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value, format);
  std::string text(buffer, end);
  if (plain) return text.find('.') == std::string::npos ? text + ".0" : text;
  // "1e+20" and "1.5e-05" become "1.0E20" and "1.5E-5".
  std::size_t e = text.find('e');
  std::string digits = text.substr(0, e);
  if (digits.find('.') == std::string::npos) digits += ".0";
  return digits + "E" + std::to_string(std::atoi(text.c_str() + e + 1));
}

template <typename T>
void ToText(DataChunk& args, ExpressionState&, Vector& result) {
  duckdb::UnaryExecutor::Execute<T, string_t>(args.data[0], result, args.size(), [&](T value) {
    return duckdb::StringVector::AddString(result, JavaText(value));
  });
}

bool IsWordByte(unsigned char c) {
  return std::isalnum(c) != 0 || c >= 0x80;
}

/// ASCII letters only change case; other letters stay, and count as part of their word.
void InitCap(DataChunk& args, ExpressionState&, Vector& result) {
  duckdb::UnaryExecutor::Execute<string_t, string_t>(args.data[0], result, args.size(), [&](string_t text) {
    std::string copy = text.GetString();
    bool inside = false;
    for (char& c : copy) {
      auto byte = static_cast<unsigned char>(c);
      c = static_cast<char>(inside ? std::tolower(byte) : std::toupper(byte));
      inside = IsWordByte(byte);
    }
    return duckdb::StringVector::AddString(result, copy);
  });
}

}  // namespace

std::string JavaText(float value) {
  return RealText(value);
}
std::string JavaText(double value) {
  return RealText(value);
}

void RegisterText(duckdb::ExtensionLoader& loader) {
  ScalarFunction strict("floe_parse_bigint", {LogicalType::VARCHAR}, LogicalType::BIGINT, ParseInteger<false>);
  strict.SetFallible();
  loader.RegisterFunction(strict);
  loader.RegisterFunction(
      ScalarFunction("floe_try_parse_bigint", {LogicalType::VARCHAR}, LogicalType::BIGINT, ParseInteger<true>));
  duckdb::ScalarFunctionSet to_string("floe_to_string");
  to_string.AddFunction(ScalarFunction({LogicalType::FLOAT}, LogicalType::VARCHAR, ToText<float>));
  to_string.AddFunction(ScalarFunction({LogicalType::DOUBLE}, LogicalType::VARCHAR, ToText<double>));
  loader.RegisterFunction(to_string);
  loader.RegisterFunction(ScalarFunction("floe_initcap", {LogicalType::VARCHAR}, LogicalType::VARCHAR, InitCap));
}

}  // namespace floe::sql::bind
