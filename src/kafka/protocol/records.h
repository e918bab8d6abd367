// SPDX-License-Identifier: Apache-2.0
// Record batches inside a message: bytes seen, never copied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "base/result.h"

namespace floe::kafka {

/// Record batches of a response that are read from where they are stored while it is sent, a piece at a time.
/// Thread-safe.
class StoredRecords {
 public:
  static constexpr std::size_t kBlock = 4096;

  virtual ~StoredRecords() = default;
  virtual std::size_t size() const = 0;
  /// Fills `out` from `position`, or fails: never part of it. Blocks on the disk.
  virtual Status Read(std::size_t position, std::span<std::byte> out) const = 0;
  /// Reads what follows `position` into `buffer` (address and size: multiples of kBlock) and returns the part of it
  /// that holds the bytes: all that is left, or nearly a buffer full. Blocks on the disk.
  virtual Result<std::span<const std::byte>> ReadPiece(std::size_t position, std::span<std::byte> buffer) const = 0;
};

/// A view of whole record batches. Decoded from a request it points into the request's frame (and the frame must
/// outlive it); in a response `owner` keeps the bytes alive until they are written. Mutable, since an append patches
/// batch headers in place. Or, in a response only, `stored` and no bytes.
struct Records {
  std::span<std::byte> bytes;
  std::shared_ptr<const void> owner;
  std::shared_ptr<const StoredRecords> stored;
  bool null = false;

  std::size_t size() const { return stored ? stored->size() : bytes.size(); }

  friend bool operator==(const Records& a, const Records& b) {
    return a.null == b.null && a.stored == b.stored && std::ranges::equal(a.bytes, b.bytes);
  }
};

}  // namespace floe::kafka
