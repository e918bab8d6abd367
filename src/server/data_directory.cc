// SPDX-License-Identifier: Apache-2.0
#include "server/data_directory.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>

#include "base/result.h"
#include "io/file_system.h"

namespace floe::server {
namespace {

using nlohmann::json;

std::string LockHolder(int lock) {
  char text[32] = {};
  ssize_t n = ::pread(lock, text, sizeof text - 1, 0);
  return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : "unknown";
}

Status WriteFormat(const std::string& path) {
  json fresh = {{"format", kDataFormat}, {"path", path}, {"written-by", "floe " FLOE_VERSION}};
  return io::WriteFileDurably(io::LocalFileSystem(), path + "/floe.json", fresh.dump() + "\n");
}

/// Iceberg metadata name files by their absolute path.
Status CheckPlace(const std::string& path, const json& format) {
  const bool known = format.contains("path") && format["path"].is_string();
  const std::string made_at = known ? format["path"].get<std::string>() : path;
  if (made_at == path) return known ? Status{} : WriteFormat(path);
  std::error_code none;
  if (std::filesystem::is_empty(path + "/warehouse", none) || none) return WriteFormat(path);
  return Fail(ErrorKind::kFailedPrecondition,
              fmt::format("data directory '{}' was made at '{}', and its Iceberg tables name their files by that path: "
                          "moved or copied it would read and write there. Move it back, or mount it under the old path",
                          path, made_at));
}

Status CheckFormat(const std::string& path) {
  std::string file = path + "/floe.json";
  auto text = io::ReadFile(io::LocalFileSystem(), file);
  if (!text && text.error().kind() == ErrorKind::kNotFound) return WriteFormat(path);
  if (!text) return Fail(std::move(text).error());
  json parsed = json::parse(*text, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("format") || !parsed["format"].is_number_integer()) {
    return Fail(ErrorKind::kCorruption,
                fmt::format("{} is damaged; restore it from a backup of this data directory", file));
  }
  int format = parsed["format"].get<int>();
  if (format > kDataFormat) {
    return Fail(
        ErrorKind::kFailedPrecondition,
        fmt::format(
            "data directory '{}' has format {}, this floe knows formats up to {}; use the newer floe that wrote it",
            path, format, kDataFormat));
  }
  return CheckPlace(path, parsed);
}

}  // namespace

Result<std::unique_ptr<DataDirectory>> DataDirectory::Open(const std::string& given) {
  std::error_code ignored;
  std::string path = std::filesystem::absolute(given, ignored).lexically_normal().string();
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (Status made = io::LocalFileSystem().CreateDirectories(path); !made) {
    // A parent that cannot be made is no object that the caller asked for.
    const ErrorKind kind = made.error().kind() == ErrorKind::kNotFound ? ErrorKind::kIo : made.error().kind();
    return Fail(Error(kind, made.error().ToString())
                    .WithContext("while creating the data directory; choose another with --data"));
  }
  std::string lock_file = path + "/LOCK";
  int lock = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return Fail(ErrnoError(errno, "cannot open " + lock_file));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    std::string holder = LockHolder(lock);
    ::close(lock);
    auto addresses = RunningNode(path);
    std::string where =
        addresses.contains("console") ? fmt::format(" (console at http://{})", addresses["console"]) : "";
    return Fail(
        ErrorKind::kUnavailable,
        fmt::format("data directory '{}' is in use by process {}{}; stop it, or choose another directory with --data",
                    path, holder, where));
  }
  std::string pid = fmt::format("{}", ::getpid());
  if (::ftruncate(lock, 0) != 0 || ::pwrite(lock, pid.data(), pid.size(), 0) < 0) {
    Error error = ErrnoError(errno, "cannot write " + lock_file);
    ::close(lock);
    return Fail(std::move(error));
  }
  std::unique_ptr<DataDirectory> directory(new DataDirectory(path, lock));
  FLOE_TRY_VOID(CheckFormat(path));
  return directory;
}

DataDirectory::~DataDirectory() {
  ::unlink(Sub("addresses.json").c_str());
  ::close(lock_);
}

Status DataDirectory::WriteAddresses(const std::map<std::string, std::string>& addresses) {
  return io::WriteFileDurably(io::LocalFileSystem(), Sub("addresses.json"), json(addresses).dump(2) + "\n");
}

std::map<std::string, std::string> RunningNode(const std::string& path) {
  int lock = ::open((path + "/LOCK").c_str(), O_RDONLY | O_CLOEXEC);
  if (lock < 0) return {};
  bool free = ::flock(lock, LOCK_SH | LOCK_NB) == 0;
  ::close(lock);
  if (free) return {};
  auto text = io::ReadFile(io::LocalFileSystem(), path + "/addresses.json");
  if (!text) return {};
  json parsed = json::parse(*text, nullptr, false);
  std::map<std::string, std::string> addresses;
  if (parsed.is_object()) {
    for (const auto& [name, value] : parsed.items()) {
      if (value.is_string()) addresses[name] = value.get<std::string>();
    }
  }
  return addresses;
}

}  // namespace floe::server
