// SPDX-License-Identifier: Apache-2.0
// Finds the process behind a listening port in /proc, for the "port in use" message.
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "net/tcp.h"

namespace floe::net {

namespace fs = std::filesystem;

namespace {

// Columns of /proc/net/tcp: sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode.
std::string ListeningInode(const char* table, std::uint16_t port) {
  std::ifstream in(table);
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::array<char, 128> local{};
    unsigned state = 0;
    unsigned long inode = 0;
    const int fields =
        std::sscanf(line.c_str(), " %*d: %127s %*s %x %*s %*s %*s %*u %*u %lu", local.data(), &state, &inode);
    constexpr unsigned kListen = 0x0A;
    if (fields != 3 || state != kListen) continue;
    const std::string text(local.data());
    const auto colon = text.rfind(':');
    if (colon == std::string::npos || text.substr(colon + 1) != fmt::format("{:04X}", port)) continue;
    return std::to_string(inode);
  }
  return {};
}

bool HoldsSocket(const fs::path& process, const std::string& inode) {
  std::error_code error;
  const std::string wanted = "socket:[" + inode + "]";
  for (fs::directory_iterator it(process / "fd", error), end; !error && it != end; it.increment(error)) {
    std::error_code ignored;
    if (fs::read_symlink(it->path(), ignored) == wanted) return true;
  }
  return false;
}

}  // namespace

std::string PortOwner(std::uint16_t port) {
  std::string inode = ListeningInode("/proc/net/tcp", port);
  if (inode.empty()) inode = ListeningInode("/proc/net/tcp6", port);
  if (inode.empty()) return {};
  std::error_code error;
  for (fs::directory_iterator it("/proc", error), end; !error && it != end; it.increment(error)) {
    const std::string pid = it->path().filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos || !HoldsSocket(it->path(), inode)) continue;
    std::string name;
    std::ifstream comm(it->path() / "comm");
    std::getline(comm, name);
    return fmt::format("{} (pid {})", name, pid);
  }
  return {};
}

}  // namespace floe::net
