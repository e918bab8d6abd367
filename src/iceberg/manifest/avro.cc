// SPDX-License-Identifier: Apache-2.0
#include "iceberg/manifest/avro.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <zlib.h>

namespace floe::iceberg {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kMagic("Obj\1", 4);
constexpr std::size_t kBlockBytes = 64 << 10;
constexpr std::size_t kMaxInflated = std::size_t{1} << 30;  // of all blocks of a file
constexpr std::size_t kMaxWeight = 100'000;

std::unexpected<Error> Bad(std::string_view what) {
  return Fail(ErrorKind::kCorruption, fmt::format("Avro file: {}", what));
}

class SchemaParser {
 public:
  Result<AvroTypePtr> Parse(const Json& json, int depth) {
    if (depth > 64) return Bad("the schema nests deeper than 64 levels");
    if (json.is_string()) return Named(json.get_ref<const std::string&>());
    if (json.is_array()) return Union(json, depth);
    if (!json.is_object() || !json.contains("type")) return Bad("a schema needs a type");
    const Json& type = json["type"];
    if (!type.is_string()) return Parse(type, depth + 1);
    const std::string& name = type.get_ref<const std::string&>();
    auto out = std::make_shared<AvroType>();
    if (name == "record" || name == "error") {
      out->kind = AvroKind::kRecord;
      return Record(json, out, depth);
    }
    if (name == "array" || name == "map") {
      out->kind = name == "array" ? AvroKind::kArray : AvroKind::kMap;
      auto item = json.find(name == "array" ? "items" : "values");
      if (item == json.end()) return Bad(fmt::format("{} without an item type", name));
      FLOE_TRY(AvroTypePtr child, Parse(*item, depth + 1));
      FLOE_TRY_VOID(Add(*out, *child));
      out->children.push_back(std::move(child));
      return AvroTypePtr(out);
    }
    if (name == "fixed") {
      out->kind = AvroKind::kFixed;
      auto size = json.find("size");
      if (size == json.end() || !size->is_number_unsigned() || size->get<std::uint64_t>() > (1u << 20)) {
        return Bad("a fixed type needs a size up to 1 MiB");
      }
      out->size = size->get<std::size_t>();
      return Remember(json, out);
    }
    if (name == "enum") {
      out->kind = AvroKind::kEnum;
      return Remember(json, out);
    }
    return Named(name);
  }

 private:
  Result<AvroTypePtr> Named(const std::string& name) {
    static const std::map<std::string_view, AvroKind> kPrimitives = {
        {"null", AvroKind::kNull},   {"boolean", AvroKind::kBoolean}, {"int", AvroKind::kInt},
        {"long", AvroKind::kLong},   {"float", AvroKind::kFloat},     {"double", AvroKind::kDouble},
        {"bytes", AvroKind::kBytes}, {"string", AvroKind::kString}};
    if (auto found = kPrimitives.find(name); found != kPrimitives.end()) {
      auto type = std::make_shared<AvroType>();
      type->kind = found->second;
      return AvroTypePtr(type);
    }
    if (auto found = names_.find(name); found != names_.end()) return found->second;
    return Fail(ErrorKind::kNotSupported, fmt::format("Avro file: type '{}' is unknown or refers to itself", name));
  }

  static Status Add(AvroType& whole, const AvroType& part) {
    whole.weight += part.weight;
    if (whole.weight <= kMaxWeight) return {};
    return Fail(ErrorKind::kNotSupported, fmt::format("Avro file: the schema has more than {} parts", kMaxWeight));
  }

  Result<AvroTypePtr> Remember(const Json& json, std::shared_ptr<AvroType> type) {
    auto name = json.find("name");
    if (name != json.end() && name->is_string()) names_[name->get<std::string>()] = type;
    return AvroTypePtr(type);
  }

  Result<AvroTypePtr> Union(const Json& json, int depth) {
    auto out = std::make_shared<AvroType>();
    out->kind = AvroKind::kUnion;
    for (const Json& branch : json) {
      FLOE_TRY(AvroTypePtr child, Parse(branch, depth + 1));
      FLOE_TRY_VOID(Add(*out, *child));
      out->children.push_back(std::move(child));
    }
    if (out->children.empty()) return Bad("an empty union");
    return AvroTypePtr(out);
  }

  Result<AvroTypePtr> Record(const Json& json, const std::shared_ptr<AvroType>& out, int depth) {
    auto fields = json.find("fields");
    if (fields == json.end() || !fields->is_array()) return Bad("a record needs fields");
    for (const Json& item : *fields) {
      if (!item.is_object() || !item.contains("type") || !item.contains("name") || !item["name"].is_string()) {
        return Bad("a record field needs a name and a type");
      }
      AvroField field;
      field.name = item["name"].get<std::string>();
      if (auto id = item.find("field-id"); id != item.end() && id->is_number_integer()) {
        field.field_id = id->get<std::int32_t>();
      }
      FLOE_TRY(field.type, Parse(item["type"], depth + 1));
      FLOE_TRY_VOID(Add(*out, *field.type));
      out->fields.push_back(std::move(field));
    }
    return Remember(json, out);
  }

  std::map<std::string, AvroTypePtr, std::less<>> names_;
};

Result<std::string> Inflate(std::string_view bytes, std::size_t most) {
  z_stream stream{};
  if (inflateInit2(&stream, -15) != Z_OK) return Fail(ErrorKind::kInternal, "zlib does not start");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out(std::max<std::size_t>(4096, bytes.size() * 6), '\0');
  std::size_t filled = 0;
  int code = Z_OK;
  while (code == Z_OK && filled <= most) {
    if (filled == out.size()) out.resize(out.size() * 2);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
    stream.avail_out = static_cast<uInt>(out.size() - filled);
    code = inflate(&stream, Z_NO_FLUSH);
    filled = out.size() - stream.avail_out;
  }
  inflateEnd(&stream);
  if (code == Z_OK || filled > most) return Bad(fmt::format("its blocks hold more than {} bytes", kMaxInflated));
  if (code != Z_STREAM_END) return Bad("a deflate block is damaged");
  out.resize(filled);
  return out;
}

std::string Deflate(std::string_view bytes, int level) {
  z_stream stream{};
  // The tables of the default size are 268 KB: clearing them costs more than compressing a small block.
  const int window = std::clamp(static_cast<int>(std::bit_width(bytes.size())), 9, 15);
  FLOE_CHECK(deflateInit2(&stream, level, Z_DEFLATED, -window, window - 7, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  FLOE_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

void AppendVarint(std::string& out, std::int64_t value) {
  auto zigzag = static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
  while (zigzag >= 0x80) {
    out += static_cast<char>(zigzag | 0x80);
    zigzag >>= 7;
  }
  out += static_cast<char>(zigzag);
}

}  // namespace

Result<AvroTypePtr> ParseAvroSchema(std::string_view text) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return Bad("the schema is not JSON");
  return SchemaParser().Parse(json, 0);
}

std::int64_t AvroDecoder::Long() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) break;
    auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }
  Fail();
  return 0;
}

std::string_view AvroDecoder::Fixed(std::size_t size) {
  if (rest_.size() < size) {
    Fail();
    return {};
  }
  std::string_view out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

std::string_view AvroDecoder::Bytes() {
  std::int64_t length = Long();
  if (length < 0) {
    Fail();
    return {};
  }
  return Fixed(static_cast<std::size_t>(length));
}

bool AvroDecoder::Boolean() {
  std::string_view byte = Fixed(1);
  return !byte.empty() && byte[0] != 0;
}

float AvroDecoder::Float() {
  float value = 0;
  std::string_view bytes = Fixed(sizeof(value));
  if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

double AvroDecoder::Double() {
  double value = 0;
  std::string_view bytes = Fixed(sizeof(value));
  if (!bytes.empty()) std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

const AvroType& AvroDecoder::Branch(const AvroType& type) {
  if (type.kind != AvroKind::kUnion) return type;
  std::int64_t index = Long();
  if (index < 0 || index >= static_cast<std::int64_t>(type.children.size())) {
    Fail();
    return *type.children[0];
  }
  return *type.children[static_cast<std::size_t>(index)];
}

std::int64_t AvroDecoder::BlockCount() {
  std::int64_t count = Long();
  if (count < 0) {
    Long();  // the block's size in bytes
    count = count == INT64_MIN ? INT64_MAX : -count;
  }
  // Every item that Iceberg writes takes a byte at least; a larger count is a lie that would spin.
  if (count > static_cast<std::int64_t>(rest_.size())) {
    Fail();
    return 0;
  }
  return count;
}

std::int64_t AvroDecoder::AnyInteger(const AvroType& type) {
  if (type.kind == AvroKind::kInt || type.kind == AvroKind::kLong) return Long();
  Fail();
  return 0;
}

std::string_view AvroDecoder::AnyBytes(const AvroType& type) {
  if (type.kind == AvroKind::kBytes || type.kind == AvroKind::kString) return Bytes();
  if (type.kind == AvroKind::kFixed) return Fixed(type.size);
  Fail();
  return {};
}

void AvroDecoder::Skip(const AvroType& type) {
  if (failed_) return;
  switch (type.kind) {
    case AvroKind::kNull: return;
    case AvroKind::kBoolean: Fixed(1); return;
    case AvroKind::kInt:
    case AvroKind::kLong:
    case AvroKind::kEnum: Long(); return;
    case AvroKind::kFloat: Fixed(4); return;
    case AvroKind::kDouble: Fixed(8); return;
    case AvroKind::kBytes:
    case AvroKind::kString: Bytes(); return;
    case AvroKind::kFixed: Fixed(type.size); return;
    case AvroKind::kArray: ForEach([&] { Skip(*type.children[0]); }); return;
    case AvroKind::kMap:
      ForEach([&] {
        Bytes();
        Skip(*type.children[0]);
      });
      return;
    case AvroKind::kUnion: Skip(Branch(type)); return;
    case AvroKind::kRecord:
      for (const AvroField& field : type.fields) Skip(*field.type);
      return;
  }
}

namespace {

/// The manifests of a table are read one after the other and have one schema, whose text is longer than their entries.
Result<AvroTypePtr> SchemaOf(const std::string& text) {
  thread_local std::string last_text;
  thread_local AvroTypePtr last;
  if (last != nullptr && text == last_text) return last;
  FLOE_TRY(last, ParseAvroSchema(text));
  last_text = text;
  return last;
}

}  // namespace

Result<AvroFile> ReadAvroFile(std::string_view content) {
  if (!content.starts_with(kMagic)) return Bad("it does not start with Avro's magic");
  AvroDecoder decoder(content.substr(kMagic.size()));
  AvroFile file;
  decoder.ForEach([&] {
    std::string key(decoder.Bytes());
    file.metadata[std::move(key)] = std::string(decoder.Bytes());
  });
  std::string sync(decoder.Fixed(16));
  if (decoder.failed()) return Bad("the header is cut off");
  auto schema = file.metadata.find("avro.schema");
  if (schema == file.metadata.end()) return Bad("the header has no schema");
  FLOE_TRY(file.schema, SchemaOf(schema->second));
  auto codec = file.metadata.find("avro.codec");
  bool deflated = codec != file.metadata.end() && codec->second == "deflate";
  if (!deflated && codec != file.metadata.end() && codec->second != "null") {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("Avro file: codec '{}' is not supported, only null and deflate", codec->second));
  }
  std::size_t inflated = 0;
  while (!decoder.at_end()) {
    std::int64_t records = decoder.Long();
    std::string_view bytes = decoder.Bytes();
    std::string_view end = decoder.Fixed(16);
    if (decoder.failed() || records < 0 || end != sync) return Bad("a block is cut off or damaged");
    std::string block(bytes);
    if (deflated) {
      FLOE_TRY(block, Inflate(bytes, kMaxInflated - inflated));
      inflated += block.size();
    }
    if (records > static_cast<std::int64_t>(block.size())) return Bad("a block claims more records than it has bytes");
    file.records += records;
    file.blocks.emplace_back(records, std::move(block));
  }
  return file;
}

void AvroEncoder::Long(std::int64_t value) {
  AppendVarint(bytes_, value);
}

void AvroEncoder::Float(float value) {
  bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
}
void AvroEncoder::Double(double value) {
  bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void AvroEncoder::Bytes(std::string_view value) {
  Long(static_cast<std::int64_t>(value.size()));
  bytes_ += value;
}

AvroFileWriter::AvroFileWriter(std::string_view schema_json, const std::map<std::string, std::string>& metadata,
                               int deflate_level, std::string_view sync_seed)
    : level_(deflate_level) {
  std::string seed(sync_seed);
  seed.resize(std::max<std::size_t>(seed.size(), 16), '~');
  sync_ = seed.substr(seed.size() - 16);
  AvroEncoder header;
  header.Raw(kMagic);
  header.Long(static_cast<std::int64_t>(metadata.size()) + 2);
  header.Bytes("avro.schema");
  header.Bytes(schema_json);
  header.Bytes("avro.codec");
  header.Bytes(level_ == 0 ? "null" : "deflate");
  for (const auto& [key, value] : metadata) {
    header.Bytes(key);
    header.Bytes(value);
  }
  header.Long(0);
  header.Raw(sync_);
  out_ = header.bytes();
}

void AvroFileWriter::Append(const AvroEncoder& record) {
  block_ += record.bytes();
  ++block_records_;
  if (block_.size() >= kBlockBytes) FlushBlock();
}

void AvroFileWriter::FlushBlock() {
  if (block_records_ == 0) return;
  std::string bytes = level_ == 0 ? std::move(block_) : Deflate(block_, level_);
  AppendVarint(out_, block_records_);
  AppendVarint(out_, static_cast<std::int64_t>(bytes.size()));
  out_ += bytes;
  out_ += sync_;
  block_.clear();
  block_records_ = 0;
}

std::string AvroFileWriter::Finish() {
  FlushBlock();
  return std::move(out_);
}

}  // namespace floe::iceberg
