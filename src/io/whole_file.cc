// SPDX-License-Identifier: Apache-2.0
// What works alike on any file system.
#include <atomic>

#include "io/file_system.h"

namespace floe::io {

Status ReadableFile::CheckBlocks(std::uint64_t position, std::span<std::byte> buffer) {
  if ((position | buffer.size() | reinterpret_cast<std::uintptr_t>(buffer.data())) % kBlock != 0)
    return Fail(ErrorKind::kInvalidInput, "a read past the page cache takes whole blocks");
  return {};
}

Result<std::size_t> ReadableFile::ReadUncached(std::uint64_t position, std::span<std::byte> buffer) const {
  FLOE_TRY_VOID(CheckBlocks(position, buffer));
  auto n = ReadAt(position, buffer);
  if (n) DropCached(position, position + *n);
  return n;
}

Result<std::string> ReadFile(FileSystem& files, const std::string& path) {
  FLOE_TRY(auto file, files.OpenReadable(path));
  FLOE_TRY(std::uint64_t size, file->Size());
  std::string content(size, '\0');
  FLOE_TRY(std::size_t n, file->ReadAt(0, std::as_writable_bytes(std::span(content))));
  content.resize(n);
  return content;
}

Status WriteFileDurably(FileSystem& files, const std::string& path, std::string_view content) {
  // Two writers of one path must not share a temporary file.
  static std::atomic<std::uint64_t> counter{0};
  std::string temporary = path + ".tmp" + std::to_string(counter.fetch_add(1));
  auto write = [&]() -> Status {
    FLOE_TRY(auto file, files.OpenWritable(temporary, /*truncate=*/true));
    FLOE_TRY_VOID(file->WriteAt(0, std::as_bytes(std::span(content))));
    FLOE_TRY_VOID(file->Sync());
    file.reset();
    return files.Rename(temporary, path);
  };
  if (Status written = write(); !written) {
    (void)files.Remove(temporary);  // best effort: the error that matters is the first
    return written;
  }
  std::size_t slash = path.rfind('/');
  return files.SyncDirectory(slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash));
}

}  // namespace floe::io
