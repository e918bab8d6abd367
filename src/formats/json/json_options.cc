// SPDX-License-Identifier: Apache-2.0
#include "formats/json/json_options.h"

#include "formats/option_values.h"

namespace floe::formats::json {

Result<JsonOptions> JsonOptions::Make(const FormatOptions& options) {
  JsonOptions out;
  FLOE_TRY(out.ignore_parse_errors, BooleanOption(options, "json.ignore-parse-errors", false));
  FLOE_TRY(out.fail_on_missing_field, BooleanOption(options, "json.fail-on-missing-field", false));
  if (out.ignore_parse_errors && out.fail_on_missing_field) {
    return Fail(ErrorKind::kInvalidInput,
                "json.fail-on-missing-field and json.ignore-parse-errors cannot both be true");
  }
  FLOE_TRY(std::string standard, ChoiceOption(options, "json.timestamp-format.standard", "SQL", {"SQL", "ISO-8601"}));
  out.timestamps = standard == "SQL" ? TimestampFormat::kSql : TimestampFormat::kIso;
  FLOE_TRY(std::string mode, ChoiceOption(options, "json.map-null-key.mode", "FAIL", {"FAIL", "DROP", "LITERAL"}));
  out.null_keys = mode == "FAIL" ? NullKeyMode::kFail : mode == "DROP" ? NullKeyMode::kDrop : NullKeyMode::kLiteral;
  out.null_key_literal = StringOption(options, "json.map-null-key.literal", "null");
  FLOE_TRY(out.encode_ignores_nulls, BooleanOption(options, "json.encode.ignore-null-fields", false));
  return out;
}

}  // namespace floe::formats::json
