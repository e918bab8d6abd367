// SPDX-License-Identifier: Apache-2.0
// Where a node stands in the text, names, hints and options: the small parts that all statements share.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/type.h"

namespace floe::sql::dialect {

/// A piece of the parsed text. Two nodes that differ only in their spans are equal.
struct Span {
  TextPosition position;     ///< of the first character; line 0 when the node was made up
  std::uint32_t offset = 0;  ///< bytes from the start of the text
  std::uint32_t length = 0;  ///< bytes
  std::uint32_t end() const { return offset + length; }
  std::string_view In(std::string_view sql) const { return sql.substr(offset, length); }
  friend bool operator==(const Span&, const Span&) { return true; }
};

/// A name as written, without its quotes. Case counts.
struct Identifier {
  std::string text;
  bool quoted = false;  ///< in `back-ticks` or "double quotes"
  Span span;
  friend bool operator==(const Identifier& a, const Identifier& b) { return a.text == b.text; }
};

/// a, db.a or cat.db.a (also column paths and function names).
struct ObjectName {
  std::vector<Identifier> parts;
  Span span;
  /// "cat.db.a" with back-ticks where they are needed.
  std::string ToString() const;
  bool operator==(const ObjectName&) const = default;
};

/// One 'key' = 'value' of WITH, SET, OPTIONS and the like.
struct Option {
  std::string key;
  std::string value;
  Span key_span;
  Span value_span;
  bool operator==(const Option&) const = default;
};

/// One 'key' of RESET.
struct OptionKey {
  std::string text;
  Span span;
  bool operator==(const OptionKey&) const = default;
};

/// One hint of /*+ ... */: OPTIONS('k'='v'), STATE_TTL('t'='1d'), LOOKUP('table'='d'), BROADCAST(t).
struct Hint {
  Identifier name;
  std::vector<Option> options;
  std::vector<std::string> arguments;  ///< those without '='
  Span span;
  bool operator==(const Hint&) const = default;
};

/// A data type as written.
struct TypeName {
  data::Type type;
  std::string unresolved;  ///< the text of a type that data::Type cannot hold (RAW(...), a class or user type); then
                           ///< `type` is NULL's
  Span span;
  bool operator==(const TypeName&) const = default;
};

/// `name`, or "`na``me`" where the name is not a plain word or is reserved.
std::string QuoteIdentifier(std::string_view name);
/// 'text' with quotes doubled.
std::string QuoteString(std::string_view text);

}  // namespace floe::sql::dialect
