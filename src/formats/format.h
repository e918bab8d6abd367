// SPDX-License-Identifier: Apache-2.0
// Row formats: the bytes of one message into one row of a batch, and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "data/batch.h"
#include "data/type.h"

namespace floe::formats {

/// Format options without a side prefix: "json.ignore-parse-errors" -> "true".
using FormatOptions = std::map<std::string, std::string>;

enum class DecodeStatus : std::uint8_t {
  kRow,      ///< the row is written
  kSkipped,  ///< an option asked to drop this message
  kBad,      ///< see error(); the row's content is undefined and may be written again
};

struct DecodeError {
  std::string error_class;  ///< "JsonParseError", "CsvParseError", "RawParseError", "MissingField", "TypeMismatch"
  std::string message;      ///< with column and byte position where known
};

/// The memory messages lie in. Bytes up to the end of `readable` may be read (not used) beyond a message, and long
/// strings may point into it: `keep_alive` owns it and is held by the vectors that do.
struct MessageBuffer {
  std::string_view readable;
  std::shared_ptr<const void> keep_alive;
};

/// Made once per schema; used by one thread. Bind, then SetBuffer and Append in any number.
class RowDecoder {
 public:
  virtual ~RowDecoder() = default;
  /// One flat vector per decoded column, in the order of DecoderRequest::columns. To be called again after the chunk
  /// was reset.
  virtual void Bind(std::span<duckdb::Vector* const> vectors) = 0;
  /// Optional: without it long strings are copied and nothing beyond a message is read. Holds until the next call.
  virtual void SetBuffer(MessageBuffer buffer) = 0;
  /// Rows may come in any order, each below the vectors' capacity; nested rows are appended to their list's child.
  virtual DecodeStatus Append(std::string_view message, std::size_t row) = 0;
  /// Of the last Append that said kBad.
  virtual const DecodeError& error() const = 0;
};

/// Made once per schema; used by one thread.
class RowEncoder {
 public:
  virtual ~RowEncoder() = default;
  /// The rows to encode; `columns` are indexes into the batch in the order of the schema. The batch stays unchanged and
  /// must outlive the use.
  virtual void Bind(const data::Batch& batch, std::span<const int> columns) = 0;
  /// Appends the bytes of one row. kInvalidInput when a value cannot be written in this format.
  virtual Status Encode(std::size_t row, std::string& out) = 0;
};

struct DecoderRequest {
  std::string format;        ///< "json", "csv", "raw"
  data::Schema schema;       ///< the columns of the message, in order
  std::vector<int> columns;  ///< those to decode
  FormatOptions options;
};

struct EncoderRequest {
  std::string format;
  data::Schema schema;
  FormatOptions options;
};

/// kNotSupported for a type the format cannot hold, kInvalidInput for a bad option value, kNotFound for an unknown
/// format.
Result<std::unique_ptr<RowDecoder>> MakeDecoder(DecoderRequest request);
Result<std::unique_ptr<RowEncoder>> MakeEncoder(EncoderRequest request);

/// One option of a format, as data for checks and help.
struct FormatOption {
  std::string key;
  std::string kind;  ///< "string", "boolean" or "enum"
  std::string default_value;
  std::vector<std::string> choices;
  std::string help;
};
/// All options of all row formats; a format without options stands there as "raw.charset" does.
const std::vector<FormatOption>& AllFormatOptions();

/// Cuts a text of many messages (a file) into messages of the format: lines, or CSV records whose quoted fields may
/// hold line ends. Returns the length of the first message without its line end, and sets `next` to where the following
/// one starts; std::string_view::npos when the text ends before the message does (more must be read, or the rest is the
/// message).
using FindMessageEnd = std::function<std::size_t(std::string_view text, std::size_t& next)>;
/// kInvalidInput for a bad option value.
Result<FindMessageEnd> MakeFindMessageEnd(const std::string& format, const FormatOptions& options);

}  // namespace floe::formats
