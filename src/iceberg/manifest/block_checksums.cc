// SPDX-License-Identifier: Apache-2.0
#include "iceberg/manifest/block_checksums.h"

#include <algorithm>

#include "base/crc32c.h"

namespace floe::iceberg {

std::string BlockChecksums(std::uint32_t crc32c) {
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(crc32c >> shift);
  return out;
}

Result<std::string> BlockChecksums(io::FileSystem& files, const std::string& path) {
  FLOE_TRY(auto file, files.OpenReadable(path));
  FLOE_TRY(const std::uint64_t size, file->Size());
  std::string block(std::min(size, kChecksumBlock), '\0');
  std::string out;
  for (std::uint64_t at = 0; at < size; at += kChecksumBlock) {
    FLOE_TRY(std::size_t n, file->ReadAt(at, std::as_writable_bytes(std::span(block))));
    out += BlockChecksums(Crc32c(std::as_bytes(std::span(block.data(), n))));
  }
  return out;
}

std::optional<std::uint64_t> FirstDifference(std::string_view a, std::string_view b) {
  for (std::size_t at = 0; at < std::max(a.size(), b.size()); at += 4) {
    if (at >= a.size() || at >= b.size() || a.substr(at, 4) != b.substr(at, 4)) return at / 4 * kChecksumBlock;
  }
  return std::nullopt;
}

}  // namespace floe::iceberg
