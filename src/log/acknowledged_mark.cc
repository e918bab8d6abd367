// SPDX-License-Identifier: Apache-2.0
// Offset and checksum in one small write.
#include "log/acknowledged_mark.h"

#include <array>
#include <cstdint>

#include "base/crc32c.h"
#include "io/file_system.h"

namespace floe::log {
namespace {

constexpr std::size_t kOffsetBytes = 8;
constexpr std::size_t kMarkBytes = 12;

std::string PathOf(const std::string& directory) {
  return directory + "/acknowledged";
}

std::uint64_t BigEndian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint64_t>(byte);
  return value;
}

void PutBigEndian(std::uint64_t value, std::span<std::byte> out) {
  for (std::size_t i = out.size(); i-- > 0; value >>= 8) out[i] = static_cast<std::byte>(value & 0xff);
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
  std::array<std::byte, kMarkBytes> bytes{};
  const std::span<std::byte> all(bytes);
  PutBigEndian(static_cast<std::uint64_t>(offset.value()), all.first(kOffsetBytes));
  PutBigEndian(Crc32c(all.first(kOffsetBytes)), all.subspan(kOffsetBytes));
  (void)file_->WriteAt(0, bytes);
}

Offset AcknowledgedMark::Read(io::FileSystem& files, const std::string& directory) {
  auto file = files.OpenReadable(PathOf(directory));
  if (!file) return Offset(0);
  std::array<std::byte, kMarkBytes> bytes{};
  auto n = (*file)->ReadAt(0, bytes);
  const std::span<const std::byte> all(bytes);
  if (!n || *n != kMarkBytes || BigEndian(all.subspan(kOffsetBytes)) != Crc32c(all.first(kOffsetBytes)))
    return Offset(0);
  return Offset(static_cast<std::int64_t>(BigEndian(all.first(kOffsetBytes))));
}

}  // namespace floe::log
