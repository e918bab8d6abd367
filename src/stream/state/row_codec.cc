// SPDX-License-Identifier: Apache-2.0
#include "stream/state/row_codec.h"

#include <cmath>
#include <cstring>
#include <limits>

#include <duckdb.hpp>
#include <duckdb/function/create_sort_key.hpp>

#include "duck/guard.h"

namespace floe::stream {
namespace {

using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::PhysicalType;
using duckdb::Vector;

bool IsString(const LogicalType& type) {
  return type.InternalType() == PhysicalType::VARCHAR;
}
bool IsFixed(const LogicalType& type) {
  return duckdb::TypeIsConstantSize(type.InternalType());
}

const duckdb::OrderModifiers kModifiers(duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_LAST);

/// Values that compare equal get equal bytes.
template <typename T>
void CanonicalFloat(char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  if (value == 0) value = 0;
  if (std::isnan(value)) value = std::numeric_limits<T>::quiet_NaN();
  std::memcpy(at, &value, sizeof(T));
}

template <std::size_t kWidth>
void WriteFixed(const duckdb::UnifiedVectorFormat& format, idx_t count, std::vector<char*>& cursors) {
  for (idx_t i = 0; i < count; ++i) {
    const idx_t row = format.sel->get_index(i);
    char*& cursor = cursors[i];
    if (format.validity.RowIsValid(row)) {
      *cursor = 1;
      std::memcpy(cursor + 1, format.data + row * kWidth, kWidth);
    } else {
      std::memset(cursor, 0, kWidth + 1);
    }
    cursor += kWidth + 1;
  }
}

void WriteStrings(const duckdb::UnifiedVectorFormat& format, idx_t count, std::vector<char*>& cursors) {
  const auto* strings = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
  for (idx_t i = 0; i < count; ++i) {
    const idx_t row = format.sel->get_index(i);
    char*& cursor = cursors[i];
    if (!format.validity.RowIsValid(row)) {
      *cursor++ = 0;
      continue;
    }
    const auto length = static_cast<std::uint32_t>(strings[row].GetSize());
    *cursor = 1;
    std::memcpy(cursor + 1, &length, sizeof(length));
    std::memcpy(cursor + 5, strings[row].GetData(), length);
    cursor += 5 + length;
  }
}

std::unexpected<Error> BadRow() {
  return Fail(ErrorKind::kCorruption, "a stored row does not have the plan's types");
}

}  // namespace

RowCodec::RowCodec(duckdb::vector<LogicalType> types)
    : types_(std::move(types)), formats_(types_.size()), sort_keys_(types_.size()) {}

void RowCodec::Measure(Vector& column, std::size_t index, idx_t count) {
  const LogicalType& type = types_[index];
  if (IsFixed(type)) {
    column.ToUnifiedFormat(count, formats_[index]);
    const auto width = static_cast<std::uint32_t>(duckdb::GetTypeIdSize(type.InternalType()) + 1);
    for (idx_t i = 0; i < count; ++i) sizes_[i] += width;
    return;
  }
  if (!IsString(type)) {
    sort_keys_[index] = std::make_unique<Vector>(LogicalType::BLOB, count);
    duckdb::CreateSortKeyHelpers::CreateSortKey(column, count, kModifiers, *sort_keys_[index]);
    sort_keys_[index]->ToUnifiedFormat(count, formats_[index]);
  } else {
    column.ToUnifiedFormat(count, formats_[index]);
  }
  const auto& format = formats_[index];
  const auto* strings = duckdb::UnifiedVectorFormat::GetData<duckdb::string_t>(format);
  for (idx_t i = 0; i < count; ++i) {
    const idx_t row = format.sel->get_index(i);
    sizes_[i] += format.validity.RowIsValid(row) ? 5 + static_cast<std::uint32_t>(strings[row].GetSize()) : 1;
  }
}

void RowCodec::Write(std::size_t index, idx_t count) {
  const auto& format = formats_[index];
  if (!IsFixed(types_[index])) return WriteStrings(format, count, cursors_);
  switch (duckdb::GetTypeIdSize(types_[index].InternalType())) {
    case 1: WriteFixed<1>(format, count, cursors_); break;
    case 2: WriteFixed<2>(format, count, cursors_); break;
    case 4: WriteFixed<4>(format, count, cursors_); break;
    case 8: WriteFixed<8>(format, count, cursors_); break;
    default: WriteFixed<16>(format, count, cursors_); break;
  }
  if (types_[index].InternalType() == PhysicalType::FLOAT) {
    for (idx_t i = 0; i < count; ++i) CanonicalFloat<float>(cursors_[i] - sizeof(float));
  } else if (types_[index].InternalType() == PhysicalType::DOUBLE) {
    for (idx_t i = 0; i < count; ++i) CanonicalFloat<double>(cursors_[i] - sizeof(double));
  }
}

const std::vector<std::string_view>& RowCodec::Encode(const std::vector<Vector*>& columns, idx_t count) {
  sizes_.assign(count, 0);
  for (std::size_t i = 0; i < types_.size(); ++i) Measure(*columns[i], i, count);
  std::size_t total = 0;
  for (idx_t i = 0; i < count; ++i) total += sizes_[i];
  if (bytes_.size() < total) bytes_.resize(total);
  cursors_.resize(count);
  views_.resize(count);
  char* cursor = bytes_.data();
  for (idx_t i = 0; i < count; ++i) {
    cursors_[i] = cursor;
    views_[i] = {cursor, sizes_[i]};
    cursor += sizes_[i];
  }
  for (std::size_t i = 0; i < types_.size(); ++i) Write(i, count);
  return views_;
}

Status RowCodec::Decode(std::string_view bytes, const std::vector<Vector*>& columns, idx_t row) const {
  for (std::size_t i = 0; i < types_.size(); ++i) {
    Vector& column = *columns[i];
    if (bytes.empty()) return BadRow();
    const bool valid = bytes[0] != 0;
    bytes.remove_prefix(1);
    if (IsFixed(types_[i])) {
      const std::size_t width = duckdb::GetTypeIdSize(types_[i].InternalType());
      if (bytes.size() < width) return BadRow();
      duckdb::FlatVector::SetNull(column, row, !valid);
      std::memcpy(duckdb::FlatVector::GetData(column) + row * width, bytes.data(), width);
      bytes.remove_prefix(width);
      continue;
    }
    if (!valid) {
      FLOE_TRY_VOID(duck::Guard([&] { column.SetValue(row, duckdb::Value(types_[i])); }));
      continue;
    }
    std::uint32_t length = 0;
    if (bytes.size() < sizeof(length)) return BadRow();
    std::memcpy(&length, bytes.data(), sizeof(length));
    bytes.remove_prefix(sizeof(length));
    if (bytes.size() < length) return BadRow();
    const duckdb::string_t text(bytes.data(), length);
    FLOE_TRY_VOID(duck::Guard([&] {
      if (IsString(types_[i])) {
        duckdb::FlatVector::SetNull(column, row, false);
        duckdb::FlatVector::GetData<duckdb::string_t>(column)[row] =
            duckdb::StringVector::AddStringOrBlob(column, text);
      } else {
        duckdb::CreateSortKeyHelpers::DecodeSortKey(text, column, row, kModifiers);
      }
    }));
    bytes.remove_prefix(length);
  }
  return bytes.empty() ? Status{} : BadRow();
}

}  // namespace floe::stream
