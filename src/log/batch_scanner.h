// SPDX-License-Identifier: Apache-2.0
// Walks the batches of a segment file, headers only or whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/result.h"
#include "kafka/protocol/record_batch.h"

namespace floe::io {
class ReadableFile;
}

namespace floe::log {

/// One thread at a time; `file` must outlive it.
class BatchScanner {
 public:
  /// kHeaders reads headers and jumps over the rest; kWhole reads everything, in large pieces, and checks the CRC.
  enum class Depth : std::uint8_t { kHeaders, kWhole };

  struct Item {
    std::uint64_t position = 0;
    kafka::BatchHeader header;
    std::span<const std::byte> bytes;  ///< the whole batch with kWhole, else empty; valid until the next call
  };

  /// Looks at [position, end) of the file.
  BatchScanner(const io::ReadableFile& file, Depth depth, std::uint64_t position, std::uint64_t end);

  /// nullopt at the end. kCorruption when what follows is no whole batch: position() is where it stands. kIo.
  Result<std::optional<Item>> Next();
  std::uint64_t position() const { return position_; }
  /// Goes on elsewhere.
  void JumpTo(std::uint64_t position) { position_ = position; }

 private:
  /// Makes the next `size` bytes available in the buffer; false when the file ends before.
  Result<bool> Fill(std::size_t size);

  const io::ReadableFile& file_;
  const Depth depth_;
  std::uint64_t position_;
  const std::uint64_t end_;
  std::string buffer_;
  std::uint64_t buffer_position_ = 0;
  std::size_t buffer_used_ = 0;
};

}  // namespace floe::log
