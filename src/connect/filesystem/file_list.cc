// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include <fmt/format.h>

#include "connect/filesystem/filesystem_internal.h"

namespace floe::connect::filesystem {
namespace {

bool Matches(std::string_view pattern, std::string_view name) {
  // Greedy with one step of memory: on a mismatch the last '*' takes one character more.
  std::size_t p = 0, n = 0, star = std::string_view::npos, retry = 0;
  while (n < name.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::string Unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && std::isxdigit(static_cast<unsigned char>(text[i + 1])) &&
        std::isxdigit(static_cast<unsigned char>(text[i + 2]))) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Status Walk(io::FileSystem& files, const std::string& directory,
            const std::vector<std::pair<std::string, std::string>>& partition, std::vector<InputFile>& out) {
  FLOE_TRY(std::vector<io::FileInfo> entries, files.List(directory));
  std::ranges::sort(entries, {}, &io::FileInfo::name);
  for (const io::FileInfo& entry : entries) {
    if (entry.name.starts_with('.') || entry.name.starts_with('_')) continue;
    std::string path = directory + "/" + entry.name;
    if (!entry.is_directory) {
      out.push_back({path, partition});
      continue;
    }
    auto deeper = partition;
    if (std::size_t equals = entry.name.find('='); equals != std::string::npos) {
      deeper.emplace_back(entry.name.substr(0, equals), Unescape(std::string_view(entry.name).substr(equals + 1)));
    }
    FLOE_TRY_VOID(Walk(files, path, deeper, out));
  }
  return {};
}

}  // namespace

Result<std::string> LocalPath(const std::string& path) {
  std::string out = path;
  if (out.starts_with("file:")) {
    out = out.substr(5);
    while (out.starts_with("//")) out.erase(0, 1);
  } else if (out.find("://") != std::string::npos) {
    return Fail(ErrorKind::kNotSupported, fmt::format("option 'path' = '{}': only local files are built", path));
  }
  if (!out.starts_with('/'))
    return Fail(ErrorKind::kInvalidInput, fmt::format("option 'path' = '{}': expected an absolute path", path));
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return out;
}

Result<std::vector<InputFile>> ListFiles(io::FileSystem& files, const std::string& path) {
  std::vector<InputFile> out;
  std::size_t slash = path.rfind('/');
  std::string directory = path.substr(0, slash);
  std::string name = path.substr(slash + 1);
  if (name.find_first_of("*?") != std::string::npos) {
    FLOE_TRY(std::vector<io::FileInfo> entries, files.List(directory.empty() ? "/" : directory));
    for (const io::FileInfo& entry : entries) {
      if (!entry.is_directory && Matches(name, entry.name)) out.push_back({directory + "/" + entry.name, {}});
    }
    std::ranges::sort(out, {}, &InputFile::path);
    return out;
  }
  FLOE_TRY(bool exists, files.Exists(path));
  if (!exists) return Fail(ErrorKind::kNotFound, fmt::format("'{}' does not exist", path));
  if (auto listed = files.List(path); listed) {
    FLOE_TRY_VOID(Walk(files, path, {}, out));
  } else {
    out.push_back({path, {}});
  }
  return out;
}

std::string PartitionPath(const std::vector<std::pair<std::string, std::string>>& partition) {
  std::string out;
  for (const auto& [key, value] : partition) {
    if (!out.empty()) out += '/';
    out += key + "=";
    for (unsigned char c : value) {
      bool escape = c < 0x20 || c == 0x7F ||
                    std::string_view("\"#%'*/:=?\\{[]^").find(static_cast<char>(c)) != std::string_view::npos;
      out += escape ? fmt::format("%{:02X}", c) : std::string(1, static_cast<char>(c));
    }
  }
  return out;
}

}  // namespace floe::connect::filesystem
