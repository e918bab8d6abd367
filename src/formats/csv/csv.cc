// SPDX-License-Identifier: Apache-2.0
#include "formats/csv/csv.h"

#include <utility>

#include <fmt/format.h>

#include "formats/option_values.h"
#include "formats/text.h"

namespace floe::formats::csv {
namespace {

Status CheckType(const data::Field& field) {
  if (field.type.fields().empty() && !field.type.IsInterval() && field.type.kind() != data::TypeKind::kNull) return {};
  return Fail(ErrorKind::kNotSupported,
              fmt::format("column '{}': format 'csv' cannot hold {}; use 'json'", field.name, field.type.ToString()));
}

}  // namespace

Result<CsvOptions> CsvOptions::Make(const FormatOptions& options) {
  CsvOptions out;
  FLOE_TRY(out.delimiter, CharacterOption(options, "csv.field-delimiter", ','));
  FLOE_TRY(bool no_quotes, BooleanOption(options, "csv.disable-quote-character", false));
  FLOE_TRY(char quote, CharacterOption(options, "csv.quote-character", '"'));
  if (no_quotes && options.contains("csv.quote-character")) {
    return Fail(ErrorKind::kInvalidInput, "csv.quote-character cannot be set when csv.disable-quote-character is true");
  }
  out.quote = no_quotes ? std::nullopt : std::optional<char>(quote);
  if (options.contains("csv.escape-character")) {
    FLOE_TRY(char escape, CharacterOption(options, "csv.escape-character", '\\'));
    out.escape = escape;
  }
  FLOE_TRY(out.allow_comments, BooleanOption(options, "csv.allow-comments", false));
  FLOE_TRY(out.ignore_parse_errors, BooleanOption(options, "csv.ignore-parse-errors", false));
  if (auto it = options.find("csv.null-literal"); it != options.end()) out.null_literal = it->second;
  return out;
}

std::size_t FindRecordEnd(const CsvOptions& options, std::string_view text) {
  if (options.allow_comments && text.starts_with('#')) return text.find('\n');
  bool field_start = true;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (std::exchange(field_start, false) && c == options.quote) {
      quoted = true;
    } else if (c == options.escape) {
      ++at;
    } else if (quoted) {
      if (c != options.quote) continue;
      const bool doubled = at + 1 < text.size() && text[at + 1] == *options.quote;
      at += doubled ? 1 : 0;
      quoted = doubled;
    } else if (c == '\n') {
      return at;
    } else {
      field_start = c == options.delimiter;
    }
  }
  return std::string_view::npos;
}

Result<std::unique_ptr<RowDecoder>> CsvDecoder::Make(DecoderRequest request) {
  FLOE_TRY(CsvOptions options, CsvOptions::Make(request.options));
  for (const data::Field& field : request.schema.fields) FLOE_TRY_VOID(CheckType(field));
  return std::unique_ptr<RowDecoder>(new CsvDecoder(std::move(request), std::move(options)));
}

CsvDecoder::CsvDecoder(DecoderRequest request, CsvOptions options)
    : request_(std::move(request)), options_(std::move(options)) {
  output_of_field_.assign(request_.schema.size(), -1);
  for (int column : request_.columns) {
    const data::Field& field = request_.schema.fields[static_cast<std::size_t>(column)];
    output_of_field_[static_cast<std::size_t>(column)] = static_cast<int>(columns_.size());
    columns_.push_back(Column::Make(field.type, field.name));
  }
}

void CsvDecoder::Bind(std::span<duckdb::Vector* const> vectors) {
  for (std::size_t i = 0; i < vectors.size(); ++i) columns_[i].Bind(*vectors[i]);
}

void CsvDecoder::SetBuffer(MessageBuffer buffer) {
  pin_ = Pin(buffer.readable, std::move(buffer.keep_alive));
}

DecodeStatus CsvDecoder::Append(std::string_view message, std::size_t row) {
  while (message.ends_with('\n') || message.ends_with('\r')) message.remove_suffix(1);
  if (options_.allow_comments && message.starts_with('#')) return DecodeStatus::kSkipped;
  if (ReadRecord(message, row)) return DecodeStatus::kRow;
  return options_.ignore_parse_errors ? DecodeStatus::kSkipped : DecodeStatus::kBad;
}

bool CsvDecoder::SyntaxError(std::string message) {
  error_ = {"CsvParseError", std::move(message)};
  return false;
}

bool CsvDecoder::ReadRecord(std::string_view message, std::size_t row) {
  std::size_t at = 0;
  std::size_t field = 0;
  for (bool more = true; more; ++field) {
    std::string_view text;
    bool quoted = false;
    if (!ReadField(message, at, text, quoted)) return false;
    more = at < message.size();
    if (more) ++at;
    if (field < output_of_field_.size() && !WriteField(field, row, text, quoted)) return false;
  }
  if (field != output_of_field_.size()) {
    return SyntaxError(
        fmt::format("the record has {} fields, the table has {} columns", field, output_of_field_.size()));
  }
  return true;
}

/// Leaves `at` on the delimiter or at the end.
bool CsvDecoder::ReadField(std::string_view message, std::size_t& at, std::string_view& text, bool& quoted) {
  std::size_t start = at;
  quoted = options_.quote && at < message.size() && message[at] == *options_.quote;
  if (!quoted && !options_.escape) {
    at = std::min(message.find(options_.delimiter, at), message.size());
    text = message.substr(start, at - start);
    return true;
  }
  if (quoted) ++at;
  scratch_.clear();
  for (;; ++at) {
    if (at >= message.size()) {
      if (quoted) return SyntaxError(fmt::format("the quoted field at byte {} has no end", start));
      break;
    }
    char c = message[at];
    if (options_.escape && c == *options_.escape) {
      if (++at >= message.size())
        return SyntaxError(fmt::format("at byte {}: nothing follows the escape character", at - 1));
      scratch_ += message[at];
    } else if (quoted && c == *options_.quote) {
      if (at + 1 < message.size() && message[at + 1] == *options_.quote) {
        scratch_ += message[++at];
        continue;
      }
      ++at;
      if (at < message.size() && message[at] != options_.delimiter) {
        return SyntaxError(fmt::format("at byte {}: expected the delimiter after the quoted field", at));
      }
      break;
    } else if (!quoted && c == options_.delimiter) {
      break;
    } else {
      scratch_ += c;
    }
  }
  text = scratch_;
  return true;
}

bool CsvDecoder::WriteField(std::size_t field, std::size_t row, std::string_view text, bool quoted) {
  int output = output_of_field_[field];
  if (output < 0) return true;
  Column& column = columns_[static_cast<std::size_t>(output)];
  bool null = !quoted && ((options_.null_literal && text == *options_.null_literal) ||
                          (text.empty() && !column.type.IsCharacter()));
  if (null) {
    column.SetNull(row);
    return true;
  }
  if (column.type.IsCharacter() && !ValidUtf8(text)) {
    return SyntaxError(fmt::format("field '{}' is not valid UTF-8", column.name));
  }
  if (WriteText(column, row, text, TimestampFormat::kSql, pin_)) return true;
  if (options_.ignore_parse_errors) {
    column.SetNull(row);
    return true;
  }
  error_ = {"TypeMismatch",
            fmt::format("field '{}': '{}' is no {}", column.name, text.substr(0, 40), column.type.ToString())};
  return false;
}

Result<std::unique_ptr<RowEncoder>> CsvEncoder::Make(EncoderRequest request) {
  FLOE_TRY(CsvOptions options, CsvOptions::Make(request.options));
  std::unique_ptr<CsvEncoder> encoder(new CsvEncoder(std::move(options)));
  for (const data::Field& field : request.schema.fields) {
    FLOE_TRY_VOID(CheckType(field));
    encoder->columns_.push_back(Input::Make(field.type, field.name));
  }
  return encoder;
}

void CsvEncoder::Bind(const data::Batch& batch, std::span<const int> columns) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    columns_[i].Bind(batch.rows.data[static_cast<std::size_t>(columns[i])], batch.size());
  }
}

Status CsvEncoder::Encode(std::size_t row, std::string& out) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) out += options_.delimiter;
    const Input& input = columns_[i];
    std::size_t index = input.Index(row);
    if (input.IsNull(index)) {
      out += options_.null_literal.value_or("");
    } else if (input.type.IsCharacter()) {
      AppendText(input.Text(index), out);
    } else if (input.type.IsBinary()) {
      AppendBase64(out, input.Text(index));
    } else if (input.type.IsTimestamp()) {
      // Flink quotes timestamps because of the space in them.
      std::string text;
      AppendScalar(input, index, {TextStyle::Timestamps::kSql}, text);
      AppendText(text, out);
    } else {
      AppendScalar(input, index, {TextStyle::Timestamps::kSql}, out);
    }
  }
  return {};
}

void CsvEncoder::AppendText(std::string_view text, std::string& out) const {
  bool special = text == options_.null_literal;
  for (char c : text) {
    special |=
        c == options_.delimiter || c == options_.quote || c == options_.escape || static_cast<unsigned char>(c) <= ' ';
  }
  if (!special && !text.starts_with('#')) {
    out += text;
    return;
  }
  if (options_.quote) out += *options_.quote;
  for (char c : text) {
    if (options_.escape &&
        (c == *options_.escape || c == options_.quote || (!options_.quote && c == options_.delimiter))) {
      out += *options_.escape;
    } else if (c == options_.quote) {
      out += c;
    }
    out += c;
  }
  if (options_.quote) out += *options_.quote;
}

}  // namespace floe::formats::csv
