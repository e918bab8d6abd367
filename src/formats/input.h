// SPDX-License-Identifier: Apache-2.0
// A column being read: a Flink type over a DuckDB vector of any vector type.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <duckdb/common/types/vector.hpp>

#include "data/type.h"

namespace floe::formats {

/// Bound to a vector it does not own; the vector must stay as it is while this is used.
struct Input {
  data::Type type;
  std::string name;
  std::vector<Input> children;  ///< ROW: one per field; ARRAY: [element]; MAP and MULTISET: [key, value]
  const duckdb::RecursiveUnifiedVectorFormat* format = nullptr;

  static Input Make(const data::Type& type, std::string name);
  /// For a top-level column; `count` is the number of rows.
  void Bind(const duckdb::Vector& vector, std::size_t count);

  /// Where the row's value lies. For children of a ROW pass the parent's Index as row; for elements of a list, an
  /// entry's offset plus i.
  std::size_t Index(std::size_t row) const { return format->unified.sel->get_index(row); }
  bool IsNull(std::size_t index) const { return !format->unified.validity.RowIsValid(index); }
  template <typename T>
  const T& Get(std::size_t index) const {
    return duckdb::UnifiedVectorFormat::GetData<T>(format->unified)[index];
  }
  std::string_view Text(std::size_t index) const {
    const auto& value = Get<duckdb::string_t>(index);
    return {value.GetData(), value.GetSize()};
  }
  /// TINYINT..BIGINT.
  std::int64_t Integer(std::size_t index) const;
  /// The unscaled value of a DECIMAL.
  __int128 Decimal(std::size_t index) const;

 private:
  std::shared_ptr<duckdb::RecursiveUnifiedVectorFormat> owned_;
  void BindFormat(const duckdb::RecursiveUnifiedVectorFormat& from);
};

/// How a value looks where no format says otherwise: Flink's print connector and CSV fields.
struct TextStyle {
  enum class Timestamps : std::uint8_t { kJava, kSql } timestamps = Timestamps::kJava;
};
/// Appends a value as Flink's Row.toString does: "[1, 2]", "{k=v}", "+I[..]" for nested rows, "null". Timestamps as
/// java.time prints them.
void AppendJavaText(const Input& input, std::size_t row, std::string& out);
/// A scalar other than strings and bytes, in the given timestamp format; false for other types.
bool AppendScalar(const Input& input, std::size_t index, TextStyle style, std::string& out);

}  // namespace floe::formats
