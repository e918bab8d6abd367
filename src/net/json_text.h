// SPDX-License-Identifier: Apache-2.0
// Writes JSON text: small answers built in one pass into one string, no tree.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace floe::net {

/// Appends `text` as a JSON string with quotes. Bytes that are not UTF-8 become U+FFFD, so the output is always valid
/// JSON.
void AppendJsonString(std::string& out, std::string_view text);
/// The same without the quotes, for use inside a template.
void AppendJsonEscaped(std::string& out, std::string_view text);
/// Appends the shortest text that reads back as `value`; null for NaN and infinities, which JSON does not have.
void AppendJsonNumber(std::string& out, double value);

/// Puts the commas and quotes. Calls must nest properly; that is the caller's contract, not checked.
class JsonWriter {
 public:
  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Shut('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Shut(']'); }
  JsonWriter& Key(std::string_view name);
  JsonWriter& String(std::string_view value);
  JsonWriter& Int(std::int64_t value);
  JsonWriter& Uint(std::uint64_t value);
  JsonWriter& Double(double value);
  JsonWriter& Bool(bool value) { return Raw(value ? "true" : "false"); }
  JsonWriter& Null() { return Raw("null"); }
  /// A value that is JSON text already.
  JsonWriter& Raw(std::string_view json);

  const std::string& text() const { return out_; }
  std::string Take() { return std::move(out_); }

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Shut(char bracket);
  void Comma();

  std::string out_;
  bool comma_ = false;
};

}  // namespace floe::net
