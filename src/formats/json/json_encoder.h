// SPDX-License-Identifier: Apache-2.0
// Rows to JSON objects, as Flink writes them.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/format.h"
#include "formats/input.h"
#include "formats/json/json_options.h"

namespace floe::formats::json {

/// Appends `text` as a JSON string with its quotes.
void AppendQuoted(std::string& out, std::string_view text);

class JsonEncoder final : public RowEncoder {
 public:
  static Result<std::unique_ptr<RowEncoder>> Make(EncoderRequest request);
  void Bind(const data::Batch& batch, std::span<const int> columns) override;
  Status Encode(std::size_t row, std::string& out) override;

 private:
  explicit JsonEncoder(JsonOptions options) : options_(std::move(options)) {}
  template <typename Fields>
  Status WriteObject(const Fields& fields, std::size_t row, std::string& out) const;
  Status WriteValue(const Input& input, std::size_t row, std::string& out) const;
  Status WriteMap(const Input& input, std::size_t index, std::string& out) const;

  JsonOptions options_;
  std::vector<Input> columns_;
};

}  // namespace floe::formats::json
