// SPDX-License-Identifier: Apache-2.0
// Writable files that fail on demand.
#include "io/faulty_file_system.h"

#include <algorithm>

#include "base/result.h"

namespace floe::io {
namespace {

class FaultyFile final : public WritableFile {
 public:
  FaultyFile(std::unique_ptr<WritableFile> base, std::string path, Faults& faults)
      : base_(std::move(base)), path_(std::move(path)), faults_(faults) {}

  Status WriteAt(std::uint64_t position, std::span<const std::byte> bytes) override {
    if (faults_.TakeWriteFailure()) {
      FLOE_TRY_VOID(base_->WriteAt(position, bytes.first(bytes.size() / 2)));
      return Fail(ErrorKind::kIo, "write '" + path_ + "': injected input/output error");
    }
    std::uint64_t fits = faults_.TakeSpace(bytes.size());
    if (fits > 0) FLOE_TRY_VOID(base_->WriteAt(position, bytes.first(fits)));
    faults_.RunWriteHook(path_);
    if (fits < bytes.size()) return Fail(ErrorKind::kDiskFull, "write '" + path_ + "': injected full disk");
    return {};
  }
  Status Sync() override {
    if (faults_.TakeSyncFailure(path_))
      return Fail(ErrorKind::kIo, "fdatasync '" + path_ + "': injected input/output error");
    return base_->Sync();
  }
  Status Truncate(std::uint64_t size) override { return base_->Truncate(size); }
  Status Allocate(std::uint64_t size) override { return base_->Allocate(size); }
  Result<std::uint64_t> Size() const override { return base_->Size(); }

 private:
  std::unique_ptr<WritableFile> base_;
  std::string path_;
  Faults& faults_;
};

}  // namespace

void Faults::FailSyncs(int count, std::string part) {
  std::lock_guard lock(mu_);
  failing_syncs_ = count;
  sync_part_ = std::move(part);
}

void Faults::AfterNextWrite(std::function<void()> hook, std::string part) {
  std::lock_guard lock(mu_);
  write_hook_ = std::move(hook);
  hook_part_ = std::move(part);
}

void Faults::RunWriteHook(const std::string& path) {
  std::function<void()> hook;
  {
    std::lock_guard lock(mu_);
    if (path.find(hook_part_) != std::string::npos) hook.swap(write_hook_);
  }
  if (hook) hook();
}

std::uint64_t Faults::TakeSpace(std::uint64_t bytes) {
  std::int64_t left = space_left_;
  while (true) {
    if (left == kUnlimited) return bytes;
    std::int64_t taken = std::min(left, static_cast<std::int64_t>(bytes));
    if (space_left_.compare_exchange_weak(left, left - taken)) return static_cast<std::uint64_t>(taken);
  }
}

bool Faults::TakeWriteFailure() {
  int left = failing_writes_;
  while (left > 0)
    if (failing_writes_.compare_exchange_weak(left, left - 1)) return true;
  return false;
}

bool Faults::TakeSyncFailure(const std::string& path) {
  ++syncs_;
  std::lock_guard lock(mu_);
  if (failing_syncs_ == 0 || path.find(sync_part_) == std::string::npos) return false;
  --failing_syncs_;
  return true;
}

Result<std::unique_ptr<WritableFile>> FaultyFileSystem::OpenWritable(const std::string& path, bool truncate) {
  FLOE_TRY(auto file, base_.OpenWritable(path, truncate));
  return std::make_unique<FaultyFile>(std::move(file), path, faults_);
}

}  // namespace floe::io
