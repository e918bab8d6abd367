// SPDX-License-Identifier: Apache-2.0
// Record batches inside a message: bytes seen, never copied.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

namespace floe::kafka {

/// A view of whole record batches. Decoded from a request it points into the request's frame (and the frame must
/// outlive it); in a response `owner` keeps the bytes alive until they are written. Mutable, since an append patches
/// batch headers in place.
struct Records {
  std::span<std::byte> bytes;
  std::shared_ptr<const void> owner;
  bool null = false;

  friend bool operator==(const Records& a, const Records& b) {
    return a.null == b.null && std::ranges::equal(a.bytes, b.bytes);
  }
};

}  // namespace floe::kafka
