// SPDX-License-Identifier: Apache-2.0
// A hash table from key bytes to a fixed-size payload whose address never changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace floe::stream {

/// Memory in blocks, freed all at once; single rows can be given back and are reused by size class. 16-byte aligned.
class RowArena {
 public:
  std::byte* Allocate(std::size_t size);
  void Free(std::byte* row, std::size_t size);
  std::size_t allocated_bytes() const { return allocated_; }

 private:
  static constexpr std::size_t kClasses =
      64;  // of 16 bytes each; larger rows have blocks of their own and are not reused
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t next_block_ = 1024;
  std::size_t allocated_ = 0;
  std::byte* free_[kClasses + 1] = {};
};

std::uint64_t HashBytes(std::string_view bytes);

/// Open addressing with linear probing; a slot is the row's address with 16 bits of the hash on top, so that most
/// misses touch no row. Payloads are zeroed when made; whoever owns the table destroys what they hold before it goes.
class GroupTable {
 public:
  explicit GroupTable(std::size_t payload_size) : payload_size_(payload_size) {}
  GroupTable(const GroupTable&) = delete;
  GroupTable& operator=(const GroupTable&) = delete;

  /// For each of `rows` (indexes into keys and hashes) the payload goes to `payloads`. Positions (into `rows`) that
  /// made a new group are appended to `created`.
  void FindOrInsert(const std::vector<std::string_view>& keys, const std::vector<std::uint64_t>& hashes,
                    std::span<const std::uint32_t> rows, std::byte** payloads, std::vector<std::uint32_t>& created);
  std::byte* FindOrInsert(std::string_view key, std::uint64_t hash, bool& created);
  /// Removes the group the payload belongs to; its memory is reused.
  void Erase(std::byte* payload);

  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const { return arena_.allocated_bytes() + slots_.capacity() * sizeof(std::uint64_t); }
  static std::string_view KeyOf(const std::byte* payload, std::size_t payload_size);
  std::string_view KeyOf(const std::byte* payload) const { return KeyOf(payload, payload_size_); }

  template <typename Fn>
  void ForEach(Fn&& fn) const {
    for (std::uint64_t slot : slots_) {
      if (slot != 0) fn(PayloadOf(RowOf(slot)));
    }
  }

 private:
  struct Header {
    std::uint64_t hash;
    std::uint32_t key_size;
    std::uint32_t unused;
  };
  static_assert(sizeof(Header) == 16);
  static constexpr std::uint64_t kPointerMask = (std::uint64_t{1} << 48) - 1;
  static std::byte* RowOf(std::uint64_t slot) { return reinterpret_cast<std::byte*>(slot & kPointerMask); }
  static std::byte* PayloadOf(std::byte* row) { return row + sizeof(Header); }
  static const Header& HeaderOf(const std::byte* payload) {
    return *reinterpret_cast<const Header*>(payload - sizeof(Header));
  }
  std::byte* NewRow(std::string_view key, std::uint64_t hash);
  void Grow(std::size_t wanted);

  std::size_t payload_size_;
  RowArena arena_;
  std::vector<std::uint64_t> slots_;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

}  // namespace floe::stream
