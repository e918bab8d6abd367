// SPDX-License-Identifier: Apache-2.0
#include "iceberg/metadata/literal.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

namespace floe::iceberg {
namespace {

template <typename T>
std::string LittleEndian(T value) {
  std::string bytes(sizeof(T), '\0');
  std::memcpy(bytes.data(), &value, sizeof(T));
  return bytes;
}

template <typename T>
T FromLittleEndian(std::string_view bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

/// Minimal two's complement, big-endian.
std::string BigEndianMinimal(Int128 value) {
  std::string bytes;
  while (true) {
    bytes.insert(bytes.begin(), static_cast<char>(value & 0xff));
    bool negative = (bytes.front() & 0x80) != 0;
    value >>= 8;
    if ((value == 0 && !negative) || (value == -1 && negative)) return bytes;
  }
}

Error BadLength(std::string_view bytes, const Type& type) {
  return Error(ErrorKind::kCorruption,
               fmt::format("a value of {} bytes cannot be of Iceberg type {}", bytes.size(), type.ToString()));
}

/// Bytes of the first `n` code points; invalid lead bytes count as one.
std::size_t CodePointPrefix(std::string_view text, std::size_t n) {
  std::size_t at = 0;
  while (at < text.size() && n-- > 0) {
    auto lead = static_cast<unsigned char>(text[at]);
    std::size_t step = lead < 0x80 ? 1 : (lead < 0xe0 ? 2 : (lead < 0xf0 ? 3 : 4));
    at = std::min(text.size(), at + step);
  }
  return at;
}

std::string Encode(std::uint32_t code_point) {
  std::string out;
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xc0 | (code_point >> 6));
    out += static_cast<char>(0x80 | (code_point & 0x3f));
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xe0 | (code_point >> 12));
    out += static_cast<char>(0x80 | ((code_point >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code_point & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (code_point >> 18));
    out += static_cast<char>(0x80 | ((code_point >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((code_point >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code_point & 0x3f));
  }
  return out;
}

std::uint32_t Decode(std::string_view c) {
  auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(c[i])); };
  switch (c.size()) {
    case 1: return byte(0);
    case 2: return (byte(0) & 0x1f) << 6 | (byte(1) & 0x3f);
    case 3: return (byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
    default: return (byte(0) & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f);
  }
}

std::string Hex(std::string_view bytes) {
  std::string out;
  for (char c : bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string Base64(std::string_view bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t word = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      word = word << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k <= bytes.size() ? kAlphabet[(word >> (18 - 6 * k)) & 0x3f] : '=';
    }
  }
  return out;
}

std::string UuidText(std::string_view bytes) {
  std::string hex = Hex(bytes);
  if (hex.size() != 32) return hex;
  return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                     hex.substr(20));
}

std::string TimeText(std::int64_t micros) {
  std::int64_t seconds = micros / 1'000'000;
  std::string text = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (micros % 1'000'000 != 0) {
    std::int64_t fraction = micros % 1'000'000;
    text += fraction % 1000 == 0 ? fmt::format(".{:03}", fraction / 1000) : fmt::format(".{:06}", fraction);
  }
  return text;
}

}  // namespace

std::string ToSingleValueBytes(const Literal& value, const Type& type) {
  switch (type.id) {
    case TypeId::kBoolean: return std::string(1, std::get<bool>(value) ? '\1' : '\0');
    case TypeId::kInt:
    case TypeId::kDate: return LittleEndian(static_cast<std::int32_t>(std::get<std::int64_t>(value)));
    case TypeId::kFloat: return LittleEndian(static_cast<float>(std::get<double>(value)));
    case TypeId::kDouble: return LittleEndian(std::get<double>(value));
    case TypeId::kDecimal: return BigEndianMinimal(std::get<Int128>(value));
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs: return LittleEndian(std::get<std::int64_t>(value));
    default: return std::get<std::string>(value);
  }
}

Result<Literal> FromSingleValueBytes(std::string_view bytes, const Type& type) {
  switch (type.id) {
    case TypeId::kBoolean:
      if (bytes.size() != 1) return Fail(BadLength(bytes, type));
      return Literal(bytes[0] != 0);
    case TypeId::kInt:
    case TypeId::kDate:
      if (bytes.size() != 4) return Fail(BadLength(bytes, type));
      return Literal(static_cast<std::int64_t>(FromLittleEndian<std::int32_t>(bytes)));
    case TypeId::kLong:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs:
      if (bytes.size() == 4 && type.id == TypeId::kLong) {
        return Literal(static_cast<std::int64_t>(FromLittleEndian<std::int32_t>(bytes)));
      }
      if (bytes.size() == 4 && (type.id == TypeId::kTimestamp || type.id == TypeId::kTimestampNs)) {
        std::int64_t scale = type.id == TypeId::kTimestamp ? 86'400'000'000 : 86'400'000'000'000;
        std::int64_t result = 0;
        if (__builtin_mul_overflow(static_cast<std::int64_t>(FromLittleEndian<std::int32_t>(bytes)), scale, &result)) {
          return Fail(BadLength(bytes, type));
        }
        return Literal(result);
      }
      if (bytes.size() != 8) return Fail(BadLength(bytes, type));
      return Literal(FromLittleEndian<std::int64_t>(bytes));
    case TypeId::kFloat:
      if (bytes.size() != 4) return Fail(BadLength(bytes, type));
      return Literal(static_cast<double>(FromLittleEndian<float>(bytes)));
    case TypeId::kDouble:
      if (bytes.size() == 4) return Literal(static_cast<double>(FromLittleEndian<float>(bytes)));
      if (bytes.size() != 8) return Fail(BadLength(bytes, type));
      return Literal(FromLittleEndian<double>(bytes));
    case TypeId::kDecimal: {
      if (bytes.empty() || bytes.size() > 16) return Fail(BadLength(bytes, type));
      unsigned __int128 value = (bytes[0] & 0x80) != 0 ? ~static_cast<unsigned __int128>(0) : 0;
      for (char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
      return Literal(static_cast<Int128>(value));
    }
    case TypeId::kUuid:
      if (bytes.size() != 16) return Fail(BadLength(bytes, type));
      return Literal(std::string(bytes));
    default: return Literal(std::string(bytes));
  }
}

int Compare(const Literal& a, const Literal& b) {
  if (a.index() != b.index()) return a.index() < b.index() ? -1 : 1;
  if (const auto* x = std::get_if<double>(&a)) {
    double y = std::get<double>(b);
    if (std::isnan(*x) || std::isnan(y)) return static_cast<int>(std::isnan(*x)) - static_cast<int>(std::isnan(y));
    if (*x == y) return static_cast<int>(std::signbit(y)) - static_cast<int>(std::signbit(*x));
    return *x < y ? -1 : 1;
  }
  if (const auto* x = std::get_if<std::string>(&a)) {
    int order = x->compare(std::get<std::string>(b));
    return order < 0 ? -1 : (order > 0 ? 1 : 0);
  }
  return a < b ? -1 : (b < a ? 1 : 0);
}

bool SameValue(const Literal& a, const Literal& b) {
  return Compare(a, b) == 0;
}

Literal TruncateLower(const Literal& value, const Type& type, std::size_t length) {
  const auto* bytes = std::get_if<std::string>(&value);
  if (bytes == nullptr || type.id == TypeId::kUuid) return value;
  if (type.id == TypeId::kString) return bytes->substr(0, CodePointPrefix(*bytes, length));
  return bytes->substr(0, length);
}

std::optional<Literal> TruncateUpper(const Literal& value, const Type& type, std::size_t length) {
  const auto* bytes = std::get_if<std::string>(&value);
  if (bytes == nullptr || type.id == TypeId::kUuid) return value;
  if (type.id != TypeId::kString) {
    if (bytes->size() <= length) return value;
    std::string cut = bytes->substr(0, length);
    while (!cut.empty() && static_cast<unsigned char>(cut.back()) == 0xff) cut.pop_back();
    if (cut.empty()) return std::nullopt;
    cut.back() = static_cast<char>(static_cast<unsigned char>(cut.back()) + 1);
    return cut;
  }
  std::size_t keep = CodePointPrefix(*bytes, length);
  if (keep == bytes->size()) return value;
  std::string cut = bytes->substr(0, keep);
  while (!cut.empty()) {
    std::size_t start = cut.size() - 1;
    while (start > 0 && (static_cast<unsigned char>(cut[start]) & 0xc0) == 0x80) --start;
    std::uint32_t next = Decode(std::string_view(cut).substr(start)) + 1;
    cut.resize(start);
    if (next == 0xd800) next = 0xe000;  // surrogates are no characters
    if (next <= 0x10ffff) return cut + Encode(next);
  }
  return std::nullopt;
}

std::string DecimalText(Int128 unscaled, std::int32_t scale) {
  bool negative = unscaled < 0;
  auto rest = negative ? -static_cast<unsigned __int128>(unscaled) : static_cast<unsigned __int128>(unscaled);
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(rest % 10)));
    rest /= 10;
  } while (rest != 0);
  auto places = static_cast<std::size_t>(std::max(scale, 0));
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  if (places > 0) digits.insert(digits.size() - places, ".");
  return negative ? "-" + digits : digits;
}

std::string DateText(std::int64_t days) {
  // Civil-from-days by Howard Hinnant's algorithm: chrono's year stops at 32767, dates here do not.
  std::int64_t z = days + 719468;
  std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  std::int64_t doe = z - era * 146097;
  std::int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  std::int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  std::int64_t mp = (5 * doy + 2) / 153;
  std::int64_t month = mp < 10 ? mp + 3 : mp - 9;
  std::int64_t year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  return fmt::format("{:04}-{:02}-{:02}", year, month, doy - (153 * mp + 2) / 5 + 1);
}

std::string TimestampText(std::int64_t micros) {
  constexpr std::int64_t kDay = 86'400'000'000;
  std::int64_t days = micros / kDay;
  std::int64_t rest = micros % kDay;
  if (rest < 0) {
    --days;
    rest += kDay;
  }
  return DateText(days) + "T" + TimeText(rest);
}

std::string ToHumanString(const Literal& value, const Type& type) {
  if (IsNull(value)) return "null";
  switch (type.id) {
    case TypeId::kDate: return DateText(std::get<std::int64_t>(value));
    case TypeId::kTime: return TimeText(std::get<std::int64_t>(value));
    case TypeId::kTimestamp: return TimestampText(std::get<std::int64_t>(value));
    case TypeId::kTimestampTz: return TimestampText(std::get<std::int64_t>(value)) + "+00:00";
    case TypeId::kFixed:
    case TypeId::kBinary: return Base64(std::get<std::string>(value));
    default: return ToDisplayString(value, type);
  }
}

std::string ToDisplayString(const Literal& value, const Type& type) {
  if (IsNull(value)) return "null";
  switch (type.id) {
    case TypeId::kBoolean: return std::get<bool>(value) ? "true" : "false";
    case TypeId::kFloat: return fmt::format("{}", static_cast<float>(std::get<double>(value)));
    case TypeId::kDouble: return fmt::format("{}", std::get<double>(value));
    case TypeId::kDecimal: return DecimalText(std::get<Int128>(value), type.scale);
    case TypeId::kDate: return DateText(std::get<std::int64_t>(value));
    case TypeId::kTime: return TimeText(std::get<std::int64_t>(value));
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz: return TimestampText(std::get<std::int64_t>(value));
    case TypeId::kUuid: return UuidText(std::get<std::string>(value));
    case TypeId::kString: return std::get<std::string>(value);
    case TypeId::kFixed:
    case TypeId::kBinary: return Hex(std::get<std::string>(value));
    default: return fmt::format("{}", std::get<std::int64_t>(value));
  }
}

}  // namespace floe::iceberg
