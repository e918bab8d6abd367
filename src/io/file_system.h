// SPDX-License-Identifier: Apache-2.0
// Files behind an interface, so that crashes, torn writes and full disks can be played from a seed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace floe::io {

/// Append or overwrite by position. Bytes are durable only after Sync. One writer at a time; reads through another
/// handle may run beside it.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  /// Writes all bytes at `position`, or fails. kDiskFull, kIo.
  virtual Status WriteAt(std::uint64_t position, std::span<const std::byte> bytes) = 0;
  /// fdatasync. After an error the content since the last Sync is undefined: never sync the same handle again.
  virtual Status Sync() = 0;
  /// Advice: Sync comes soon. Files that all began before the first is synced share the disk's work for their metadata.
  virtual void BeginSync() {}
  virtual Status Truncate(std::uint64_t size) = 0;
  /// Reserves space without changing the size readers see as written. kDiskFull, kIo.
  virtual Status Allocate(std::uint64_t size) = 0;
  virtual Result<std::uint64_t> Size() const = 0;
};

/// Positional reads; thread-safe.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  /// Fills the front of `buffer` and returns how much there was: less than asked for means end of file.
  virtual Result<std::size_t> ReadAt(std::uint64_t position, std::span<std::byte> buffer) const = 0;
  virtual Result<std::uint64_t> Size() const = 0;
  /// Advice: the pages of [from, to) are not worth keeping in memory. Only durable bytes can be dropped.
  virtual void DropCached(std::uint64_t /*from*/, std::uint64_t /*to*/) const {}
  /// ReadUncached's position, address and size are multiples of it.
  static constexpr std::size_t kBlock = 4096;
  /// As ReadAt, past the page cache where the file system can (O_DIRECT): for much that is read once. Writers of the
  /// same file wait for it, and what is dirty is written first.
  virtual Result<std::size_t> ReadUncached(std::uint64_t position, std::span<std::byte> buffer) const;

 protected:
  /// kInvalidInput unless all three are multiples of kBlock.
  static Status CheckBlocks(std::uint64_t position, std::span<std::byte> buffer);
};

struct FileInfo {
  std::string name;  ///< without the directory
  std::uint64_t size = 0;
  bool is_directory = false;
};

/// A tree of files. Thread-safe. Paths are plain absolute paths ('/'-separated). Blocking: call from compute threads
/// only.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// Creates or truncates when `truncate`, else opens an existing one (or creates it) for WriteAt.
  virtual Result<std::unique_ptr<WritableFile>> OpenWritable(const std::string& path, bool truncate) = 0;
  virtual Result<std::unique_ptr<ReadableFile>> OpenReadable(const std::string& path) = 0;
  virtual Status CreateDirectories(const std::string& path) = 0;
  virtual Result<std::vector<FileInfo>> List(const std::string& directory) = 0;
  virtual Result<bool> Exists(const std::string& path) = 0;
  /// Atomic within one directory tree; durable after SyncDirectory of the parent.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;
  virtual Status RemoveAll(const std::string& path) = 0;
  virtual Status SyncDirectory(const std::string& path) = 0;
};

/// The machine's own file system; lives for the whole process.
FileSystem& LocalFileSystem();

/// Whole-file conveniences on any file system.
Result<std::string> ReadFile(FileSystem& files, const std::string& path);
/// Writes to a temporary name, syncs, renames, syncs the directory: a reader sees the old file or the whole new one.
Status WriteFileDurably(FileSystem& files, const std::string& path, std::string_view content);

}  // namespace floe::io
