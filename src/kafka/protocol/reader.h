// SPDX-License-Identifier: Apache-2.0
// Decodes the protocol's primitive types from a frame.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "kafka/protocol/records.h"
#include "kafka/protocol/uuid.h"

namespace floe::kafka {

/// Errors stick: after the first one every read returns a default value and ok() is false, so that generated code needs
/// no branches. Every length is checked against what is left before memory is taken. `flexible` chooses the compact
/// forms (KIP-482).
class Reader {
 public:
  /// The bytes must outlive the reader and every Records read from it.
  explicit Reader(std::span<std::byte> bytes)
      : begin_(bytes.data()), at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const { return error_ == nullptr; }
  /// kInvalidInput that names what was wrong and where.
  Status status() const;
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  std::size_t position() const { return static_cast<std::size_t>(at_ - begin_); }

  bool Bool() { return Int8() != 0; }
  std::int8_t Int8();
  std::int16_t Int16();
  std::int32_t Int32();
  std::int64_t Int64();
  std::uint32_t UnsignedVarint();
  kafka::Uuid Uuid();
  std::string String(bool flexible);
  std::optional<std::string> NullableString(bool flexible);
  std::string Bytes(bool flexible);
  std::optional<std::string> NullableBytes(bool flexible);
  kafka::Records Records(bool flexible);
  /// -1 is null. At most remaining() / `element_size`.
  std::int32_t ArrayLength(bool flexible, bool nullable, std::size_t element_size);
  void Skip(std::size_t count) { Take(count); }
  /// `what` must be a literal.
  void Fail(const char* what);

 private:
  /// nullptr (and the error set) when fewer bytes are left.
  std::byte* Take(std::size_t count);
  template <typename T>
  T BigEndian();
  /// -1 is null; `wide` lengths are 32-bit in the old form, else 16-bit.
  std::int64_t Length(bool flexible, bool wide);

  std::byte* begin_;
  std::byte* at_;
  std::byte* end_;
  const char* error_ = nullptr;
  std::size_t error_position_ = 0;
};

/// Walks the tagged fields that end a flexible struct: ascending tags, each exactly as long as it says.
///   for (TagReader tags(reader); tags.Next();) switch (tags.tag()) { ...; default: tags.Skip(); }
class TagReader {
 public:
  explicit TagReader(Reader& reader) : reader_(reader), left_(reader.UnsignedVarint()) {}
  bool Next();
  std::uint32_t tag() const { return static_cast<std::uint32_t>(tag_); }
  void Skip() { reader_.Skip(size_); }

 private:
  Reader& reader_;
  std::uint32_t left_;
  std::int64_t tag_ = -1;
  std::size_t size_ = 0;
  std::size_t end_ = 0;
};

}  // namespace floe::kafka
