// SPDX-License-Identifier: Apache-2.0
// Any bytes as CSV under several options: rows or errors, and rows that are written come back as the same bytes.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "formats/format.h"
#include "formats/json/test_schema.h"

namespace {

using namespace floe::formats;

floe::data::Schema Scalars() {
  floe::data::Schema schema;
  for (const floe::data::Field& field : json::EveryKind().fields) {
    if (field.type.fields().empty()) schema.fields.push_back(field);
  }
  return schema;
}

struct Case {
  explicit Case(FormatOptions options)
      : table(Scalars(), options, "csv"), again(Scalars(), options, "csv"), columns(table.schema.size()) {
    auto find = MakeFindMessageEnd("csv", options);
    FLOE_CHECK(find.has_value());
    find_end = std::move(*find);
    auto made = MakeEncoder({"csv", table.schema, std::move(options)});
    FLOE_CHECK(made.has_value());
    encoder = std::move(*made);
    for (std::size_t i = 0; i < columns.size(); ++i) columns[i] = static_cast<int>(i);
  }

  /// A field that is quoted and empty or holds the null literal reads as a value and is written as such or as NULL, so
  /// only the second writing must equal the first.
  void Run(std::string_view message) {
    table.Reset();
    if (table.decoder->Append(message, 0) != DecodeStatus::kRow) return;
    const std::string first = Write(table);
    again.Reset();
    if (again.decoder->Append(first, 0) != DecodeStatus::kRow) std::abort();
    if (Write(again) != first) std::abort();
  }

  /// A whole file, record by record.
  void RunFile(std::string_view text) {
    while (!text.empty()) {
      std::size_t next = 0;
      const std::size_t end = find_end(text, next);
      if (end == std::string_view::npos) return Run(text);
      if (end > text.size() || next <= end || next > text.size()) std::abort();
      Run(text.substr(0, end));
      text.remove_prefix(next);
    }
  }

  std::string Write(json::TestTable& from) {
    from.chunk.rows.SetCardinality(1);
    encoder->Bind(from.chunk, columns);
    std::string out;
    FLOE_CHECK(encoder->Encode(0, out).has_value());
    return out;
  }

  json::TestTable table;
  json::TestTable again;
  std::unique_ptr<RowEncoder> encoder;
  FindMessageEnd find_end;
  std::vector<int> columns;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static std::array<Case, 4> cases{
      Case({}), Case({{"csv.escape-character", "\\"}, {"csv.null-literal", "n/a"}}),
      Case({{"csv.field-delimiter", ";"}, {"csv.quote-character", "'"}, {"csv.ignore-parse-errors", "true"}}),
      Case({{"csv.disable-quote-character", "true"}, {"csv.escape-character", "\\"}, {"csv.allow-comments", "true"}})};
  if (size == 0) return 0;
  cases[data[0] % cases.size()].RunFile({reinterpret_cast<const char*>(data + 1), size - 1});
  return 0;
}
