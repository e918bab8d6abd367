// SPDX-License-Identifier: Apache-2.0
// JSON text with ${placeholders}, checked once and rendered per request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "ingest/route_spec.h"

namespace floe::ingest {

class Template {
 public:
  /// kInvalidInput: unknown placeholder, unclosed "${", bad time format, or text that is no JSON once filled in.
  /// `with_value`: ${value} is allowed.
  static Result<Template> Parse(std::string_view text, const std::vector<FieldSpec>& fields, bool with_value);

  /// `values` in the order of the fields; nullopt: absent. They were checked against their types.
  std::string Render(const std::vector<std::optional<std::string>>& values, TimestampMs now,
                     std::string_view value = {}) const;

 private:
  enum class Kind : std::uint8_t { kLiteral, kField, kTime, kValue };
  struct Piece {
    Kind kind;
    std::string text;  ///< literal text or time format
    std::size_t field = 0;
    FieldType type = FieldType::kString;
    bool quoted = false;
  };
  std::vector<Piece> pieces_;
};

}  // namespace floe::ingest
