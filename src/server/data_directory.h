// SPDX-License-Identifier: Apache-2.0
// A node's data directory: one owner at a time, one format version, and where to find the owner.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/error.h"

namespace floe::server {

/// The version this program writes. A directory of a newer one is refused, of an older one upgraded when it is opened.
inline constexpr int kDataFormat = 1;

/// Holds DIR/LOCK (flock) as long as it lives.
class DataDirectory {
 public:
  /// Creates the directory when it is missing. kUnavailable when another process owns it (the message names its
  /// pid and addresses) or when a newer Floe wrote it; kPermissionDenied, kDiskFull, kIo.
  static Result<std::unique_ptr<DataDirectory>> Open(const std::string& path);
  ~DataDirectory();
  DataDirectory(const DataDirectory&) = delete;
  DataDirectory& operator=(const DataDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string Sub(const std::string& name) const { return path_ + "/" + name; }

  /// DIR/addresses.json: {"kafka": "127.0.0.1:41234", ...}; removed by ~DataDirectory.
  Status WriteAddresses(const std::map<std::string, std::string>& addresses);

 private:
  DataDirectory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::string path_;
  int lock_;
};

/// Addresses of the node that runs on this directory now; empty when none does (a stale file does not count).
std::map<std::string, std::string> RunningNode(const std::string& path);

}  // namespace floe::server
