// SPDX-License-Identifier: Apache-2.0
// Sends answers whose records are still on the disk, a piece at a time.
#pragma once

#include <span>
#include <vector>

#include "base/piece_pool.h"
#include "base/result.h"
#include "kafka/protocol/writer.h"
#include "net/tcp.h"

namespace floe::kafka {

/// One thread at a time. An answer of many megabytes takes one piece of memory; what stands before, between and behind
/// its records leaves in the same calls.
class AnswerSender {
 public:
  /// The messages outlive it.
  AnswerSender(std::span<const Encoded> messages, PiecePool::Piece piece);

  struct Progress {
    std::size_t bytes = 0;
    bool done = false;
  };
  /// Reads and sends until all is sent or the socket is full. Blocks on the disk, never on the client. kUnavailable
  /// (the client is gone), kIo, kCorruption: then the answer cannot be completed.
  Result<Progress> Run(const net::SocketDescriptor& socket);

 private:
  struct Part {
    std::span<const std::byte> bytes;
    const StoredRecords* stored = nullptr;
  };
  /// The next bytes in order, as many as the piece holds.
  Status Load();
  void Sent(std::size_t bytes);

  std::vector<Part> parts_;
  std::size_t next_ = 0;      // of parts_
  std::size_t position_ = 0;  // in it
  std::vector<std::span<const std::byte>> ready_;
  std::size_t first_ = 0;  // of ready_
  PiecePool::Piece piece_;
};

}  // namespace floe::kafka
