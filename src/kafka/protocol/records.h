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
  virtual ~StoredRecords() = default;
  virtual std::size_t size() const = 0;
  /// Fills `out` from `position`, or fails: never part of it. Blocks on the disk.
  virtual Status Read(std::size_t position, std::span<std::byte> out) const = 0;
  /// Hands what follows `position` to a non-blocking socket without copying it, until the socket is full. Returns how
  /// many bytes that were. Blocks on the disk. kNotSupported: only Read works.
  virtual Result<std::size_t> SendTo(int /*socket*/, std::size_t /*position*/) const {
    return Fail(ErrorKind::kNotSupported, "these records cannot be sent from where they are");
  }
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
