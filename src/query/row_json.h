// SPDX-License-Identifier: Apache-2.0
// Rows as JSON text, for the API.
#pragma once

#include <string>
#include <vector>

#include "data/batch.h"
#include "data/type.h"

namespace floe::query {

/// Appends the JSON of one value: integers, booleans and finite floats bare, NaN and infinities as strings, DECIMAL and
/// BYTES (hex) as strings, timestamps as 'yyyy-MM-dd HH:mm:ss.fff' with as many digits as the precision (sessions
/// have put TIMESTAMP_LTZ into their zone), ARRAY as array, ROW as object, MAP as object with text keys.
void AppendJson(std::string& out, const duckdb::Value& value, const data::Type& type);

/// "[v, v, ...]" of each row of the batch.
std::string RowJson(const data::Batch& batch, duckdb::idx_t row, const data::Schema& schema);

}  // namespace floe::query
