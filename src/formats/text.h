// SPDX-License-Identifier: Apache-2.0
// Text of single values, as Flink writes and reads them: numbers, decimals, dates, times, base64, UTF-8.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "formats/column.h"

namespace floe::formats {

enum class TimestampFormat : std::uint8_t {
  kSql,  ///< "2026-01-08 14:00:00.123", LTZ with a trailing 'Z'
  kIso,  ///< "2026-01-08T14:00:00.123", LTZ with a trailing 'Z'
};

bool ValidUtf8(std::string_view text);

// Parsers take the whole text; nothing may be left over.
std::optional<std::int64_t> ParseInteger(std::string_view text);
/// What Java's Double.parseDouble takes, less hexadecimal floats and the 'd' suffix: also "NaN", "Infinity". Overflow
/// is refused.
std::optional<double> ParseDouble(std::string_view text);
/// Unscaled value, rounded half up to `scale`; nothing when it needs more digits than `precision`.
std::optional<__int128> ParseDecimal(std::string_view text, int precision, int scale);
/// Days since 1970-01-01 of "yyyy-MM-dd".
std::optional<std::int32_t> ParseDate(std::string_view text);
/// Microseconds of "HH:mm:ss[.fraction]"; digits beyond `precision` are cut off.
std::optional<std::int64_t> ParseTime(std::string_view text, int precision);
/// Microseconds since the epoch. With `zoned` the text must end in 'Z' or an offset such as "+02:00".
std::optional<std::int64_t> ParseTimestamp(std::string_view text, TimestampFormat format, bool zoned, int precision);
/// Decodes RFC 4648 base64 (with padding); false when malformed.
bool DecodeBase64(std::string_view text, std::string& out);

void AppendInteger(std::string& out, std::int64_t value);
/// As Java's Double.toString does it: "72.5", "1.0", "1.0E10", "NaN".
void AppendDouble(std::string& out, double value);
void AppendFloat(std::string& out, float value);
void AppendDecimal(std::string& out, __int128 unscaled, int scale);
void AppendDate(std::string& out, std::int32_t days);
/// Fraction without trailing zeros, at most `precision` digits.
void AppendTime(std::string& out, std::int64_t micros, int precision);
void AppendTimestamp(std::string& out, std::int64_t micros, TimestampFormat format, bool zoned, int precision);
void AppendBase64(std::string& out, std::string_view bytes);

/// Writes a text into a scalar column by the column's type; false when the text is no value of it (the row is undefined
/// then).
bool WriteText(Column& column, std::size_t row, std::string_view text, TimestampFormat format, const Pin& pin);
/// Writes an unscaled decimal into whatever width the column has.
void WriteDecimal(Column& column, std::size_t row, __int128 unscaled);
/// Writes an integer into a TINYINT..BIGINT column; false when it does not fit.
bool WriteInteger(Column& column, std::size_t row, std::int64_t value);

}  // namespace floe::formats
