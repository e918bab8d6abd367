// SPDX-License-Identifier: Apache-2.0
// The machine's own files through POSIX calls.
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <optional>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file_system.h"

namespace floe::io {
namespace {

std::unexpected<Error> Errno(const char* what, const std::string& path) {
  int error = errno;
  return Fail(ErrnoError(error, std::string(what) + " '" + path + "'"));
}

/// Repeats a call that a signal interrupted.
template <typename Call>
auto Retry(Call call) {
  decltype(call()) result;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<std::uint64_t> SizeOf(const Descriptor& file, const std::string& path) {
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) return Errno("stat", path);
  return static_cast<std::uint64_t>(info.st_size);
}

class LocalWritableFile final : public WritableFile {
 public:
  LocalWritableFile(int fd, std::string path) : file_(fd), path_(std::move(path)) {}

  Status WriteAt(std::uint64_t position, std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      ssize_t n =
          Retry([&] { return ::pwrite(file_.get(), bytes.data(), bytes.size(), static_cast<off_t>(position)); });
      if (n < 0) return Errno("write", path_);
      position += static_cast<std::uint64_t>(n);
      bytes = bytes.subspan(static_cast<std::size_t>(n));
    }
    return {};
  }

  // Never repeated after EINTR or anything else: a failed sync must stay failed.
  Status Sync() override {
    if (::fdatasync(file_.get()) != 0) return Errno("fdatasync", path_);
    return {};
  }

  void BeginSync() override { (void)::sync_file_range(file_.get(), 0, 0, SYNC_FILE_RANGE_WRITE); }

  Status Truncate(std::uint64_t size) override {
    if (Retry([&] { return ::ftruncate(file_.get(), static_cast<off_t>(size)); }) != 0) return Errno("truncate", path_);
    return {};
  }

  Status Allocate(std::uint64_t size) override {
    if (size == 0) return {};
    int result = Retry([&] { return ::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)); });
    // A file system without fallocate loses speed, nothing else.
    if (result != 0 && errno != EOPNOTSUPP && errno != ENOSYS) return Errno("allocate", path_);
    return {};
  }

  Result<std::uint64_t> Size() const override { return SizeOf(file_, path_); }

 private:
  Descriptor file_;
  std::string path_;
};

class LocalReadableFile final : public ReadableFile {
 public:
  LocalReadableFile(int fd, std::string path) : file_(fd), path_(std::move(path)) {}

  Result<std::size_t> ReadAt(std::uint64_t position, std::span<std::byte> buffer) const override {
    std::size_t done = 0;
    while (done < buffer.size()) {
      ssize_t n = Retry([&] {
        return ::pread(file_.get(), buffer.data() + done, buffer.size() - done, static_cast<off_t>(position + done));
      });
      if (n < 0) return Errno("read", path_);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  Result<std::uint64_t> Size() const override { return SizeOf(file_, path_); }
  void DropCached(std::uint64_t from, std::uint64_t to) const override {
    (void)::posix_fadvise(file_.get(), static_cast<off_t>(from), static_cast<off_t>(to - from), POSIX_FADV_DONTNEED);
  }
  Result<std::size_t> ReadUncached(std::uint64_t position, std::span<std::byte> buffer) const override {
    FLOE_TRY_VOID(CheckBlocks(position, buffer));
    const int direct = Direct();
    if (direct < 0) return ReadableFile::ReadUncached(position, buffer);
    const ssize_t n =
        Retry([&] { return ::pread(direct, buffer.data(), buffer.size(), static_cast<off_t>(position)); });
    if (n < 0) {
      // Larger blocks than ours, for one. What is really wrong the other way says too.
      if (errno == EINVAL || errno == EOPNOTSUPP) direct_possible_ = false;
      return ReadableFile::ReadUncached(position, buffer);
    }
    const auto done = static_cast<std::size_t>(n);
    if (done == buffer.size()) return done;
    FLOE_TRY(const std::size_t rest, ReadAt(position + done, buffer.subspan(done)));
    return done + rest;
  }

 private:
  /// Opened when it is first asked for, also when the file was removed since; -1 where that cannot be done.
  int Direct() const {
    std::lock_guard lock(direct_mu_);
    if (!direct_possible_) return -1;
    if (!direct_) {
      const std::string self = "/proc/self/fd/" + std::to_string(file_.get());
      const int fd = Retry([&] { return ::open(self.c_str(), O_RDONLY | O_CLOEXEC | O_DIRECT); });
      if (fd < 0) {
        direct_possible_ = errno == EMFILE || errno == ENFILE;  // there may be descriptors again
        return -1;
      }
      direct_.emplace(fd);
    }
    return direct_->get();
  }

  Descriptor file_;
  std::string path_;
  mutable std::atomic<bool> direct_possible_{true};
  mutable std::mutex direct_mu_;
  mutable std::optional<Descriptor> direct_;  // guarded by direct_mu_ until it is set
};

class LocalFiles final : public FileSystem {
 public:
  Result<std::unique_ptr<WritableFile>> OpenWritable(const std::string& path, bool truncate) override {
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (truncate ? O_TRUNC : 0);
    int fd = Retry([&] { return ::open(path.c_str(), flags, 0644); });
    if (fd < 0) return Errno("open for writing", path);
    return std::make_unique<LocalWritableFile>(fd, path);
  }

  Result<std::unique_ptr<ReadableFile>> OpenReadable(const std::string& path) override {
    int fd = Retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); });
    if (fd < 0) return Errno("open", path);
    return std::make_unique<LocalReadableFile>(fd, path);
  }

  Status CreateDirectories(const std::string& path) override {
    std::error_code error;
    std::filesystem::create_directories(path, error);
    if (error) return Fail(ErrnoError(error.value(), "create directory '" + path + "'"));
    return {};
  }

  Result<std::vector<FileInfo>> List(const std::string& directory) override {
    std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), ::closedir);
    if (!stream) return Errno("list", directory);
    std::vector<FileInfo> files;
    for (;;) {
      errno = 0;                                      // tells the end from a failure
      const dirent* entry = ::readdir(stream.get());  // NOLINT(concurrency-mt-unsafe): the stream is ours alone
      if (entry == nullptr) break;
      std::string name = entry->d_name;
      if (name == "." || name == "..") continue;
      struct stat info{};
      if (::fstatat(::dirfd(stream.get()), entry->d_name, &info, 0) != 0) {
        if (errno == ENOENT) continue;  // removed while we listed
        return Errno("stat", directory + "/" + name);
      }
      files.push_back({std::move(name), static_cast<std::uint64_t>(info.st_size), S_ISDIR(info.st_mode)});
    }
    if (errno != 0) return Errno("list", directory);
    return files;
  }

  Result<bool> Exists(const std::string& path) override {
    struct stat info{};
    if (::stat(path.c_str(), &info) == 0) return true;
    if (errno == ENOENT || errno == ENOTDIR) return false;
    return Errno("stat", path);
  }

  Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return Errno("rename", from);
    return {};
  }

  Status Remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return Errno("remove", path);
    return {};
  }

  Status RemoveAll(const std::string& path) override {
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) return Fail(ErrnoError(error.value(), "remove '" + path + "'"));
    return {};
  }

  Status SyncDirectory(const std::string& path) override {
    Descriptor directory(Retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (directory.get() < 0) return Errno("open directory", path);
    if (::fsync(directory.get()) != 0) return Errno("sync directory", path);
    return {};
  }
};

}  // namespace

FileSystem& LocalFileSystem() {
  static LocalFiles files;
  return files;
}

}  // namespace floe::io
