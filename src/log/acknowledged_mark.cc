// SPDX-License-Identifier: Apache-2.0
// Offset and checksum in one small write.
#include "log/acknowledged_mark.h"

#include <array>
#include <cstdint>

#include "base/crc32c.h"
#include "io/file_system.h"
#include "log/big_endian.h"

namespace floe::log {
namespace {

constexpr std::size_t kOffsetBytes = 8;
constexpr std::size_t kMarkBytes = 12;

std::string PathOf(const std::string& directory) {
  return directory + "/acknowledged";
}

}  // namespace

AcknowledgedMark::AcknowledgedMark() = default;
AcknowledgedMark::AcknowledgedMark(AcknowledgedMark&&) noexcept = default;
AcknowledgedMark& AcknowledgedMark::operator=(AcknowledgedMark&&) noexcept = default;
AcknowledgedMark::~AcknowledgedMark() = default;

AcknowledgedMark::AcknowledgedMark(io::FileSystem& files, const std::string& directory) {
  if (auto file = files.OpenWritable(PathOf(directory), /*truncate=*/false)) file_ = std::move(*file);
}

void AcknowledgedMark::Write(Offset offset) {
  if (!file_) return;
  std::string mark;
  PutBig(mark, offset.value());
  PutBig(mark, Crc32c(std::as_bytes(std::span(mark))));
  (void)file_->WriteAt(0, std::as_bytes(std::span(mark)));
}

Offset AcknowledgedMark::Read(io::FileSystem& files, const std::string& directory) {
  auto file = files.OpenReadable(PathOf(directory));
  if (!file) return Offset(0);
  std::array<std::byte, kMarkBytes> bytes{};
  auto n = (*file)->ReadAt(0, bytes);
  const bool whole = n && *n == kMarkBytes &&
                     GetBig<std::uint32_t>(bytes.data() + kOffsetBytes) == Crc32c(std::span(bytes).first(kOffsetBytes));
  return Offset(whole ? GetBig<std::int64_t>(bytes.data()) : 0);
}

}  // namespace floe::log
