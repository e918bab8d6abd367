// SPDX-License-Identifier: Apache-2.0
// The parts of the filesystem connector.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "connect/api/connector.h"
#include "connect/table_format.h"
#include "duck/instance.h"
#include "io/file_system.h"

namespace floe::connect::filesystem {

/// "file:///a/b" and "/a/b" to "/a/b". kInvalidInput for relative paths, kNotSupported for other schemes.
Result<std::string> LocalPath(const std::string& path);

struct InputFile {
  std::string path;
  /// "key=value" directories below the table's path, for partition columns.
  std::vector<std::pair<std::string, std::string>> partition;
};

/// Visible files (no leading '.' or '_') below a directory, the file itself, or those a glob ('*', '?') in the last
/// part matches; sorted.
Result<std::vector<InputFile>> ListFiles(io::FileSystem& files, const std::string& path);
/// "a=1/b=x": values escaped as Hive does.
std::string PartitionPath(const std::vector<std::pair<std::string, std::string>>& partition);

Result<std::unique_ptr<SourceReader>> OpenLineSource(io::FileSystem& files, std::vector<InputFile> inputs,
                                                     ScanRequest request, const std::string& format,
                                                     formats::FormatOptions options);
Result<std::unique_ptr<SourceReader>> OpenParquetSource(duck::Instance& duckdb, std::vector<InputFile> inputs,
                                                        ScanRequest request);

struct SinkSettings {
  std::string directory;
  std::string format;
  formats::FormatOptions format_options;
  std::uint64_t roll_bytes = 128ULL << 20;
  bool success_file = false;
};
/// Part files are written under hidden names, synced by Prepare, and renamed by Publish.
Result<std::unique_ptr<Sink>> OpenFileSink(io::FileSystem& files, duck::Instance& duckdb, SinkSettings settings,
                                           SinkRequest request);

}  // namespace floe::connect::filesystem
