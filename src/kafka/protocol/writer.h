// SPDX-License-Identifier: Apache-2.0
// Encodes the protocol's primitive types; record batches stay where they are and go out by gather write.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kafka/protocol/records.h"
#include "kafka/protocol/uuid.h"

namespace floe::kafka {

/// Foreign bytes that belong before `position` of the writer's own bytes.
struct Slice {
  std::size_t position = 0;
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
  std::shared_ptr<const StoredRecords> stored;  ///< instead of the bytes

  std::size_t size() const { return stored ? stored->size() : bytes.size(); }
};

/// A message ready for the socket: `head`, with the slices at their positions.
struct Encoded {
  std::string head;
  std::vector<Slice> slices;

  std::size_t size() const;
  /// Calls `part(bytes, stored)` in the order of the wire: with bytes, or with stored records instead of them.
  template <typename Part>
  void ForEachPart(Part part) const {
    const auto own = std::as_bytes(std::span(head));
    std::size_t from = 0;
    for (const auto& slice : slices) {
      part(own.subspan(from, slice.position - from), nullptr);
      part(slice.bytes, slice.stored.get());
      from = slice.position;
    }
    part(own.subspan(from), nullptr);
  }
  /// Everything in one string; tests and small messages. Stored records must be readable.
  std::string Flatten() const;
};

/// Never fails: lengths are those of live objects.
class Writer {
 public:
  void Bool(bool value) { Int8(value ? 1 : 0); }
  void Int8(std::int8_t value) { out_.head.push_back(static_cast<char>(value)); }
  void Int16(std::int16_t value);
  void Int32(std::int32_t value);
  void Int64(std::int64_t value);
  void UnsignedVarint(std::uint32_t value);
  void Uuid(const kafka::Uuid& value);
  void String(std::string_view value, bool flexible);
  void NullableString(const std::optional<std::string>& value, bool flexible);
  void Bytes(std::string_view value, bool flexible);
  void NullableBytes(const std::optional<std::string>& value, bool flexible);
  /// Copies small record sets and those without an owner; refers to the others, and to stored ones.
  void Records(const kafka::Records& value, bool flexible);
  /// -1 is null.
  void ArrayLength(std::int64_t count, bool flexible);
  /// One tagged field with the bytes of `value`, which holds no slices.
  void Tag(std::uint32_t tag, const Writer& value);
  /// Sets four bytes that were written before: a frame's length.
  void PatchInt32(std::size_t position, std::int32_t value);

  std::size_t size() const { return out_.size(); }
  Encoded Finish() && { return std::move(out_); }

 private:
  /// `wide` lengths are 32-bit in the old form, else 16-bit; -1 is null.
  void Length(std::int64_t length, bool flexible, bool wide);

  Encoded out_;
};

}  // namespace floe::kafka
