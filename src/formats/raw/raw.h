// SPDX-License-Identifier: Apache-2.0
// The raw format: one column, its bytes as they are.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/column.h"
#include "formats/format.h"
#include "formats/input.h"

namespace floe::formats::raw {

/// Text (UTF-8) and bytes as they are, numbers and booleans in binary; an empty message is the empty text, for other
/// types an error.
class RawDecoder final : public RowDecoder {
 public:
  static Result<std::unique_ptr<RowDecoder>> Make(DecoderRequest request);
  void Bind(std::span<duckdb::Vector* const> vectors) override;
  void SetBuffer(MessageBuffer buffer) override { pin_ = Pin(buffer.readable, std::move(buffer.keep_alive)); }
  DecodeStatus Append(std::string_view message, std::size_t row) override;
  const DecodeError& error() const override { return error_; }

 private:
  RawDecoder(Column column, bool wanted, bool big_endian)
      : column_(std::move(column)), wanted_(wanted), big_endian_(big_endian) {}
  Column column_;
  bool wanted_;
  bool big_endian_;
  Pin pin_;
  DecodeError error_;
};

class RawEncoder final : public RowEncoder {
 public:
  static Result<std::unique_ptr<RowEncoder>> Make(EncoderRequest request);
  void Bind(const data::Batch& batch, std::span<const int> columns) override;
  Status Encode(std::size_t row, std::string& out) override;

 private:
  RawEncoder(Input input, bool big_endian) : input_(std::move(input)), big_endian_(big_endian) {}
  Input input_;
  bool big_endian_;
};

}  // namespace floe::formats::raw
