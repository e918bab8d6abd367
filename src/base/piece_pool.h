// SPDX-License-Identifier: Apache-2.0
// Memory that bytes pass through on their way from the disk to a socket or a decoder.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

namespace floe {

/// Thread-safe. Pieces are used again while they are warm: fresh memory costs more than the bytes that go through it.
/// The caller accounts for what it holds.
class PiecePool {
  struct Free {
    std::size_t bytes;
    void operator()(std::byte* memory) const;
  };
  using Memory = std::unique_ptr<std::byte, Free>;

 public:
  static constexpr std::size_t kHugePage = 2U << 20;
  static constexpr std::size_t kPage = 4096;

  /// Of `bytes` each (whole pages), aligned to a page: to a huge one when they are at least as large.
  explicit PiecePool(std::size_t bytes) : bytes_(bytes) {}

  /// Goes back to its pool, which must outlive it. Move-only.
  class Piece {
   public:
    Piece(Piece&& other) noexcept : pool_(other.pool_), memory_(std::move(other.memory_)) {}
    Piece& operator=(Piece&&) = delete;
    ~Piece() {
      if (memory_) pool_.Give(std::move(memory_));
    }
    std::span<std::byte> bytes() const { return {memory_.get(), pool_.bytes_}; }

   private:
    friend class PiecePool;
    Piece(PiecePool& pool, Memory memory) : pool_(pool), memory_(std::move(memory)) {}
    PiecePool& pool_;
    Memory memory_;
  };

  std::size_t piece_bytes() const { return bytes_; }
  Piece Take();
  /// Lets go of what was not needed since the last call; call it every few seconds.
  void Trim();
  std::size_t kept() const;

 private:
  void Give(Memory memory) noexcept;
  Memory Map() const;

  const std::size_t bytes_;
  mutable std::mutex mu_;
  std::vector<Memory> free_;  // guarded by mu_; the last was used last; has room for those that are out
  std::size_t out_ = 0;       // guarded by mu_
  std::size_t idle_ = 0;      // guarded by mu_; so many in front were free since the last Trim
};

}  // namespace floe
