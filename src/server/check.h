// SPDX-License-Identifier: Apache-2.0
// floe check: reads everything that has a checksum and tells what is damaged.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"

namespace floe::server {

struct CheckReport {
  std::int64_t problems = 0;
  std::string text;  ///< for people, a line per finding
  std::string json;
};

/// Log segments (CRC-32C of every batch) with their indexes and producer snapshots, meta.db (SQLite's integrity check),
/// checkpoint state (CRC), and every file that a kept snapshot of the warehouse names (checksum, decoded whole). Takes
/// the directory's lock: kFailedPrecondition while a node runs on it.
Result<CheckReport> CheckDataDirectory(const std::string& path);

}  // namespace floe::server
