// SPDX-License-Identifier: Apache-2.0
#include "log/log_start.h"

#include <charconv>
#include <span>

#include <fmt/format.h>

#include "base/crc32c.h"
#include "base/logging.h"
#include "io/file_system.h"

namespace floe::log {
namespace {

constexpr std::string_view kVersion = "floe-log-start 1 ";

std::string PathIn(const std::string& directory) {
  return directory + "/log-start";
}

}  // namespace

std::string EncodeLogStart(Offset offset) {
  std::string text = fmt::format("{}{}", kVersion, offset.value());
  return fmt::format("{} {:08x}\n", text, Crc32c(std::as_bytes(std::span(text))));
}

Result<Offset> ParseLogStart(std::string_view text) {
  std::int64_t value = -1;
  if (text.starts_with(kVersion)) {
    std::string_view rest = text.substr(kVersion.size());
    std::from_chars(rest.data(), rest.data() + rest.size(), value);
  }
  // One way to write a number: what does not come out the same was not written here.
  if (value < 0 || EncodeLogStart(Offset(value)) != text)
    return Fail(ErrorKind::kCorruption, "the file log-start is damaged");
  return Offset(value);
}

Result<Offset> ReadLogStart(io::FileSystem& files, const std::string& directory) {
  FLOE_TRY(bool exists, files.Exists(PathIn(directory)));
  if (!exists) return Offset(0);
  FLOE_TRY(std::string text, io::ReadFile(files, PathIn(directory)));
  auto offset = ParseLogStart(text);
  if (offset) return *offset;
  logging::Warn("log", "deleted records come back: the file that names the log start is damaged",
                {{"file", PathIn(directory)}});
  return Offset(0);
}

Status WriteLogStart(io::FileSystem& files, const std::string& directory, Offset offset) {
  return io::WriteFileDurably(files, PathIn(directory), EncodeLogStart(offset));
}

}  // namespace floe::log
