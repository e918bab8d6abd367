// SPDX-License-Identifier: Apache-2.0
// Flink's options of the json format.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "formats/format.h"
#include "formats/text.h"

namespace floe::formats::json {

enum class NullKeyMode : std::uint8_t { kFail, kDrop, kLiteral };

struct JsonOptions {
  bool ignore_parse_errors = false;
  bool fail_on_missing_field = false;
  TimestampFormat timestamps = TimestampFormat::kSql;
  NullKeyMode null_keys = NullKeyMode::kFail;
  std::string null_key_literal = "null";
  bool encode_ignores_nulls = false;

  static Result<JsonOptions> Make(const FormatOptions& options);
};

}  // namespace floe::formats::json
