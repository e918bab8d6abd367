// SPDX-License-Identifier: Apache-2.0
// Files as strings with a list of what was written since the last sync.
#include "io/memory_file_system.h"

#include <algorithm>
#include <cstring>

#include "base/result.h"

namespace floe::io {

struct MemoryFileSystem::File {
  struct Pending {
    bool truncate = false;
    std::uint64_t position = 0;  ///< of the write, or the new size
    std::string bytes;
  };
  File(bool is_directory, std::shared_ptr<std::mutex> mutex) : directory(is_directory), mu(std::move(mutex)) {}

  const bool directory;
  const std::shared_ptr<std::mutex> mu;  // one for all files: a crash stops them at one instant
  std::string content;                   // guarded by *mu
  std::string durable;                   // guarded by *mu
  std::vector<Pending> pending;          // guarded by *mu
};

namespace {

using File = MemoryFileSystem::File;

std::string Parent(const std::string& path) {
  std::size_t slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
}

std::string Clean(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

std::unexpected<Error> Missing(const std::string& path) {
  return Fail(ErrorKind::kNotFound, "'" + path + "': no such file or directory");
}

void WriteInto(std::string& content, std::uint64_t position, std::string_view bytes) {
  if (content.size() < position + bytes.size()) content.resize(position + bytes.size());
  content.replace(position, bytes.size(), bytes);
}

class MemoryWritableFile final : public WritableFile {
 public:
  explicit MemoryWritableFile(std::shared_ptr<File> file) : file_(std::move(file)) {}
  Status WriteAt(std::uint64_t position, std::span<const std::byte> bytes) override {
    std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::lock_guard lock(*file_->mu);
    WriteInto(file_->content, position, text);
    file_->pending.push_back({false, position, std::string(text)});
    return {};
  }
  Status Sync() override {
    std::lock_guard lock(*file_->mu);
    for (const auto& write : file_->pending) {
      if (write.truncate)
        file_->durable.resize(write.position);
      else
        WriteInto(file_->durable, write.position, write.bytes);
    }
    file_->pending.clear();
    return {};
  }
  Status Truncate(std::uint64_t size) override {
    std::lock_guard lock(*file_->mu);
    file_->content.resize(size);
    file_->pending.push_back({true, size, {}});
    return {};
  }
  Status Allocate(std::uint64_t) override { return {}; }
  Result<std::uint64_t> Size() const override {
    std::lock_guard lock(*file_->mu);
    return file_->content.size();
  }

 private:
  std::shared_ptr<File> file_;
};

class MemoryReadableFile final : public ReadableFile {
 public:
  explicit MemoryReadableFile(std::shared_ptr<File> file) : file_(std::move(file)) {}
  Result<std::size_t> ReadAt(std::uint64_t position, std::span<std::byte> buffer) const override {
    std::lock_guard lock(*file_->mu);
    if (position >= file_->content.size()) return 0;
    std::size_t n = std::min<std::size_t>(buffer.size(), file_->content.size() - position);
    if (n > 0) std::memcpy(buffer.data(), file_->content.data() + position, n);
    return n;
  }
  Result<std::uint64_t> Size() const override {
    std::lock_guard lock(*file_->mu);
    return file_->content.size();
  }

 private:
  std::shared_ptr<File> file_;
};

}  // namespace

MemoryFileSystem::MemoryFileSystem() {
  names_["/"] = durable_["/"] = std::make_shared<File>(true, contents_);
}
MemoryFileSystem::~MemoryFileSystem() = default;

Result<std::shared_ptr<MemoryFileSystem::File>> MemoryFileSystem::Find(const std::string& path) const {
  auto found = names_.find(path);
  if (found == names_.end()) return Missing(path);
  return found->second;
}

Status MemoryFileSystem::CheckParent(const std::string& path) const {
  auto parent = names_.find(Parent(path));
  if (parent == names_.end() || !parent->second->directory) return Missing(Parent(path));
  return {};
}

void MemoryFileSystem::Apply(NameChange change) {
  for (const auto& [path, file] : change) {
    if (file)
      names_[path] = file;
    else
      names_.erase(path);
  }
  pending_.push_back(std::move(change));
}

Result<std::unique_ptr<WritableFile>> MemoryFileSystem::OpenWritable(const std::string& path, bool truncate) {
  std::lock_guard lock(mu_);
  auto found = names_.find(path);
  std::shared_ptr<File> file;
  if (found == names_.end()) {
    FLOE_TRY_VOID(CheckParent(path));
    file = std::make_shared<File>(false, contents_);
    Apply({{path, file}});
  } else {
    file = found->second;
  }
  if (file->directory) return Fail(ErrorKind::kIo, "'" + path + "' is a directory");
  auto handle = std::make_unique<MemoryWritableFile>(file);
  if (truncate) FLOE_TRY_VOID(handle->Truncate(0));
  return handle;
}

Result<std::unique_ptr<ReadableFile>> MemoryFileSystem::OpenReadable(const std::string& path) {
  std::lock_guard lock(mu_);
  FLOE_TRY(auto file, Find(path));
  if (file->directory) return Fail(ErrorKind::kIo, "'" + path + "' is a directory");
  return std::make_unique<MemoryReadableFile>(std::move(file));
}

Status MemoryFileSystem::CreateDirectories(const std::string& raw) {
  std::string path = Clean(raw);
  std::lock_guard lock(mu_);
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    std::string part = path.substr(0, slash);
    auto found = names_.find(part);
    if (found == names_.end())
      Apply({{part, std::make_shared<File>(true, contents_)}});
    else if (!found->second->directory)
      return Fail(ErrorKind::kIo, "'" + part + "' is not a directory");
    if (slash == std::string::npos) return {};
  }
}

Result<std::vector<FileInfo>> MemoryFileSystem::List(const std::string& raw) {
  std::string directory = Clean(raw);
  std::lock_guard lock(mu_);
  FLOE_TRY(auto found, Find(directory));
  std::string prefix = directory == "/" ? directory : directory + "/";
  std::vector<FileInfo> files;
  for (auto it = names_.upper_bound(prefix); it != names_.end() && it->first.starts_with(prefix); ++it) {
    std::string name = it->first.substr(prefix.size());
    if (name.find('/') != std::string::npos) continue;
    std::lock_guard file_lock(*it->second->mu);
    files.push_back({std::move(name), it->second->content.size(), it->second->directory});
  }
  return files;
}

Result<bool> MemoryFileSystem::Exists(const std::string& path) {
  std::lock_guard lock(mu_);
  return names_.contains(Clean(path));
}

Status MemoryFileSystem::Rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(mu_);
  FLOE_TRY(auto file, Find(from));
  FLOE_TRY_VOID(CheckParent(to));
  NameChange change{{to, file}, {from, nullptr}};
  if (file->directory) {
    std::string prefix = from + "/";
    for (auto it = names_.upper_bound(prefix); it != names_.end() && it->first.starts_with(prefix); ++it) {
      change.emplace_back(to + "/" + it->first.substr(prefix.size()), it->second);
      change.emplace_back(it->first, nullptr);
    }
  }
  Apply(std::move(change));
  return {};
}

Status MemoryFileSystem::Remove(const std::string& path) {
  std::lock_guard lock(mu_);
  FLOE_TRY(auto file, Find(path));
  if (file->directory) return Fail(ErrorKind::kIo, "'" + path + "' is a directory");
  Apply({{path, nullptr}});
  return {};
}

Status MemoryFileSystem::RemoveAll(const std::string& raw) {
  std::string path = Clean(raw);
  std::lock_guard lock(mu_);
  if (!names_.contains(path)) return {};
  NameChange change;
  std::string prefix = path + "/";
  for (auto it = names_.upper_bound(prefix); it != names_.end() && it->first.starts_with(prefix); ++it)
    change.emplace_back(it->first, nullptr);
  change.emplace_back(path, nullptr);
  Apply(std::move(change));
  return {};
}

Status MemoryFileSystem::SyncDirectory(const std::string& path) {
  std::lock_guard lock(mu_);
  FLOE_TRY(auto directory, Find(Clean(path)));
  durable_ = names_;
  pending_.clear();
  return {};
}

void MemoryFileSystem::Crash(Random& random) {
  std::lock_guard lock(mu_);
  std::size_t kept = random.Next() % (pending_.size() + 1);
  for (std::size_t i = 0; i < kept; ++i) {
    for (auto& [path, file] : pending_[i]) {
      if (file)
        durable_[path] = file;
      else
        durable_.erase(path);
    }
  }
  pending_.clear();
  const std::lock_guard stopped(*contents_);
  std::map<File*, std::shared_ptr<File>> fresh;  // a file may have two names during a rename
  for (auto& [path, file] : durable_) {
    auto& copy = fresh[file.get()];
    if (!copy) {
      copy = std::make_shared<File>(file->directory, contents_);
      std::string content = file->durable;
      for (const auto& write : file->pending) {
        std::uint64_t fate = random.Next() % 4;
        if (fate == 0) continue;
        if (write.truncate) {
          content.resize(write.position);
        } else {
          std::size_t size =
              fate == 1 && !write.bytes.empty() ? random.Next() % write.bytes.size() : write.bytes.size();
          if (size > 0) WriteInto(content, write.position, std::string_view(write.bytes).substr(0, size));
        }
      }
      copy->content = copy->durable = std::move(content);
    }
    file = copy;
  }
  names_ = durable_;
}

Status MemoryFileSystem::FlipBit(const std::string& path, std::uint64_t position) {
  std::lock_guard lock(mu_);
  FLOE_TRY(auto file, Find(path));
  std::lock_guard file_lock(*file->mu);
  if (position >= file->content.size()) return Fail(ErrorKind::kOutOfRange, "'" + path + "' is shorter than that");
  file->content[position] ^= 1;
  if (position < file->durable.size()) file->durable[position] ^= 1;
  return {};
}

}  // namespace floe::io
