// SPDX-License-Identifier: Apache-2.0
#include "iceberg/metadata/transform.h"

#include <bit>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

namespace floe::iceberg {
namespace {

std::int64_t FloorDiv(std::int64_t a, std::int64_t b) {
  return a / b - (a % b < 0 ? 1 : 0);
}

/// Wraps around below the smallest value, as Java does.
template <typename T, typename Unsigned>
T TruncateNumber(T value, T width) {
  const T above = ((value % width) + width) % width;
  return static_cast<T>(static_cast<Unsigned>(value) - static_cast<Unsigned>(above));
}

struct YearMonth {
  std::int64_t year;
  std::int64_t month;
};

YearMonth FromDays(std::int64_t days) {
  std::string text = DateText(days);
  std::size_t dash = text.rfind('-', text.rfind('-') - 1);
  return {std::stoll(text.substr(0, dash)), std::stoll(text.substr(dash + 1, 2))};
}

/// Whole days since 1970 of a date or timestamp.
std::int64_t Days(std::int64_t value, const Type& source) {
  switch (source.id) {
    case TypeId::kDate: return value;
    case TypeId::kTimestampNs:
    case TypeId::kTimestampTzNs: return FloorDiv(value, 86'400'000'000'000);
    default: return FloorDiv(value, 86'400'000'000);
  }
}

std::size_t PrefixOfCodePoints(std::string_view text, std::size_t n) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xc0) != 0x80 && n-- == 0) break;
  }
  return at;
}

Literal TruncateValue(const Literal& value, const Type& source, std::int32_t width) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    const auto truncated = TruncateNumber<std::int64_t, std::uint64_t>(*number, width);
    return source.id == TypeId::kInt ? std::int64_t{static_cast<std::int32_t>(truncated)} : truncated;
  }
  if (const auto* unscaled = std::get_if<Int128>(&value)) {
    return TruncateNumber<Int128, unsigned __int128>(*unscaled, width);
  }
  const auto& bytes = std::get<std::string>(value);
  auto length = static_cast<std::size_t>(width);
  return bytes.substr(0, source.id == TypeId::kString ? PrefixOfCodePoints(bytes, length) : length);
}

bool IsTimestamp(TypeId id) {
  return id >= TypeId::kTimestamp && id <= TypeId::kTimestampTzNs;
}

}  // namespace

std::string Transform::ToString() const {
  switch (kind) {
    case TransformKind::kIdentity: return "identity";
    case TransformKind::kBucket: return fmt::format("bucket[{}]", parameter);
    case TransformKind::kTruncate: return fmt::format("truncate[{}]", parameter);
    case TransformKind::kYear: return "year";
    case TransformKind::kMonth: return "month";
    case TransformKind::kDay: return "day";
    case TransformKind::kHour: return "hour";
    case TransformKind::kVoid: return "void";
    case TransformKind::kUnknown: break;
  }
  return text;
}

Result<Transform> ParseTransform(std::string_view text) {
  if (text == "identity") return Transform{TransformKind::kIdentity};
  if (text == "year" || text == "years") return Transform{TransformKind::kYear};
  if (text == "month" || text == "months") return Transform{TransformKind::kMonth};
  if (text == "day" || text == "days" || text == "date") return Transform{TransformKind::kDay};
  if (text == "hour" || text == "hours" || text == "date_hour") return Transform{TransformKind::kHour};
  if (text == "void") return Transform{TransformKind::kVoid};
  for (auto [name, kind] : {std::pair<std::string_view, TransformKind>{"bucket[", TransformKind::kBucket},
                            std::pair<std::string_view, TransformKind>{"truncate[", TransformKind::kTruncate}}) {
    if (!text.starts_with(name) || !text.ends_with("]")) continue;
    std::string_view digits = text.substr(name.size(), text.size() - name.size() - 1);
    std::int32_t parameter = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parameter);
    if (error != std::errc() || end != digits.data() + digits.size() || parameter < 1) {
      return Fail(ErrorKind::kInvalidInput, fmt::format("partition transform '{}' needs a number above 0", text));
    }
    return Transform{kind, parameter};
  }
  return Transform{TransformKind::kUnknown, 0, std::string(text)};
}

Result<Type> ResultType(const Transform& transform, const Type& source) {
  auto fits = [&](bool ok, Type result) -> Result<Type> {
    if (ok) return result;
    return Fail(ErrorKind::kInvalidInput, fmt::format("partition transform {} cannot be applied to type {}",
                                                      transform.ToString(), source.ToString()));
  };
  bool temporal = source.id == TypeId::kDate || IsTimestamp(source.id);
  switch (transform.kind) {
    case TransformKind::kVoid: return source;
    case TransformKind::kIdentity:
      return fits(source.IsPrimitive() && source.id != TypeId::kVariant && source.id != TypeId::kUnknown, source);
    case TransformKind::kBucket:
      return fits(source.IsPrimitive() && source.id != TypeId::kBoolean && source.id != TypeId::kFloat &&
                      source.id != TypeId::kDouble && source.id < TypeId::kUnknown,
                  Type(TypeId::kInt));
    case TransformKind::kTruncate:
      return fits(source.id == TypeId::kInt || source.id == TypeId::kLong || source.id == TypeId::kDecimal ||
                      source.id == TypeId::kString || source.id == TypeId::kBinary,
                  source);
    case TransformKind::kDay: return fits(temporal, Type(TypeId::kDate));
    case TransformKind::kYear:
    case TransformKind::kMonth: return fits(temporal, Type(TypeId::kInt));
    case TransformKind::kHour: return fits(IsTimestamp(source.id), Type(TypeId::kInt));
    case TransformKind::kUnknown: break;
  }
  return Type(TypeId::kString);  // spec: the result of an unknown transform is not interpreted
}

Literal Apply(const Transform& transform, const Literal& value, const Type& source) {
  if (IsNull(value)) return {};
  switch (transform.kind) {
    case TransformKind::kIdentity: return value;
    case TransformKind::kBucket:
      return static_cast<std::int64_t>((BucketHash(value, source) & 0x7fffffffu) %
                                       static_cast<std::uint32_t>(transform.parameter));
    case TransformKind::kTruncate: return TruncateValue(value, source, transform.parameter);
    case TransformKind::kYear: return FromDays(Days(std::get<std::int64_t>(value), source)).year - 1970;
    case TransformKind::kMonth: {
      YearMonth date = FromDays(Days(std::get<std::int64_t>(value), source));
      return (date.year - 1970) * 12 + date.month - 1;
    }
    case TransformKind::kDay: return Days(std::get<std::int64_t>(value), source);
    case TransformKind::kHour: {
      bool nanos = source.id == TypeId::kTimestampNs || source.id == TypeId::kTimestampTzNs;
      return FloorDiv(std::get<std::int64_t>(value), nanos ? 3'600'000'000'000 : 3'600'000'000);
    }
    case TransformKind::kVoid:
    case TransformKind::kUnknown: break;
  }
  return {};
}

std::string ToHumanString(const Transform& transform, const Literal& value, const Type& source) {
  if (IsNull(value)) return "null";
  switch (transform.kind) {
    case TransformKind::kYear: return fmt::format("{:04}", 1970 + std::get<std::int64_t>(value));
    case TransformKind::kMonth: {
      std::int64_t months = std::get<std::int64_t>(value);
      std::int64_t years = FloorDiv(months, 12);
      return fmt::format("{:04}-{:02}", 1970 + years, months - years * 12 + 1);
    }
    case TransformKind::kDay: return DateText(std::get<std::int64_t>(value));
    case TransformKind::kHour: {
      std::int64_t hours = std::get<std::int64_t>(value);
      std::int64_t days = FloorDiv(hours, 24);
      return fmt::format("{}-{:02}", DateText(days), hours - days * 24);
    }
    case TransformKind::kBucket: return fmt::format("{}", std::get<std::int64_t>(value));
    default: return ToHumanString(value, source);
  }
}

std::uint32_t Murmur3(std::string_view bytes) {
  constexpr std::uint32_t kC1 = 0xcc9e2d51;
  constexpr std::uint32_t kC2 = 0x1b873593;
  std::uint32_t hash = 0;
  std::size_t blocks = bytes.size() / 4;
  for (std::size_t i = 0; i < blocks; ++i) {
    std::uint32_t k;
    std::memcpy(&k, bytes.data() + i * 4, 4);
    hash ^= std::rotl(k * kC1, 15) * kC2;
    hash = std::rotl(hash, 13) * 5 + 0xe6546b64;
  }
  std::uint32_t tail = 0;
  for (std::size_t i = bytes.size(); i > blocks * 4; --i) {
    tail = tail << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  hash ^= std::rotl(tail * kC1, 15) * kC2;
  hash ^= static_cast<std::uint32_t>(bytes.size());
  hash ^= hash >> 16;
  hash *= 0x85ebca6b;
  hash ^= hash >> 13;
  hash *= 0xc2b2ae35;
  return hash ^ hash >> 16;
}

std::uint32_t BucketHash(const Literal& value, const Type& source) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    std::int64_t hashed = *number;
    if (source.id == TypeId::kTimestampNs || source.id == TypeId::kTimestampTzNs) hashed = FloorDiv(hashed, 1000);
    return Murmur3({reinterpret_cast<const char*>(&hashed), sizeof(hashed)});
  }
  return Murmur3(ToSingleValueBytes(value, source));
}

}  // namespace floe::iceberg
