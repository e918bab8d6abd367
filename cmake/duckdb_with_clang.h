// SPDX-License-Identifier: Apache-2.0
// Included before everything where clang reads DuckDB's headers (fuzz preset, clang-tidy): in C++23 it instantiates the
// deleter of a type that DuckDB has only declared by then. The same deleter, defined when the type is complete.
#pragma once

#if __has_include(<duckdb/main/profiling_utils.hpp>)
#include <memory>

namespace duckdb {
struct ActiveTimer;
}
template <>
struct std::default_delete<duckdb::ActiveTimer> {
  inline void operator()(duckdb::ActiveTimer* timer) const;
};

#include <duckdb/main/profiling_utils.hpp>

inline void std::default_delete<duckdb::ActiveTimer>::operator()(duckdb::ActiveTimer* timer) const {
  delete timer;
}
#endif
