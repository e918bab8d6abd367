// SPDX-License-Identifier: Apache-2.0
// What a connection has received and not handled yet.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

namespace floe::kafka {

/// The bytes of the request at the front, and of those behind it that came along. Requests are handled where they were
/// received; only what is in front of too little room moves. Its own 4 KiB serve small requests, larger memory is given
/// to it. Not thread-safe.
class InputBuffer {
 public:
  static constexpr std::size_t kOwn = 4096;
  /// Memory up to this size is filled with whatever comes. Larger memory is for one request: nothing behind it, so that
  /// it can be given back between any two.
  static constexpr std::size_t kGrain = 64U << 10;

  std::size_t capacity() const { return capacity_; }
  std::span<std::byte> received() { return {memory() + begin_, end_ - begin_}; }
  /// Not empty: where to receive, so that the front can become `size` bytes. received().size() < size <= capacity().
  std::span<std::byte> Room(std::size_t size);
  void Received(std::size_t bytes) { end_ += bytes; }
  /// The front is done with. `bytes` <= received().size().
  void Consume(std::size_t bytes);
  /// From now on in this memory; null: in its own. received().size() <= capacity.
  void MoveTo(std::unique_ptr<std::byte[]> memory, std::size_t capacity = kOwn);

 private:
  std::byte* memory() { return given_ ? given_.get() : own_.data(); }

  std::array<std::byte, kOwn> own_;
  std::unique_ptr<std::byte[]> given_;
  std::size_t capacity_ = kOwn;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace floe::kafka
