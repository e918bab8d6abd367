// SPDX-License-Identifier: Apache-2.0
#include "iceberg/commit/partitioner.h"

#include <optional>
#include <string_view>
#include <unordered_map>

#include <duckdb.hpp>
#include <fmt/format.h>

#include "iceberg/metadata/duckdb_type.h"
#include "iceberg/metadata/transform.h"

namespace floe::iceberg {
namespace {

/// Numbers the distinct results of one transform.
class ColumnKeys {
 public:
  ColumnKeys(std::size_t column, Transform transform, Type source)
      : column_(column), transform_(std::move(transform)), source_(std::move(source)) {}

  /// Combines each row's key into `keys` (already holding the number of the fields before).
  void Number(duckdb::DataChunk& chunk, std::vector<std::uint32_t>& numbers) {
    duckdb::Vector& vector = chunk.data[column_];
    duckdb::UnifiedVectorFormat format;
    vector.ToUnifiedFormat(chunk.size(), format);
    numbers.resize(chunk.size());
    std::size_t width = duckdb::GetTypeIdSize(vector.GetType().InternalType());
    bool text = vector.GetType().InternalType() == duckdb::PhysicalType::VARCHAR;
    const auto* strings = reinterpret_cast<const duckdb::string_t*>(format.data);
    const char* raw = reinterpret_cast<const char*>(format.data);
    for (duckdb::idx_t row = 0; row < chunk.size(); ++row) {
      auto at = format.sel->get_index(row);
      if (!format.validity.RowIsValid(at)) {
        numbers[row] = NumberOf(Literal());
        continue;
      }
      std::string_view bytes = text ? std::string_view(strings[at].GetData(), strings[at].GetSize())
                                    : std::string_view(raw + at * width, width);
      if (!last_ || bytes != *last_) {
        last_ = std::string(bytes);
        last_number_ = NumberOfRaw(bytes, vector, row);
      }
      numbers[row] = last_number_;
    }
  }

  const Literal& value(std::uint32_t number) const { return values_[number]; }

  void Reset() {
    by_raw_.clear();
    by_value_.clear();
    values_.clear();
    last_.reset();
  }

 private:
  std::uint32_t NumberOfRaw(std::string_view bytes, duckdb::Vector& vector, duckdb::idx_t row) {
    if (auto found = by_raw_.find(std::string(bytes)); found != by_raw_.end()) return found->second;
    std::uint32_t number = NumberOf(Apply(transform_, LiteralFromDuckDB(vector.GetValue(row), source_), source_));
    // High-cardinality sources (timestamps) would grow it without bound.
    if (by_raw_.size() >= 65536) by_raw_.clear();
    by_raw_.emplace(bytes, number);
    return number;
  }

  std::uint32_t NumberOf(const Literal& value) {
    std::string key;
    if (!IsNull(value)) {
      key = "v";
      if (const auto* bytes = std::get_if<std::string>(&value)) {
        key += *bytes;
      } else {
        std::visit(
            [&](const auto& v) {
              if constexpr (std::is_trivially_copyable_v<std::decay_t<decltype(v)>>) {
                key.append(reinterpret_cast<const char*>(&v), sizeof(v));
              }
            },
            value);
      }
    }
    auto [at, added] = by_value_.try_emplace(std::move(key), static_cast<std::uint32_t>(values_.size()));
    if (added) values_.push_back(value);
    return at->second;
  }

  std::size_t column_;
  Transform transform_;
  Type source_;
  std::unordered_map<std::string, std::uint32_t> by_raw_;
  std::unordered_map<std::string, std::uint32_t> by_value_;
  std::vector<Literal> values_;
  std::optional<std::string> last_;
  std::uint32_t last_number_ = 0;
};

/// A tuple of column numbers is a partition.
class SpecPartitioner final : public Partitioner {
 public:
  explicit SpecPartitioner(std::vector<ColumnKeys> columns) : columns_(std::move(columns)) {}

  void Assign(duckdb::DataChunk& chunk, std::vector<std::uint32_t>& partitions) override {
    partitions.assign(chunk.size(), 0);
    keys_.assign(chunk.size() * columns_.size(), 0);
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      columns_[c].Number(chunk, numbers_);
      for (std::size_t row = 0; row < chunk.size(); ++row) keys_[row * columns_.size() + c] = numbers_[row];
    }
    const char* raw = reinterpret_cast<const char*>(keys_.data());
    std::size_t width = columns_.size() * sizeof(std::uint32_t);
    std::string_view last;
    std::uint32_t last_partition = 0;
    for (std::size_t row = 0; row < chunk.size(); ++row) {
      std::string_view key(raw + row * width, width);
      if (row == 0 || key != last) last_partition = PartitionOf(key, row);
      last = key;
      partitions[row] = last_partition;
    }
  }

  const std::vector<Literal>& values(std::uint32_t partition) const override { return values_[partition]; }
  std::size_t count() const override { return values_.size(); }

  void Reset() override {
    for (ColumnKeys& column : columns_) column.Reset();
    by_key_.clear();
    values_.clear();
  }

 private:
  std::uint32_t PartitionOf(std::string_view key, std::size_t row) {
    auto [at, added] = by_key_.try_emplace(std::string(key), static_cast<std::uint32_t>(values_.size()));
    if (added) {
      std::vector<Literal> tuple;
      for (std::size_t c = 0; c < columns_.size(); ++c)
        tuple.push_back(columns_[c].value(keys_[row * columns_.size() + c]));
      values_.push_back(std::move(tuple));
    }
    return at->second;
  }

  std::vector<ColumnKeys> columns_;
  std::unordered_map<std::string, std::uint32_t> by_key_;
  std::vector<std::vector<Literal>> values_;
  std::vector<std::uint32_t> numbers_;
  std::vector<std::uint32_t> keys_;
};

}  // namespace

Result<std::unique_ptr<Partitioner>> Partitioner::Make(const PartitionSpec& spec, const Schema& schema) {
  std::vector<ColumnKeys> columns;
  for (const PartitionField& field : spec.fields) {
    std::size_t column = schema.fields.size();
    for (std::size_t i = 0; i < schema.fields.size(); ++i) {
      if (schema.fields[i].id == field.source_id) column = i;
    }
    if (column == schema.fields.size() || field.transform.kind == TransformKind::kUnknown) {
      return Fail(ErrorKind::kNotSupported,
                  fmt::format("partition field '{}' ({}) cannot be written: its source is no top-level column or its "
                              "transform is not known",
                              field.name, field.transform.ToString()));
    }
    columns.emplace_back(column, field.transform, schema.fields[column].type);
  }
  return std::unique_ptr<Partitioner>(std::make_unique<SpecPartitioner>(std::move(columns)));
}

}  // namespace floe::iceberg
