// SPDX-License-Identifier: Apache-2.0
// Thrift's compact protocol, as far as the heads and footers of Parquet files need it; writing only.
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace floe::duck {

/// Seven bits a byte, the lowest first: as Thrift and Parquet's run lengths have it.
inline void PutVarint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

/// Appends to a string that outlives it. Fields of a struct are put in the order of their ids.
class CompactWriter {
 public:
  enum class Element : std::uint8_t { kI32 = 5, kBinary = 8, kStruct = 12 };

  explicit CompactWriter(std::string& out) : out_(out) {}

  /// A struct that is no field: the message itself, or an element of a list.
  void Begin() { last_ids_.push_back(0); }
  void Begin(int id) {
    Head(id, 12);
    Begin();
  }
  void End() {
    out_.push_back(0);
    last_ids_.pop_back();
  }
  /// An empty struct, the way unions name a choice.
  void Empty(int id) {
    Begin(id);
    End();
  }
  void Bool(int id, bool value) { Head(id, value ? 1 : 2); }
  void I16(int id, std::int16_t value) { Number(id, 4, value); }
  void I32(int id, std::int32_t value) { Number(id, 5, value); }
  void I64(int id, std::int64_t value) { Number(id, 6, value); }
  void Binary(int id, std::string_view value) {
    Head(id, 8);
    BinaryElement(value);
  }
  /// Followed by `size` elements.
  void List(int id, Element element, std::size_t size) {
    Head(id, 9);
    if (size < 15) {
      out_.push_back(static_cast<char>(size << 4 | static_cast<std::size_t>(element)));
    } else {
      out_.push_back(static_cast<char>(0xf0 | static_cast<std::size_t>(element)));
      Varint(size);
    }
  }
  void I32List(int id, std::initializer_list<std::int32_t> values) {
    List(id, Element::kI32, values.size());
    for (std::int32_t value : values) Varint(ZigZag(value));
  }
  void BinaryElement(std::string_view value) {
    Varint(value.size());
    out_.append(value);
  }

 private:
  static std::uint64_t ZigZag(std::int64_t value) {
    return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
  }
  void Varint(std::uint64_t value) { PutVarint(out_, value); }
  void Number(int id, int type, std::int64_t value) {
    Head(id, type);
    Varint(ZigZag(value));
  }
  /// Ids grow by less than 16 in all of Parquet's structs.
  void Head(int id, int type) {
    out_.push_back(static_cast<char>((id - last_ids_.back()) << 4 | type));
    last_ids_.back() = id;
  }

  std::string& out_;
  std::vector<int> last_ids_;
};

}  // namespace floe::duck
