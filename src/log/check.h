// SPDX-License-Identifier: Apache-2.0
// Verification of a log directory, for `floe check`: every segment, every batch, every record, every index entry.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace floe::io {
class FileSystem;
}

namespace floe::log {

struct BadPosition {
  std::string file;
  std::uint64_t position = 0;
  Offset expected_offset;  ///< the offset that should be here
  std::string reason;
  /// A tail that a crash tore: in the last segment, above everything known to be acknowledged. The next start cuts it.
  bool torn_tail = false;
};

/// An index or producer snapshot that does not fit its segment. The log itself is whole: the next start builds it again
/// once it is removed.
struct BadSideFile {
  std::string file;
  std::uint64_t position = 0;
  std::string reason;
};

struct PartitionReport {
  std::string directory;  ///< "weather-6fa459ea/0", below the log's directory
  std::int64_t segments = 0;
  std::int64_t batches = 0;
  std::int64_t records = 0;
  std::uint64_t bytes = 0;  ///< of good batches
  Offset log_start;
  Offset log_end;
  std::optional<BadPosition> bad;           ///< the first; what follows it in the partition was not looked at
  std::vector<BadSideFile> bad_side_files;  ///< of the segments before `bad`
};

/// Reads everything under `directory` (DIR/log) and changes nothing. Beside a running node a batch that is being
/// written may show as a bad position in the last segment. kNotFound, kIo.
Result<std::vector<PartitionReport>> CheckDirectory(io::FileSystem& files, const std::string& directory);

}  // namespace floe::log
