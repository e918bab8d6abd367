// SPDX-License-Identifier: Apache-2.0
// CRC-32C of a data file by blocks, kept in its manifest entry: Parquet pages written by DuckDB have no checksum.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/file_system.h"

namespace floe::iceberg {

inline constexpr std::uint64_t kChecksumBlock = 1 << 20;

/// What DataFile::block_checksums holds for a file of one block.
std::string BlockChecksums(std::uint32_t crc32c);
/// … and for this file. kNotFound, kIo.
Result<std::string> BlockChecksums(io::FileSystem& files, const std::string& path);

/// The first byte of the first block in which two files differ, by their checksums.
std::optional<std::uint64_t> FirstDifference(std::string_view a, std::string_view b);

}  // namespace floe::iceberg
