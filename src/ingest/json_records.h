// SPDX-License-Identifier: Apache-2.0
// Splits a request body into JSON records, all of them checked before the first is used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace floe::ingest {

struct JsonRecord {
  std::string value;  ///< one JSON object, white space removed, numbers as they were written
  std::optional<std::string> key;
};

struct JsonLimits {
  std::size_t max_record_bytes = 1'000'000;
  std::size_t max_records = 100'000;
  std::size_t max_depth = 128;
};

/// A body that is one JSON object, an array of objects, or one object per line. `lines`: the content type said NDJSON.
/// `key_field`: its value becomes the key (strings without quotes, other values as JSON text; absent or null: no key).
/// The body may be changed (padding). kInvalidInput with line or index, kTooLarge.
Result<std::vector<JsonRecord>> SplitJson(std::string& body, bool lines, std::string_view key_field,
                                          const JsonLimits& limits);

/// Members of one JSON object as text: strings decoded, other values as JSON text, null left out. kInvalidInput.
Result<std::vector<std::pair<std::string, std::string>>> ObjectMembers(std::string& body, std::size_t max_depth);

bool IsUtf8(std::string_view text);

/// Strictly by RFC 8259: "72.5", "-1e3"; not "NaN", "+1", "007", "".
bool IsJsonNumber(std::string_view text);

}  // namespace floe::ingest
