// SPDX-License-Identifier: Apache-2.0
// A table with a column of every kind, for the tests and the fuzzer of the decoder.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"
#include "data/duckdb_type.h"
#include "formats/format.h"

namespace floe::formats::json {

inline std::shared_ptr<const data::Type> Share(data::Type type) {
  return std::make_shared<const data::Type>(std::move(type));
}

inline data::Schema EveryKind() {
  using data::Type;
  Type inner = Type::Row({{"x", Share(Type::Int()), ""}, {"y", Share(Type::Array(Type::String())), ""}});
  return {{{"s", Type::String(), "", {}},
           {"i", Type::Int(), "", {}},
           {"l", Type::BigInt(), "", {}},
           {"d", Type::Double(), "", {}},
           {"b", Type::Boolean(), "", {}},
           {"n", Type::Decimal(20, 4), "", {}},
           {"t", Type::Timestamp(3), "", {}},
           {"z", Type::TimestampLtz(6), "", {}},
           {"day", Type(data::TypeKind::kDate), "", {}},
           {"time", Type::Time(3), "", {}},
           {"bytes", Type::Bytes(), "", {}},
           {"row", inner, "", {}},
           {"list", Type::Array(Type::Double()), "", {}},
           {"rows", Type::Array(inner), "", {}},
           {"map", Type::Map(Type::String(), Type::BigInt()), "", {}},
           {"f", Type(data::TypeKind::kFloat), "", {}},
           {"tiny", Type(data::TypeKind::kTinyInt), "", {}}}};
}

/// A decoder bound to a chunk of its own.
struct TestTable {
  explicit TestTable(data::Schema schema = EveryKind(), FormatOptions options = {}, std::string format = "json")
      : schema(schema) {
    std::vector<int> columns;
    for (std::size_t i = 0; i < schema.size(); ++i) columns.push_back(static_cast<int>(i));
    auto made = MakeDecoder({std::move(format), schema, columns, std::move(options)});
    FLOE_CHECK(made.has_value());
    decoder = std::move(*made);
    auto types = data::ToDuckDB(schema);
    FLOE_CHECK(types.has_value());
    chunk.rows.Initialize(duckdb::Allocator::DefaultAllocator(), *types);
    Reset();
  }
  void Reset() {
    chunk.rows.Reset();
    std::vector<duckdb::Vector*> vectors;
    for (auto& vector : chunk.rows.data) vectors.push_back(&vector);
    decoder->Bind(vectors);
  }

  data::Schema schema;
  std::unique_ptr<RowDecoder> decoder;
  data::Batch chunk;
};

}  // namespace floe::formats::json
