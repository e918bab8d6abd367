// SPDX-License-Identifier: Apache-2.0
// Bytes of operator state: little-endian fields behind a magic, a version and a CRC (docs/format/checkpoint-state.md).
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/result.h"

namespace floe::stream {

/// Appends fields; Finish wraps them.
class StateWriter {
 public:
  template <typename T>
    requires std::is_trivially_copyable_v<T>
  void Put(T value) {
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T));
  }
  /// Length, then bytes.
  void PutBytes(std::string_view bytes) {
    Put<std::uint64_t>(bytes.size());
    bytes_.append(bytes);
  }
  /// Magic, version, length, payload, CRC-32 of all before it.
  std::string Finish() const;

 private:
  std::string bytes_;
};

/// Reads what a StateWriter wrote. Every Get checks what is left; lengths are checked before anything is allocated.
class StateReader {
 public:
  /// Checks magic, version, length and CRC. kCorruption; kFailedPrecondition for a newer version. `bytes` outlives the
  /// reader.
  static Result<StateReader> Open(std::string_view bytes);

  template <typename T>
    requires std::is_trivially_copyable_v<T>
  Result<T> Get() {
    if (rest_.size() < sizeof(T)) return Truncated();
    T value;
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  /// Valid as long as the reader's bytes.
  Result<std::string_view> GetBytes();
  /// A number of things of at least `item_size` bytes each that follow.
  Result<std::uint64_t> GetCount(std::size_t item_size);
  bool AtEnd() const { return rest_.empty(); }

 private:
  explicit StateReader(std::string_view payload) : rest_(payload) {}
  static std::unexpected<Error> Truncated();
  std::string_view rest_;
};

}  // namespace floe::stream
