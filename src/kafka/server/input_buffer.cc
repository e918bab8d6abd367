// SPDX-License-Identifier: Apache-2.0
#include "kafka/server/input_buffer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace floe::kafka {

std::span<std::byte> InputBuffer::Room(std::size_t size) {
  if (capacity_ - begin_ < size) {
    std::memmove(memory(), memory() + begin_, end_ - begin_);
    end_ -= std::exchange(begin_, 0);
  }
  const std::size_t to = capacity_ <= kGrain ? capacity_ : std::min(capacity_, begin_ + std::max(size, kOwn));
  return {memory() + end_, to - end_};
}

void InputBuffer::Consume(std::size_t bytes) {
  begin_ += bytes;
  if (begin_ == end_) begin_ = end_ = 0;
}

void InputBuffer::MoveTo(std::unique_ptr<std::byte[]> memory, std::size_t capacity) {
  const auto kept = received();
  std::byte* to = memory ? memory.get() : own_.data();
  if (!kept.empty()) std::memmove(to, kept.data(), kept.size());
  end_ = kept.size();
  begin_ = 0;
  given_ = std::move(memory);
  capacity_ = capacity;
}

}  // namespace floe::kafka
