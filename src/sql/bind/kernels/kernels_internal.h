// SPDX-License-Identifier: Apache-2.0
// The families of kernels; each gives its functions to the loader. DuckDB's exceptions may leave them.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include <duckdb.hpp>
#include <duckdb/main/extension/extension_loader.hpp>

#include "base/clock.h"
#include "data/type.h"

namespace floe::sql::bind {

void RegisterArithmetic(duckdb::ExtensionLoader& loader);
void RegisterTime(duckdb::ExtensionLoader& loader, Clock& clock);
void RegisterText(duckdb::ExtensionLoader& loader);
void RegisterValueText(duckdb::ExtensionLoader& loader);
void RegisterJson(duckdb::ExtensionLoader& loader);

/// What CAST to STRING gives for a value of the type; "NULL" for NULL. `offset_us`: of the session's zone, for
/// instants.
std::string TextOfValue(const duckdb::Value& value, const data::Type& type, std::int64_t offset_us);

/// Calls `text(row)` for each row, or once when all arguments are constant; nullopt is NULL.
template <typename Text>
void ForRows(duckdb::DataChunk& args, duckdb::Vector& result, Text text) {
  bool constant = args.AllConstant();
  duckdb::idx_t count = constant ? 1 : args.size();
  for (duckdb::idx_t row = 0; row < count; ++row) {
    std::optional<std::string> made = text(row);
    result.SetValue(row, made ? duckdb::Value(std::move(*made)) : duckdb::Value(duckdb::LogicalType::VARCHAR));
  }
  if (constant) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

/// Double.toString and Float.toString.
std::string JavaText(float value);
std::string JavaText(double value);

}  // namespace floe::sql::bind
