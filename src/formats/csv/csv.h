// SPDX-License-Identifier: Apache-2.0
// CSV records into rows and back, with Flink's options.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/column.h"
#include "formats/format.h"
#include "formats/input.h"

namespace floe::formats::csv {

struct CsvOptions {
  char delimiter = ',';
  std::optional<char> quote = '"';
  std::optional<char> escape;
  bool allow_comments = false;
  bool ignore_parse_errors = false;
  std::optional<std::string> null_literal;

  static Result<CsvOptions> Make(const FormatOptions& options);
};

/// Where the line end behind the first record of a file stands; npos when there is none. As the decoder reads it: a
/// quote means something at the start of a field only, and what follows an escape character nothing.
std::size_t FindRecordEnd(const CsvOptions& options, std::string_view text);

/// One message is one record, fields by position. An empty field is the empty string in character columns and NULL in
/// all others.
class CsvDecoder final : public RowDecoder {
 public:
  static Result<std::unique_ptr<RowDecoder>> Make(DecoderRequest request);
  void Bind(std::span<duckdb::Vector* const> vectors) override;
  void SetBuffer(MessageBuffer buffer) override;
  DecodeStatus Append(std::string_view message, std::size_t row) override;
  const DecodeError& error() const override { return error_; }

 private:
  CsvDecoder(DecoderRequest request, CsvOptions options);
  bool ReadRecord(std::string_view message, std::size_t row);
  bool ReadField(std::string_view message, std::size_t& at, std::string_view& text, bool& quoted);
  bool WriteField(std::size_t field, std::size_t row, std::string_view text, bool quoted);
  bool SyntaxError(std::string message);

  DecoderRequest request_;
  CsvOptions options_;
  std::vector<Column> columns_;
  std::vector<int> output_of_field_;  ///< index into columns_, -1 when not wanted
  Pin pin_;
  std::string scratch_;
  DecodeError error_;
};

class CsvEncoder final : public RowEncoder {
 public:
  static Result<std::unique_ptr<RowEncoder>> Make(EncoderRequest request);
  void Bind(const data::Batch& batch, std::span<const int> columns) override;
  Status Encode(std::size_t row, std::string& out) override;

 private:
  explicit CsvEncoder(CsvOptions options) : options_(std::move(options)) {}
  void AppendText(std::string_view text, std::string& out) const;

  CsvOptions options_;
  std::vector<Input> columns_;
};

}  // namespace floe::formats::csv
