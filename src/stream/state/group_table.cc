// SPDX-License-Identifier: Apache-2.0
#include "stream/state/group_table.h"

#include <algorithm>
#include <cstring>

#include "base/result.h"

namespace floe::stream {
namespace {

std::size_t RoundUp(std::size_t size) {
  return (size + 15) & ~std::size_t{15};
}

std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t Read(const char* at, std::size_t size) {
  std::uint64_t value = 0;
  std::memcpy(&value, at, size);
  return value;
}

}  // namespace

std::uint64_t HashBytes(std::string_view bytes) {
  constexpr std::uint64_t kA = 0x9e3779b97f4a7c15, kB = 0xe7037ed1a0b428db;
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t hash = left * kA;
  while (left > 8) {
    hash = Mix(hash ^ Read(at, 8), kB);
    at += 8;
    left -= 8;
  }
  hash = Mix(hash ^ Read(at, left), kA);
  return Mix(hash, kB);
}

std::byte* RowArena::Allocate(std::size_t size) {
  size = RoundUp(size);
  const std::size_t size_class = size / 16;
  if (size_class <= kClasses && free_[size_class] != nullptr) {
    std::byte* row = free_[size_class];
    std::memcpy(&free_[size_class], row, sizeof(row));
    return row;
  }
  if (size > left_) {
    next_block_ = std::min<std::size_t>(next_block_ * 2, std::size_t{1} << 20);
    const std::size_t block = std::max(next_block_, size);
    blocks_.push_back(std::make_unique_for_overwrite<std::byte[]>(block));
    next_ = blocks_.back().get();
    left_ = block;
    allocated_ += block;
  }
  std::byte* row = next_;
  next_ += size;
  left_ -= size;
  return row;
}

void RowArena::Free(std::byte* row, std::size_t size) {
  const std::size_t size_class = RoundUp(size) / 16;
  if (size_class > kClasses) return;
  std::memcpy(row, &free_[size_class], sizeof(row));
  free_[size_class] = row;
}

std::string_view GroupTable::KeyOf(const std::byte* payload, std::size_t payload_size) {
  return {reinterpret_cast<const char*>(payload + payload_size), HeaderOf(payload).key_size};
}

std::byte* GroupTable::NewRow(std::string_view key, std::uint64_t hash) {
  std::byte* row = arena_.Allocate(sizeof(Header) + payload_size_ + key.size());
  const Header header{hash, static_cast<std::uint32_t>(key.size()), 0};
  std::memcpy(row, &header, sizeof(header));
  std::memset(PayloadOf(row), 0, payload_size_);
  std::memcpy(PayloadOf(row) + payload_size_, key.data(), key.size());
  return row;
}

void GroupTable::Grow(std::size_t wanted) {
  if (wanted * 2 <= slots_.size()) return;
  std::size_t capacity = std::max<std::size_t>(slots_.size(), 32);
  while (capacity < wanted * 2) capacity *= 2;
  std::vector<std::uint64_t> old(capacity, 0);
  old.swap(slots_);
  mask_ = capacity - 1;
  for (std::uint64_t slot : old) {
    if (slot == 0) continue;
    std::size_t at = HeaderOf(PayloadOf(RowOf(slot))).hash & mask_;
    while (slots_[at] != 0) at = (at + 1) & mask_;
    slots_[at] = slot;
  }
}

std::byte* GroupTable::FindOrInsert(std::string_view key, std::uint64_t hash, bool& created) {
  created = false;
  if ((size_ + 1) * 2 > slots_.size()) Grow(size_ + 1);
  const std::uint64_t salt = hash & ~kPointerMask;
  std::size_t at = hash & mask_;
  for (;; at = (at + 1) & mask_) {
    const std::uint64_t slot = slots_[at];
    if (slot == 0) break;
    if ((slot & ~kPointerMask) != salt) continue;
    std::byte* payload = PayloadOf(RowOf(slot));
    if (KeyOf(payload) == key) return payload;
  }
  std::byte* row = NewRow(key, hash);
  slots_[at] = salt | reinterpret_cast<std::uint64_t>(row);
  ++size_;
  created = true;
  return PayloadOf(row);
}

void GroupTable::FindOrInsert(const std::vector<std::string_view>& keys, const std::vector<std::uint64_t>& hashes,
                              std::span<const std::uint32_t> rows, std::byte** payloads,
                              std::vector<std::uint32_t>& created) {
  // Above the caches' size a prefetch some rows ahead hides the miss on the slot.
  constexpr std::size_t kAhead = 8;
  const bool prefetch = slots_.size() > (std::size_t{1} << 15);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (prefetch && i + kAhead < rows.size()) __builtin_prefetch(&slots_[hashes[rows[i + kAhead]] & mask_]);
    bool is_new = false;
    payloads[i] = FindOrInsert(keys[rows[i]], hashes[rows[i]], is_new);
    if (is_new) created.push_back(static_cast<std::uint32_t>(i));
  }
}

void GroupTable::Erase(std::byte* payload) {
  const Header header = HeaderOf(payload);
  std::byte* row = payload - sizeof(Header);
  std::size_t hole = header.hash & mask_;
  while (RowOf(slots_[hole]) != row) {
    FLOE_DCHECK(slots_[hole] != 0);
    hole = (hole + 1) & mask_;
  }
  // Close the gap: move back every later member of the run that may stand nearer to its home.
  for (std::size_t at = (hole + 1) & mask_; slots_[at] != 0; at = (at + 1) & mask_) {
    const std::size_t home = HeaderOf(PayloadOf(RowOf(slots_[at]))).hash & mask_;
    if (((at - home) & mask_) >= ((at - hole) & mask_)) {
      slots_[hole] = slots_[at];
      hole = at;
    }
  }
  slots_[hole] = 0;
  --size_;
  arena_.Free(row, sizeof(Header) + payload_size_ + header.key_size);
}

}  // namespace floe::stream
