// SPDX-License-Identifier: Apache-2.0
// Parsing of numbers in JSON's grammar, fast for the common case and exact for all.
#pragma once

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace floe::formats::number {

constexpr unsigned __int128 PowerOf10(int n) {
  unsigned __int128 value = 1;
  for (int i = 0; i < n; ++i) value *= 10;
  return value;
}

/// The end of the number that starts at `p` in JSON's grammar, or nullptr. Sets `integer` when it has neither fraction
/// nor exponent.
inline const char* Scan(const char* p, const char* end, bool& integer) {
  auto digit = [&] { return p < end && static_cast<unsigned char>(*p - '0') <= 9; };
  if (p < end && *p == '-') ++p;
  if (!digit()) return nullptr;
  if (*p == '0') {
    ++p;
  } else {
    while (digit()) ++p;
  }
  integer = true;
  if (p < end && *p == '.') {
    integer = false;
    ++p;
    if (!digit()) return nullptr;
    while (digit()) ++p;
  }
  if (p < end && (*p | 0x20) == 'e') {
    integer = false;
    ++p;
    if (p < end && (*p == '+' || *p == '-')) ++p;
    if (!digit()) return nullptr;
    while (digit()) ++p;
  }
  return p;
}

/// Up to 18 digits without fraction or exponent; nullptr means "look again with Scan", not that it is wrong.
inline const char* ParseShortInteger(const char* p, const char* end, std::int64_t& out) {
  bool negative = p < end && *p == '-';
  if (negative) ++p;
  const char* first = p;
  std::uint64_t value = 0;
  while (p < end) {
    auto d = static_cast<unsigned char>(*p - '0');
    if (d > 9) break;
    value = value * 10 + d;
    ++p;
  }
  auto digits = p - first;
  if (digits == 0 || digits > 18 || (*first == '0' && digits > 1)) return nullptr;
  if (p < end && (*p == '.' || (*p | 0x20) == 'e')) return nullptr;
  out = negative ? -static_cast<std::int64_t>(value) : static_cast<std::int64_t>(value);
  return p;
}

/// JSON's grammar; the end of the number, or nullptr when it is malformed or too large for a double. Correctly rounded:
/// products and quotients of an integer below 2^53 and a power of ten up to 10^22 are exact operands (Clinger),
/// everything else goes to std::from_chars.
inline const char* ParseDouble(const char* start, const char* end, double& out) {
  constexpr std::array<double, 23> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  const char* p = start;
  bool negative = p < end && *p == '-';
  if (negative) ++p;
  const char* first = p;
  std::uint64_t value = 0;
  while (p < end) {
    auto d = static_cast<unsigned char>(*p - '0');
    if (d > 9) break;
    value = value * 10 + d;
    ++p;
  }
  auto digits = p - first;
  if (digits == 0 || (*first == '0' && digits > 1)) return nullptr;
  std::ptrdiff_t fraction = 0;
  if (p < end && *p == '.') {
    const char* after = ++p;
    while (p < end) {
      auto d = static_cast<unsigned char>(*p - '0');
      if (d > 9) break;
      value = value * 10 + d;
      ++p;
    }
    fraction = p - after;
    if (fraction == 0) return nullptr;
  }
  bool exponent = p < end && (*p | 0x20) == 'e';
  if (!exponent && digits + fraction <= 18 && value < (1ULL << 53) && fraction <= 22) [[likely]] {
    double magnitude = static_cast<double>(value) / kPowers[static_cast<std::size_t>(fraction)];
    out = negative ? -magnitude : magnitude;
    return p;
  }
  bool integer = false;
  const char* stop = Scan(start, end, integer);
  if (stop == nullptr) return nullptr;
  auto [parsed, error] = std::from_chars(start, stop, out);
  if (error == std::errc::result_out_of_range) {
    out = std::strtod(std::string(start, stop).c_str(), nullptr);
    if (std::isinf(out)) return nullptr;
  }
  return stop;
}

}  // namespace floe::formats::number
