// SPDX-License-Identifier: Apache-2.0
// JSON messages into rows: one pass over the bytes, straight into vectors, guided by the schema and by the shape of
// earlier messages.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/column.h"
#include "formats/format.h"
#include "formats/json/json_options.h"
#include "formats/json/lexer.h"

namespace floe::formats::json {

/// The bytes between two values of an object, as an earlier message had them: `,"temperature": `. Compared eight bytes
/// at a time.
struct Glue {
  static constexpr std::size_t kMaxLength = 64;
  std::uint64_t words[kMaxLength / 8] = {};
  std::uint64_t last_mask = 0;
  std::uint8_t full_words = 0;
  std::uint8_t length = 0;
  std::int32_t field = -1;  ///< what the value after it belongs to; -1: skipped

  static Glue Make(std::string_view bytes, std::int32_t field);
  /// Whether a value can follow it in the message, and whole words may be loaded.
  bool Fits(const Cursor& in) const { return in.end - in.p > length && in.readable - in.p >= 8 * ((length + 7) / 8); }
  bool Matches(const char* p) const;
};

/// What may stand at one place of a message. `column` points into the decoder's column tree, which never moves.
struct Node {
  Column* column = nullptr;
  std::vector<Node> children;                                ///< as the column's
  std::unordered_map<std::string_view, std::int32_t> names;  ///< ROW: child by field name

  /// The expected shape of objects here (ROW only), learned from a message and learned anew when it stops fitting.
  std::vector<Glue> shape;
  std::vector<std::int32_t> shape_position;  ///< of each child in `shape`, -1 when not there
  std::vector<std::uint64_t> seen;           ///< per child: number of the last object that had it
  std::uint64_t object_number = 0;
  int misses = 0;
  bool learn = true;
};

class JsonDecoder final : public RowDecoder {
 public:
  static Result<std::unique_ptr<RowDecoder>> Make(DecoderRequest request);

  void Bind(std::span<duckdb::Vector* const> vectors) override;
  void SetBuffer(MessageBuffer buffer) override;
  DecodeStatus Append(std::string_view message, std::size_t row) override;
  const DecodeError& error() const override { return error_; }

 private:
  JsonDecoder(DecoderRequest request, JsonOptions options);

  /// Each returns false with the cursor's problem or error_ set.
  bool ReadObject(Node& node, std::size_t row);
  bool ReadFieldName(Node& node, bool first, bool& done, std::int32_t& field);
  bool FinishObject(Node& node, std::size_t row);
  bool ReadField(Node& node, std::int32_t field, std::size_t row);
  bool ReadValue(Node& node, std::size_t row);
  bool ReadNumber(Node& node, std::size_t row);
  bool ReadText(Node& node, std::size_t row);
  bool ReadBoolean(Node& node, std::size_t row);
  bool ReadContainer(Node& node, std::size_t row);
  bool ReadArray(Node& node, std::size_t row);
  bool ReadMap(Node& node, std::size_t row);
  bool Mismatch(const Node& node, const char* at);
  void SetSyntaxError();

  DecoderRequest request_;
  JsonOptions options_;
  Column root_column_;
  Node root_;
  Pin pin_;
  Cursor in_;
  std::string scratch_;
  std::string key_scratch_;
  DecodeError error_;
};

}  // namespace floe::formats::json
