// SPDX-License-Identifier: Apache-2.0
#include "stream/state/state_io.h"

#include <fmt/format.h>
#include <zlib.h>

namespace floe::stream {
namespace {

constexpr char kMagic[4] = {'F', 'L', 'S', 'T'};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeader = sizeof(kMagic) + sizeof(kVersion) + sizeof(std::uint64_t);

std::uint32_t Crc(std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

template <typename T>
T Load(std::string_view bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

}  // namespace

std::string StateWriter::Finish() const {
  StateWriter whole;
  whole.bytes_.reserve(kHeader + bytes_.size() + sizeof(std::uint32_t));
  whole.bytes_.append(kMagic, sizeof(kMagic));
  whole.Put(kVersion);
  whole.PutBytes(bytes_);
  whole.Put(Crc(whole.bytes_));
  return std::move(whole.bytes_);
}

Result<StateReader> StateReader::Open(std::string_view bytes) {
  if (bytes.size() < kHeader + sizeof(std::uint32_t) || std::memcmp(bytes.data(), kMagic, sizeof(kMagic)) != 0) {
    return Fail(ErrorKind::kCorruption, "checkpoint state does not begin with its magic number");
  }
  const auto version = Load<std::uint32_t>(bytes, sizeof(kMagic));
  const auto length = Load<std::uint64_t>(bytes, sizeof(kMagic) + sizeof(kVersion));
  const std::size_t present = bytes.size() - kHeader - sizeof(std::uint32_t);
  if (length != present) {
    return Fail(ErrorKind::kCorruption, fmt::format("checkpoint state says {} bytes and has {}", length, present));
  }
  const std::string_view covered = bytes.substr(0, kHeader + length);
  if (Crc(covered) != Load<std::uint32_t>(bytes, covered.size())) {
    return Fail(ErrorKind::kCorruption, "checkpoint state fails its CRC");
  }
  if (version > kVersion) {
    return Fail(ErrorKind::kFailedPrecondition,
                fmt::format("checkpoint state has version {}, this program reads up to {}; run the newer Floe", version,
                            kVersion));
  }
  return StateReader(bytes.substr(kHeader, length));
}

std::unexpected<Error> StateReader::Truncated() {
  return Fail(ErrorKind::kCorruption, "checkpoint state ends in the middle of a field");
}

Result<std::string_view> StateReader::GetBytes() {
  FLOE_TRY(auto length, Get<std::uint64_t>());
  if (length > rest_.size()) return Truncated();
  const std::string_view bytes = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return bytes;
}

Result<std::uint64_t> StateReader::GetCount(std::size_t item_size) {
  FLOE_TRY(auto count, Get<std::uint64_t>());
  if (item_size > 0 && count > rest_.size() / item_size) return Truncated();
  return count;
}

}  // namespace floe::stream
