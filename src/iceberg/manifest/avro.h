// SPDX-License-Identifier: Apache-2.0
// Avro container files as Iceberg uses them: field ids survive, readers resolve by id. Bytes in, values out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace floe::iceberg {

enum class AvroKind : std::uint8_t {
  kNull,
  kBoolean,
  kInt,
  kLong,
  kFloat,
  kDouble,
  kBytes,
  kString,
  kFixed,
  kEnum,
  kArray,
  kMap,
  kUnion,
  kRecord,
};

struct AvroType;
using AvroTypePtr = std::shared_ptr<const AvroType>;

struct AvroField {
  std::string name;
  std::int32_t field_id = -1;  ///< -1 when the schema gives none
  AvroTypePtr type;
};

/// A writer's schema. Recursive types are refused, so walking it ends.
struct AvroType {
  AvroKind kind = AvroKind::kNull;
  std::vector<AvroField> fields;      ///< record
  std::vector<AvroTypePtr> children;  ///< union: branches; array and map: the item
  std::size_t size = 0;               ///< fixed
  std::size_t weight = 1;             ///< types met by walking it, so that names used twice cannot multiply for ever
};

/// kCorruption for what is no schema; kNotSupported for recursive types and for those of more than 100000 parts.
Result<AvroTypePtr> ParseAvroSchema(std::string_view json);

/// Reads one block's bytes. After the first error every read gives zero and `failed()` says so: check it once at the
/// end.
class AvroDecoder {
 public:
  explicit AvroDecoder(std::string_view bytes) : rest_(bytes) {}

  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }
  void Fail() { failed_ = true, rest_ = {}; }

  std::int64_t Long();
  bool Boolean();
  float Float();
  double Double();
  /// Points into the block.
  std::string_view Bytes();
  std::string_view Fixed(std::size_t size);
  /// The branch a union value takes; any other type is returned as it is.
  const AvroType& Branch(const AvroType& type);
  void Skip(const AvroType& type);

  /// Calls `on_item` once per array item; it must read the item whole. Fails on items of no bytes: a few bytes could
  /// claim any number of them.
  template <typename Fn>
  void ForEach(Fn&& on_item) {
    while (true) {
      std::int64_t count = BlockCount();
      if (count == 0 || failed_) return;
      for (std::int64_t i = 0; i < count && !failed_; ++i) {
        const std::size_t before = rest_.size();
        on_item();
        if (rest_.size() == before) Fail();
      }
    }
  }
  /// Calls `on_field(field, branch type)` for each field of a record; it reads or skips the value.
  template <typename Fn>
  void Record(const AvroType& type, Fn&& on_field) {
    if (type.kind != AvroKind::kRecord) return Fail();
    for (const AvroField& field : type.fields) {
      const AvroType& branch = Branch(*field.type);
      if (failed_) return;
      on_field(field, branch);
    }
  }
  /// int or long, whatever the writer chose; fails on others.
  std::int64_t AnyInteger(const AvroType& type);
  /// string, bytes or fixed.
  std::string_view AnyBytes(const AvroType& type);

 private:
  std::int64_t BlockCount();

  std::string_view rest_;
  bool failed_ = false;
};

/// A whole container file, decompressed. Codecs null and deflate; others are kNotSupported. kCorruption on broken
/// frames.
struct AvroFile {
  std::map<std::string, std::string, std::less<>> metadata;
  AvroTypePtr schema;
  std::int64_t records = 0;
  std::vector<std::pair<std::int64_t, std::string>> blocks;  ///< record count and bytes
};
Result<AvroFile> ReadAvroFile(std::string_view content);

class AvroEncoder {
 public:
  void Long(std::int64_t value);
  void Boolean(bool value) { bytes_ += value ? '\1' : '\0'; }
  void Float(float value);
  void Double(double value);
  void Bytes(std::string_view value);
  void Raw(std::string_view value) { bytes_ += value; }
  const std::string& bytes() const { return bytes_; }
  void Clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

/// Frames encoded records into a container file.
class AvroFileWriter {
 public:
  /// `metadata` without avro.schema and avro.codec. `deflate_level` 0 writes codec null. `sync` is the 16-byte marker's
  /// seed.
  AvroFileWriter(std::string_view schema_json, const std::map<std::string, std::string>& metadata, int deflate_level,
                 std::string_view sync_seed);
  void Append(const AvroEncoder& record);
  /// The file; call once, last.
  std::string Finish();

 private:
  void FlushBlock();

  int level_;
  std::string sync_;
  std::string out_;
  std::string block_;
  std::int64_t block_records_ = 0;
};

}  // namespace floe::iceberg
