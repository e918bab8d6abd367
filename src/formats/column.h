// SPDX-License-Identifier: Apache-2.0
// A column being written: a Flink type bound to the raw memory of a flat DuckDB vector.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <duckdb/common/types/vector.hpp>

#include "data/type.h"

namespace floe::formats {

/// Memory that strings may point into; see MessageBuffer.
struct Pin {
  std::string_view bytes;
  duckdb::buffer_ptr<duckdb::VectorBuffer> holder;

  Pin() = default;
  Pin(std::string_view bytes, std::shared_ptr<const void> keep_alive);
  bool Holds(std::string_view text) const {
    return holder && text.data() >= bytes.data() && text.data() + text.size() <= bytes.data() + bytes.size();
  }
};

/// Invariant: `data` and `validity` belong to `vector` as it is now; growing a list binds its child again.
struct Column {
  data::Type type;
  std::string name;
  std::vector<Column> children;  ///< ROW: one per field; ARRAY: [element]; MAP and MULTISET: [key, value]

  duckdb::Vector* vector = nullptr;
  void* data = nullptr;
  duckdb::ValidityMask* validity = nullptr;
  const void* pinned = nullptr;  ///< the last buffer this vector was told to hold

  static Column Make(const data::Type& type, std::string name);
  void Bind(duckdb::Vector& target);

  template <typename T>
  void Set(std::size_t row, T value) {
    static_cast<T*>(data)[row] = value;
    MarkValid(row);
  }
  void MarkValid(std::size_t row) {
    if (validity->GetData() != nullptr) [[unlikely]]
      validity->SetValid(row);
  }
  void SetNull(std::size_t row);
  /// Text or bytes; points into the pinned buffer where it can, else copies.
  void SetString(std::size_t row, std::string_view text, const Pin& pin) {
    if (text.size() <= duckdb::string_t::INLINE_LENGTH) {
      Set(row, duckdb::string_t(text.data(), static_cast<std::uint32_t>(text.size())));
    } else {
      SetLongString(row, text, pin);
    }
  }
  /// ARRAY, MAP, MULTISET: where the next element goes; the child grows as needed.
  std::size_t ListSize() const;
  void ReserveList(std::size_t size);
  void SetList(std::size_t row, std::size_t offset, std::size_t length);

 private:
  void SetLongString(std::size_t row, std::string_view text, const Pin& pin);
};

}  // namespace floe::formats
