// SPDX-License-Identifier: Apache-2.0
// Reading many Parquet files as one relation by field id: renamed, added, dropped and promoted columns at any depth
// come out right.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <duckdb/common/types.hpp>
#include <duckdb/common/types/value.hpp>

#include "base/result.h"

namespace floe::duck {

class Instance;

/// A column of the result. STRUCT has one child per field, LIST one, MAP two (key, value).
struct ScanColumn {
  std::int32_t field_id = 0;
  std::string name;
  duckdb::LogicalType type;
  std::vector<ScanColumn> children;
  duckdb::Value missing;  ///< what files without the column hold: of the type, or null
};

/// Field ids for files that have none: names at one level.
struct NameMapping {
  std::int32_t field_id = -1;
  std::vector<std::string> names;
  std::vector<NameMapping> children;
};

struct ScanFile {
  std::string path;
  std::int64_t rows = 0;
  std::map<std::int32_t, duckdb::Value> constants;  ///< by field id, used where the file lacks the column
  std::vector<std::int64_t> deleted;                ///< row positions, ascending, unique
};

/// Immutable once registered.
struct ScanSpec {
  std::vector<ScanColumn> columns;
  std::vector<ScanFile> files;
  std::vector<NameMapping> mapping;
};

/// A spec that SQL can name while this object lives (copies share it). Thread-safe.
class RegisteredScan {
 public:
  RegisteredScan() = default;
  /// "floe_parquet_scan('17')": goes behind FROM on any connection of an instance given to InstallParquetScan.
  const std::string& sql() const { return sql_; }

 private:
  friend RegisteredScan RegisterScan(ScanSpec spec);
  std::string sql_;
  std::shared_ptr<void> guard_;
};
RegisteredScan RegisterScan(ScanSpec spec);

/// Makes the table function floe_parquet_scan known to the instance; again is fine.
Status InstallParquetScan(Instance& instance);

}  // namespace floe::duck
