// SPDX-License-Identifier: Apache-2.0
// https://parquet.apache.org/docs/file-format/ and parquet.thrift of parquet-format 2.10.
#include "duck/small_parquet.h"

#include <bit>
#include <cmath>
#include <type_traits>

#include <duckdb.hpp>
#include <fmt/format.h>
#include <snappy.h>
#include <zstd.h>

#include "duck/thrift_compact.h"

namespace floe::duck {
namespace {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Vector;

static_assert(std::endian::native == std::endian::little, "plain values are copied as they lie in memory");

constexpr std::string_view kMagic = "PAR1";
constexpr int kOptional = 1;
constexpr int kPlain = 0;
constexpr int kRle = 3;
constexpr int kUuidBytes = 16;
/// A longer minimum or maximum is left out of the file's statistics: it would bloat the footer.
constexpr std::size_t kLongestBound = 256;

/// parquet.thrift: Type, CompressionCodec, ConvertedType.
enum class Physical : std::int32_t {
  kBoolean = 0,
  kInt32 = 1,
  kInt64 = 2,
  kFloat = 4,
  kDouble = 5,
  kBytes = 6,
  kFixed = 7
};
enum class Codec : std::int32_t { kNone = 0, kSnappy = 1, kZstd = 6 };
enum class Converted : std::int32_t {
  kNone = -1,
  kUtf8 = 0,
  kDecimal = 5,
  kDate = 6,
  kTime = 8,
  kTimestamp = 10,
  kInt32 = 17,
  kInt64 = 18
};

/// The values of one column: plain encoded, nulls left out.
struct Values {
  std::string plain;
  std::int64_t nans = 0;
  std::optional<duckdb::idx_t> min;  ///< rows
  std::optional<duckdb::idx_t> max;
};

template <typename T>
void PutRaw(std::string& out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out.append(bytes, sizeof(T));
}

void PutBigEndian(std::string& out, std::uint64_t high, std::uint64_t low) {
  for (std::uint64_t part : {high, low}) PutRaw(out, __builtin_bswap64(part));
}

/// How a value of DuckDB's is put and ordered. `Bound` is Put without a length.
template <typename T>
struct Plain {
  static void Put(std::string& out, T value) { PutRaw(out, value); }
  static void Bound(std::string& out, T value) { PutRaw(out, value); }
  static bool Less(T a, T b) { return a < b; }
};

/// DECIMAL of up to four digits.
template <>
struct Plain<std::int16_t> {
  static void Put(std::string& out, std::int16_t value) { PutRaw(out, std::int32_t{value}); }
  static void Bound(std::string& out, std::int16_t value) { Put(out, value); }
  static bool Less(std::int16_t a, std::int16_t b) { return a < b; }
};

template <>
struct Plain<duckdb::string_t> {
  static void Put(std::string& out, const duckdb::string_t& value) {
    PutRaw(out, static_cast<std::uint32_t>(value.GetSize()));
    Bound(out, value);
  }
  static void Bound(std::string& out, const duckdb::string_t& value) { out.append(value.GetData(), value.GetSize()); }
  static bool Less(const duckdb::string_t& a, const duckdb::string_t& b) {
    return std::string_view(a.GetData(), a.GetSize()) < std::string_view(b.GetData(), b.GetSize());
  }
};

/// DECIMAL of more than eighteen digits.
template <>
struct Plain<duckdb::hugeint_t> {
  static void Put(std::string& out, duckdb::hugeint_t value) {
    PutBigEndian(out, static_cast<std::uint64_t>(value.upper), value.lower);
  }
  static void Bound(std::string& out, duckdb::hugeint_t value) { Put(out, value); }
  static bool Less(duckdb::hugeint_t a, duckdb::hugeint_t b) { return a < b; }
};

/// DuckDB keeps a UUID as a number with the first bit flipped, so that its order is that of the bytes.
struct Uuid {
  duckdb::hugeint_t value;
};

template <>
struct Plain<Uuid> {
  static void Put(std::string& out, Uuid uuid) {
    PutBigEndian(out, static_cast<std::uint64_t>(uuid.value.upper) ^ std::uint64_t{1} << 63, uuid.value.lower);
  }
  static void Bound(std::string& out, Uuid uuid) { Put(out, uuid); }
  static bool Less(Uuid a, Uuid b) { return a.value < b.value; }
};

template <typename T>
void EncodeValues(Vector& vector, duckdb::idx_t count, Values& out) {
  const T* values = reinterpret_cast<const T*>(duckdb::FlatVector::GetData(vector));
  const auto& validity = duckdb::FlatVector::Validity(vector);
  for (duckdb::idx_t row = 0; row < count; ++row) {
    if (!validity.RowIsValid(row)) continue;
    const T& value = values[row];
    Plain<T>::Put(out.plain, value);
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(value)) {
        ++out.nans;
        continue;
      }
    }
    if (!out.min || Plain<T>::Less(value, values[*out.min])) out.min = row;
    if (!out.max || Plain<T>::Less(values[*out.max], value)) out.max = row;
  }
}

template <>
void EncodeValues<bool>(Vector& vector, duckdb::idx_t count, Values& out) {
  const bool* values = duckdb::FlatVector::GetData<bool>(vector);
  const auto& validity = duckdb::FlatVector::Validity(vector);
  unsigned bits = 0;
  int filled = 0;
  for (duckdb::idx_t row = 0; row < count; ++row) {
    if (!validity.RowIsValid(row)) continue;
    bits |= static_cast<unsigned>(values[row]) << filled;
    if (++filled == 8) {
      out.plain.push_back(static_cast<char>(bits));
      bits = 0;
      filled = 0;
    }
    if (!out.min || values[row] < values[*out.min]) out.min = row;
    if (!out.max || values[*out.max] < values[row]) out.max = row;
  }
  if (filled > 0) out.plain.push_back(static_cast<char>(bits));
}

template <typename T>
void PutBound(Vector& vector, duckdb::idx_t row, bool lower, std::string& out) {
  T value = reinterpret_cast<const T*>(duckdb::FlatVector::GetData(vector))[row];
  if constexpr (std::is_floating_point_v<T>) {
    // -0.0 is below 0.0 in Parquet's order, and equal in ours.
    if (value == 0) value = lower ? T(-0.0) : T(0.0);
  }
  Plain<T>::Bound(out, value);
}

/// What is known of a column before there are rows.
struct Column {
  ParquetColumn column;
  Physical physical = Physical::kInt32;
  Converted converted = Converted::kNone;
  int fixed_bytes = 0;
  void (*encode)(Vector&, duckdb::idx_t, Values&) = nullptr;
  void (*bound)(Vector&, duckdb::idx_t, bool, std::string&) = nullptr;

  template <typename T>
  void Is(Physical stored, Converted as = Converted::kNone, int bytes = 0) {
    physical = stored;
    converted = as;
    fixed_bytes = bytes;
    encode = EncodeValues<T>;
    bound = PutBound<T>;
  }
};

/// Leaves `encode` null for types it does not write.
void Describe(const LogicalType& type, Column& column) {
  switch (type.id()) {
    case LogicalTypeId::BOOLEAN: return column.Is<bool>(Physical::kBoolean);
    case LogicalTypeId::INTEGER: return column.Is<std::int32_t>(Physical::kInt32, Converted::kInt32);
    case LogicalTypeId::DATE: return column.Is<std::int32_t>(Physical::kInt32, Converted::kDate);
    case LogicalTypeId::BIGINT: return column.Is<std::int64_t>(Physical::kInt64, Converted::kInt64);
    case LogicalTypeId::TIME: return column.Is<std::int64_t>(Physical::kInt64, Converted::kTime);
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ: return column.Is<std::int64_t>(Physical::kInt64, Converted::kTimestamp);
    case LogicalTypeId::FLOAT: return column.Is<float>(Physical::kFloat);
    case LogicalTypeId::DOUBLE: return column.Is<double>(Physical::kDouble);
    case LogicalTypeId::VARCHAR: return column.Is<duckdb::string_t>(Physical::kBytes, Converted::kUtf8);
    case LogicalTypeId::BLOB: return column.Is<duckdb::string_t>(Physical::kBytes);
    case LogicalTypeId::UUID: return column.Is<Uuid>(Physical::kFixed, Converted::kNone, kUuidBytes);
    case LogicalTypeId::DECIMAL: break;
    default: return;
  }
  switch (type.InternalType()) {
    case duckdb::PhysicalType::INT16: return column.Is<std::int16_t>(Physical::kInt32, Converted::kDecimal);
    case duckdb::PhysicalType::INT32: return column.Is<std::int32_t>(Physical::kInt32, Converted::kDecimal);
    case duckdb::PhysicalType::INT64: return column.Is<std::int64_t>(Physical::kInt64, Converted::kDecimal);
    default: return column.Is<duckdb::hugeint_t>(Physical::kFixed, Converted::kDecimal, sizeof(duckdb::hugeint_t));
  }
}

/// LogicalType, a union, and before it what older readers look at.
void PutType(const Column& column, CompactWriter& out) {
  const LogicalType& type = column.column.type;
  if (column.converted != Converted::kNone) out.I32(6, static_cast<std::int32_t>(column.converted));
  if (type.id() == LogicalTypeId::DECIMAL) {
    out.I32(7, duckdb::DecimalType::GetScale(type));
    out.I32(8, duckdb::DecimalType::GetWidth(type));
  }
  out.I32(9, column.column.field_id);
  auto in_micros = [&](int id, bool utc) {
    out.Begin(10);
    out.Begin(id);
    out.Bool(1, utc);
    out.Begin(2);
    out.Empty(2);
    out.End();
    out.End();
    out.End();
  };
  auto named = [&](int id) {
    out.Begin(10);
    out.Empty(id);
    out.End();
  };
  switch (type.id()) {
    case LogicalTypeId::VARCHAR: return named(1);
    case LogicalTypeId::DATE: return named(6);
    case LogicalTypeId::UUID: return named(14);
    case LogicalTypeId::TIME: return in_micros(7, false);
    case LogicalTypeId::TIMESTAMP: return in_micros(8, false);
    case LogicalTypeId::TIMESTAMP_TZ: return in_micros(8, true);
    case LogicalTypeId::DECIMAL:
      out.Begin(10);
      out.Begin(5);
      out.I32(1, duckdb::DecimalType::GetScale(type));
      out.I32(2, duckdb::DecimalType::GetWidth(type));
      out.End();
      out.End();
      return;
    default: return;
  }
}

/// Definition levels of an optional column, one bit a row, as an RLE hybrid behind its length.
void PutLevels(Vector& vector, duckdb::idx_t count, std::string& out) {
  const auto& validity = duckdb::FlatVector::Validity(vector);
  const std::size_t begin = out.size();
  PutRaw(out, std::uint32_t{0});
  if (validity.CheckAllValid(count)) {
    PutVarint(out, count << 1);
    out.push_back(1);
  } else {
    const duckdb::idx_t groups = (count + 7) / 8;
    PutVarint(out, groups << 1 | 1);
    for (duckdb::idx_t group = 0; group < groups; ++group) {
      unsigned bits = 0;
      for (duckdb::idx_t row = group * 8; row < std::min(count, group * 8 + 8); ++row) {
        bits |= static_cast<unsigned>(validity.RowIsValid(row)) << row % 8;
      }
      out.push_back(static_cast<char>(bits));
    }
  }
  const auto length = static_cast<std::uint32_t>(out.size() - begin - sizeof(std::uint32_t));
  std::memcpy(out.data() + begin, &length, sizeof(length));
}

/// A column as it lies in the file.
struct Chunk {
  std::int64_t offset = 0;
  std::int64_t compressed = 0;
  std::int64_t uncompressed = 0;
  std::int64_t nulls = 0;
  std::optional<std::string> min;
  std::optional<std::string> max;
};

class Encoder final : public SmallParquetEncoder {
 public:
  Encoder(std::vector<Column> columns, Codec codec, int level)
      : columns_(std::move(columns)), codec_(codec), level_(level), zstd_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {}

  Result<ParquetFileStats> Encode(duckdb::DataChunk& rows, std::string& file) override {
    file = kMagic;
    ParquetFileStats stats;
    stats.rows = static_cast<std::int64_t>(rows.size());
    chunks_.assign(columns_.size(), {});
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      FLOE_TRY_VOID(EncodeColumn(columns_[c], rows.data[c], rows.size(), chunks_[c], file, stats));
    }
    PutFooter(rows.size(), file);
    stats.bytes = static_cast<std::int64_t>(file.size());
    return stats;
  }

 private:
  Status EncodeColumn(const Column& column, Vector& vector, duckdb::idx_t count, Chunk& chunk, std::string& file,
                      ParquetFileStats& stats) {
    page_.clear();
    PutLevels(vector, count, page_);
    Values values;
    values.plain = std::move(page_);
    column.encode(vector, count, values);
    page_ = std::move(values.plain);
    FLOE_TRY_VOID(Compress());

    chunk.offset = static_cast<std::int64_t>(file.size());
    CompactWriter head(file);
    head.Begin();
    head.I32(1, 0);  // a data page, version 1
    head.I32(2, static_cast<std::int32_t>(page_.size()));
    head.I32(3, static_cast<std::int32_t>(packed_.size()));
    head.Begin(5);
    head.I32(1, static_cast<std::int32_t>(count));
    head.I32(2, kPlain);
    head.I32(3, kRle);
    head.I32(4, kRle);
    head.End();
    head.End();
    const auto head_bytes = static_cast<std::int64_t>(file.size()) - chunk.offset;
    file += packed_;
    chunk.compressed = head_bytes + static_cast<std::int64_t>(packed_.size());
    chunk.uncompressed = head_bytes + static_cast<std::int64_t>(page_.size());
    chunk.nulls = static_cast<std::int64_t>(count - duckdb::FlatVector::Validity(vector).CountValid(count));

    ParquetColumnStats& out = stats.columns.emplace_back();
    out.field_id = column.column.field_id;
    out.size = chunk.compressed;
    out.values = static_cast<std::int64_t>(count);
    out.nulls = chunk.nulls;
    if (column.physical == Physical::kFloat || column.physical == Physical::kDouble) out.nans = values.nans;
    auto bound = [&](std::optional<duckdb::idx_t> row, bool lower, duckdb::Value& value,
                     std::optional<std::string>& text) {
      if (!row) return;
      value = vector.GetValue(*row);
      column.bound(vector, *row, lower, text.emplace());
      if (text->size() > kLongestBound) text.reset();
    };
    bound(values.min, true, out.min, chunk.min);
    bound(values.max, false, out.max, chunk.max);
    return {};
  }

  /// From page_ to packed_.
  Status Compress() {
    switch (codec_) {
      case Codec::kNone: packed_ = page_; return {};
      case Codec::kSnappy: snappy::Compress(page_.data(), page_.size(), &packed_); return {};
      case Codec::kZstd: break;
    }
    packed_.resize(ZSTD_compressBound(page_.size()));
    const std::size_t n =
        ZSTD_compressCCtx(zstd_.get(), packed_.data(), packed_.size(), page_.data(), page_.size(), level_);
    if (ZSTD_isError(n) != 0)
      return Fail(ErrorKind::kInternal, fmt::format("compressing a Parquet page with zstd: {}", ZSTD_getErrorName(n)));
    packed_.resize(n);
    return {};
  }

  void PutFooter(duckdb::idx_t rows, std::string& file) const {
    const std::size_t begin = file.size();
    CompactWriter out(file);
    out.Begin();
    out.I32(1, 1);
    PutSchema(out);
    out.I64(3, static_cast<std::int64_t>(rows));
    out.List(4, CompactWriter::Element::kStruct, rows == 0 ? 0 : 1);
    if (rows != 0) PutRowGroup(static_cast<std::int64_t>(rows), out);
    out.Binary(6, "floe");
    out.List(7, CompactWriter::Element::kStruct, columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      out.Begin();
      out.Empty(1);  // minimum and maximum are in the order of the column's type
      out.End();
    }
    out.End();
    PutRaw(file, static_cast<std::uint32_t>(file.size() - begin));
    file += kMagic;
  }

  void PutSchema(CompactWriter& out) const {
    out.List(2, CompactWriter::Element::kStruct, columns_.size() + 1);
    out.Begin();
    out.Binary(4, "schema");
    out.I32(5, static_cast<std::int32_t>(columns_.size()));
    out.End();
    for (const Column& column : columns_) {
      out.Begin();
      out.I32(1, static_cast<std::int32_t>(column.physical));
      if (column.fixed_bytes != 0) out.I32(2, column.fixed_bytes);
      out.I32(3, kOptional);
      out.Binary(4, column.column.name);
      PutType(column, out);
      out.End();
    }
  }

  void PutRowGroup(std::int64_t rows, CompactWriter& out) const {
    std::int64_t compressed = 0;
    std::int64_t uncompressed = 0;
    out.Begin();
    out.List(1, CompactWriter::Element::kStruct, columns_.size());
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Chunk& chunk = chunks_[i];
      compressed += chunk.compressed;
      uncompressed += chunk.uncompressed;
      out.Begin();
      out.I64(2, chunk.offset);
      out.Begin(3);
      out.I32(1, static_cast<std::int32_t>(columns_[i].physical));
      out.I32List(2, {kPlain, kRle});
      out.List(3, CompactWriter::Element::kBinary, 1);
      out.BinaryElement(columns_[i].column.name);
      out.I32(4, static_cast<std::int32_t>(codec_));
      out.I64(5, rows);
      out.I64(6, chunk.uncompressed);
      out.I64(7, chunk.compressed);
      out.I64(9, chunk.offset);
      out.Begin(12);
      out.I64(3, chunk.nulls);
      if (chunk.max) out.Binary(5, *chunk.max);
      if (chunk.min) out.Binary(6, *chunk.min);
      out.End();
      out.End();
      out.End();
    }
    out.I64(2, uncompressed);
    out.I64(3, rows);
    out.I64(5, static_cast<std::int64_t>(kMagic.size()));
    out.I64(6, compressed);
    out.I16(7, 0);
    out.End();
  }

  std::vector<Column> columns_;
  Codec codec_;
  int level_;
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> zstd_;
  std::vector<Chunk> chunks_;  // of the file being encoded
  std::string page_;           // kept for their memory
  std::string packed_;
};

}  // namespace

std::unique_ptr<SmallParquetEncoder> SmallParquetEncoder::Make(const std::vector<ParquetColumn>& columns,
                                                               const ParquetWriterOptions& options) {
  Codec codec = Codec::kNone;
  if (options.codec == "zstd") {
    codec = Codec::kZstd;
  } else if (options.codec == "snappy") {
    codec = Codec::kSnappy;
  } else if (options.codec != "uncompressed") {
    return nullptr;
  }
  std::vector<Column> described;
  for (const ParquetColumn& column : columns) {
    Column& next = described.emplace_back();
    next.column = column;
    Describe(column.type, next);
    if (next.encode == nullptr) return nullptr;
  }
  return std::make_unique<Encoder>(std::move(described), codec, options.level.value_or(1));
}

}  // namespace floe::duck
