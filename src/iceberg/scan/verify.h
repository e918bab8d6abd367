// SPDX-License-Identifier: Apache-2.0
// Reading every file of a table, for `floe check`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "duck/instance.h"
#include "iceberg/commit/table_io.h"

namespace floe::iceberg {

struct FileDamage {
  std::string path;
  std::string reason;  ///< what and where
};

struct TableReport {
  std::int64_t snapshots = 0;
  std::int64_t files = 0;
  std::int64_t rows = 0;
  std::int64_t without_checksum = 0;  ///< written by others: only decoded
  std::vector<FileDamage> damages;
};

/// Blocking, long. One thread.
class TableVerifier {
 public:
  explicit TableVerifier(TableIo& io);
  ~TableVerifier();

  /// Every manifest list and manifest of every kept snapshot, and every data and delete file they name: size, checksum
  /// where the manifest has one, then all pages decoded, rows, nulls and bounds compared with the manifest. Bytes that
  /// are not those that were written are not decoded.
  TableReport Verify(const LoadedTable& table);

 private:
  TableIo& io_;
  std::unique_ptr<duck::Instance> instance_;  ///< empty before the first file, and after DuckDB closed itself
};

}  // namespace floe::iceberg
