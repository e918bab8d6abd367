// SPDX-License-Identifier: Apache-2.0
#include "formats/format.h"

#include <fmt/format.h>

#include "formats/csv/csv.h"
#include "formats/json/json_decoder.h"
#include "formats/json/json_encoder.h"
#include "formats/raw/raw.h"

namespace floe::formats {
namespace {

std::unexpected<Error> UnknownFormat(const std::string& name) {
  return Fail(ErrorKind::kNotFound, fmt::format("unknown row format '{}'; known: json, csv, raw", name));
}

}  // namespace

Result<std::unique_ptr<RowDecoder>> MakeDecoder(DecoderRequest request) {
  if (request.format == "json") return json::JsonDecoder::Make(std::move(request));
  if (request.format == "csv") return csv::CsvDecoder::Make(std::move(request));
  if (request.format == "raw") return raw::RawDecoder::Make(std::move(request));
  return UnknownFormat(request.format);
}

Result<std::unique_ptr<RowEncoder>> MakeEncoder(EncoderRequest request) {
  if (request.format == "json") return json::JsonEncoder::Make(std::move(request));
  if (request.format == "csv") return csv::CsvEncoder::Make(std::move(request));
  if (request.format == "raw") return raw::RawEncoder::Make(std::move(request));
  return UnknownFormat(request.format);
}

const std::vector<FormatOption>& AllFormatOptions() {
  static const std::vector<FormatOption> kOptions = {
      {"json.ignore-parse-errors",
       "boolean",
       "false",
       {},
       "fields of the wrong type become NULL, broken messages are skipped and counted"},
      {"json.fail-on-missing-field", "boolean", "false", {}, "a missing field is a bad record; else it is NULL"},
      {"json.timestamp-format.standard",
       "enum",
       "SQL",
       {"SQL", "ISO-8601"},
       "'2026-01-08 14:00:00' or '2026-01-08T14:00:00'"},
      {"json.map-null-key.mode", "enum", "FAIL", {"FAIL", "DROP", "LITERAL"}, "what writing a NULL map key does"},
      {"json.map-null-key.literal", "string", "null", {}, "written for a NULL map key in mode LITERAL"},
      {"json.encode.decimal-as-plain-number", "boolean", "false", {}, "decimals are always written as plain numbers"},
      {"json.encode.ignore-null-fields", "boolean", "false", {}, "NULL fields are left out when writing"},
      {"json.decode.json-parser.enabled", "boolean", "true", {}, "taken for Flink's sake; there is one parser"},
      {"csv.field-delimiter", "string", ",", {}, "one character between fields"},
      {"csv.disable-quote-character", "boolean", "false", {}, "quotes have no meaning"},
      {"csv.quote-character", "string", "\"", {}, "one character around fields"},
      {"csv.allow-comments", "boolean", "false", {}, "records that start with '#' are skipped"},
      {"csv.ignore-parse-errors",
       "boolean",
       "false",
       {},
       "fields of the wrong type become NULL, broken records are skipped and counted"},
      {"csv.escape-character", "string", "", {}, "one character before characters that lose their meaning"},
      {"csv.null-literal", "string", "", {}, "the unquoted text that means NULL"},
      {"raw.charset", "enum", "UTF-8", {"UTF-8"}, "encoding of text"},
      {"raw.endianness", "enum", "big-endian", {"big-endian", "little-endian"}, "byte order of numbers"},
      {"parquet.compression",
       "enum",
       "SNAPPY",
       {"SNAPPY", "ZSTD", "GZIP", "UNCOMPRESSED"},
       "of files written by 'filesystem'"},
  };
  return kOptions;
}

Result<FindMessageEnd> MakeFindMessageEnd(const std::string& format, const FormatOptions& options) {
  std::optional<csv::CsvOptions> csv;
  if (format == "csv") {
    FLOE_TRY(csv, csv::CsvOptions::Make(options));
  }
  return [csv](std::string_view text, std::size_t& next) {
    const std::size_t at = csv ? csv::FindRecordEnd(*csv, text) : text.find('\n');
    if (at >= text.size()) return std::string_view::npos;
    next = at + 1;
    return at > 0 && text[at - 1] == '\r' ? at - 1 : at;
  };
}

}  // namespace floe::formats
