// SPDX-License-Identifier: Apache-2.0
// Scalar functions that Flink has and DuckDB has not, or answers differently. All are called floe_...; plans name them.
#pragma once

#include "base/clock.h"
#include "base/result.h"

namespace duckdb {
class DatabaseInstance;
}  // namespace duckdb

namespace floe::sql::bind {

/// Registers all kernels in the database, once per database, before any plan is lowered or printed SQL is run.
/// `clock` is what floe_now() reads and outlives the database.
///
///   floe_divide(a, b)                integers: cut towards zero, an error for b = 0
///   floe_divide(a, b, scale)         decimals: rounded half up to DECIMAL(38, scale); an error for b = 0
///   floe_modulo(a, b)                integers, an error for b = 0
///   floe_shift_ms(ts, ms)            TIMESTAMP or TIMESTAMPTZ plus milliseconds; no calendar in it
///   floe_floor_us(ts, us)            down to a multiple of us since 1970
///   floe_units_between(from, to, ms), floe_months_between(from, to, months)
///                                    whole units, fractions of milliseconds cut off before
///   floe_utc(tstz), floe_instant(ts) the same microseconds as the other type
///   floe_now()                       the clock now, in milliseconds; volatile
///   floe_[try_]parse_bigint(text), floe_[try_]parse_timestamp(text), floe_to_string(real), floe_initcap(text)
///   floe_value_text(value, type, ms) CAST to STRING of what holds values, of intervals and bytes; the type is Flink's,
///                                    ms the session zone's offset
///   floe_json(value, type)           as JSON text: instants in UTC as 2020-01-01T00:00:00Z, bytes in base64, rows and
///                                    maps with their keys in order; the type is Flink's
///   floe_json_object(nulls, key, json, ...), floe_json_array(nulls, json, ...)
///                                    of JSON texts; an object's keys are in order, of equal ones the last stays; a
///                                    NULL is written as null or, unless `nulls`, left out
Status RegisterKernels(duckdb::DatabaseInstance& database, Clock& clock = SystemClock());

}  // namespace floe::sql::bind
