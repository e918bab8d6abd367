// SPDX-License-Identifier: Apache-2.0
// Any file system with faults that a test switches on: full disk, failing writes, failing syncs.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "io/file_system.h"

namespace floe::io {

/// The switches. Thread-safe; a test keeps it beside the file system.
class Faults {
 public:
  /// Bytes that writes may still take before the disk is full; a write that does not fit is done in part, as on a real
  /// disk.
  void SetSpaceLeft(std::uint64_t bytes) { space_left_ = static_cast<std::int64_t>(bytes); }
  void GiveSpace() { space_left_ = kUnlimited; }
  /// The next `count` syncs of files whose path contains `part` fail with kIo.
  void FailSyncs(int count, std::string part = "");
  /// The next `count` writes fail with kIo and leave half of their bytes behind.
  void FailWrites(int count) { failing_writes_ = count; }
  /// Calls `hook` once, right after the next write to a file whose path contains `part` reached the base file system
  /// and before anybody can sync it.
  void AfterNextWrite(std::function<void()> hook, std::string part = "");
  std::int64_t syncs() const { return syncs_; }

  /// For the file system.
  std::uint64_t TakeSpace(std::uint64_t bytes);
  bool TakeWriteFailure();
  bool TakeSyncFailure(const std::string& path);
  void RunWriteHook(const std::string& path);

 private:
  static constexpr std::int64_t kUnlimited = -1;
  std::atomic<std::int64_t> space_left_{kUnlimited};
  std::atomic<int> failing_writes_{0};
  std::atomic<std::int64_t> syncs_{0};
  std::mutex mu_;
  int failing_syncs_ = 0;             // guarded by mu_
  std::string sync_part_;             // guarded by mu_
  std::function<void()> write_hook_;  // guarded by mu_
  std::string hook_part_;             // guarded by mu_
};

/// Thread-safe; `base` and `faults` must outlive it. Overwriting counts as taking space.
class FaultyFileSystem final : public FileSystem {
 public:
  FaultyFileSystem(FileSystem& base, Faults& faults) : base_(base), faults_(faults) {}
  Result<std::unique_ptr<WritableFile>> OpenWritable(const std::string& path, bool truncate) override;
  Result<std::unique_ptr<ReadableFile>> OpenReadable(const std::string& path) override {
    return base_.OpenReadable(path);
  }
  Status CreateDirectories(const std::string& path) override { return base_.CreateDirectories(path); }
  Result<std::vector<FileInfo>> List(const std::string& directory) override { return base_.List(directory); }
  Result<bool> Exists(const std::string& path) override { return base_.Exists(path); }
  Status Rename(const std::string& from, const std::string& to) override { return base_.Rename(from, to); }
  Status Remove(const std::string& path) override { return base_.Remove(path); }
  Status RemoveAll(const std::string& path) override { return base_.RemoveAll(path); }
  Status SyncDirectory(const std::string& path) override { return base_.SyncDirectory(path); }

 private:
  FileSystem& base_;
  Faults& faults_;
};

}  // namespace floe::io
