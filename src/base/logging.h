// SPDX-License-Identifier: Apache-2.0
// Structured logs: human on a terminal, one JSON object per line for machines. Written to standard error.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace floe::logging {

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError, kOff };
enum class Format : std::uint8_t { kHuman, kJson };

Result<Level> ParseLevel(std::string_view text);
Result<Format> ParseFormat(std::string_view text);

/// Once, at start; until then warnings and errors go out in human form. Colours only when standard error is a terminal.
void Init(Level level, Format format);
bool Enabled(Level level);

/// One key=value of a line. Values are data, never secrets.
struct Field {
  std::string_view key;
  std::string value;
  bool quoted = true;  ///< false: a number or boolean, printed bare in JSON

  Field(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  Field(std::string_view k, const char* v) : key(k), value(v) {}
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, bool v) : key(k), value(v ? "true" : "false"), quoted(false) {}
  template <std::integral T>
  Field(std::string_view k, T v) : key(k), value(std::to_string(v)), quoted(false) {}
  Field(std::string_view k, double v);
};

/// `area` is the folder's name ("log", "stream"); `message` is stable text, what varies goes into fields. Thread-safe.
void Write(Level level, std::string_view area, std::string_view message, std::initializer_list<Field> fields = {});

inline void Debug(std::string_view area, std::string_view message, std::initializer_list<Field> fields = {}) {
  if (Enabled(Level::kDebug)) Write(Level::kDebug, area, message, fields);
}
inline void Info(std::string_view area, std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kInfo, area, message, fields);
}
inline void Warn(std::string_view area, std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kWarn, area, message, fields);
}
inline void Failure(std::string_view area, std::string_view message, std::initializer_list<Field> fields = {}) {
  Write(Level::kError, area, message, fields);
}

/// Text as the inside of a JSON string.
std::string JsonEscape(std::string_view text);

}  // namespace floe::logging
