// SPDX-License-Identifier: Apache-2.0
#include "formats/json/json_decoder.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "formats/number.h"

namespace floe::formats::json {
namespace {

using data::TypeKind;

constexpr std::size_t kMaxShape = 512;
/// A shape that fails this often without a run of hits in between is learned anew.
constexpr int kMissLimit = 16;

std::uint64_t Load(const char* p) {
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

Status CheckType(const data::Type& type, const std::string& name) {
  if (type.kind() == TypeKind::kNull || type.IsInterval()) {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("column '{}': format 'json' cannot hold {}", name, type.ToString()));
  }
  if ((type.kind() == TypeKind::kMap || type.kind() == TypeKind::kMultiset) && !type.child(0).IsCharacter()) {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("column '{}': keys of {} must be strings in format 'json'", name, type.ToString()));
  }
  for (const data::RowField& field : type.fields()) FLOE_TRY_VOID(CheckType(*field.type, name));
  return {};
}

void MakeNode(Node& node, Column& column) {
  node.column = &column;
  node.children.resize(column.children.size());
  for (std::size_t i = 0; i < column.children.size(); ++i) {
    MakeNode(node.children[i], column.children[i]);
    if (column.type.kind() == TypeKind::kRow) node.names.emplace(column.children[i].name, static_cast<std::int32_t>(i));
  }
  node.seen.resize(column.children.size());
  node.shape_position.assign(column.children.size(), -1);
}

std::string Excerpt(std::string_view text) {
  std::size_t most = std::min<std::size_t>(40, text.size());
  while (most > 0 && most < text.size() && (text[most] & 0xC0) == 0x80) --most;
  return most == text.size() ? std::string(text) : fmt::format("{}... ({} bytes)", text.substr(0, most), text.size());
}

}  // namespace

Glue Glue::Make(std::string_view bytes, std::int32_t field) {
  Glue glue;
  glue.length = static_cast<std::uint8_t>(bytes.size());
  glue.full_words = static_cast<std::uint8_t>(bytes.size() / 8);
  glue.field = field;
  std::memcpy(glue.words, bytes.data(), bytes.size());
  std::size_t rest = bytes.size() % 8;
  char mask[8] = {};
  std::memset(mask, 0xFF, rest);
  std::memcpy(&glue.last_mask, mask, sizeof mask);
  return glue;
}

inline bool Glue::Matches(const char* p) const {
  std::size_t i = 0;
  for (; i < full_words; ++i) {
    if (Load(p + i * 8) != words[i]) return false;
  }
  return last_mask == 0 || (Load(p + i * 8) & last_mask) == words[i];
}

Result<std::unique_ptr<RowDecoder>> JsonDecoder::Make(DecoderRequest request) {
  FLOE_TRY(JsonOptions options, JsonOptions::Make(request.options));
  for (int column : request.columns) {
    const data::Field& field = request.schema.fields[static_cast<std::size_t>(column)];
    FLOE_TRY_VOID(CheckType(field.type, field.name));
  }
  return std::unique_ptr<RowDecoder>(new JsonDecoder(std::move(request), std::move(options)));
}

JsonDecoder::JsonDecoder(DecoderRequest request, JsonOptions options)
    : request_(std::move(request)), options_(std::move(options)) {
  std::vector<data::RowField> fields;
  for (int column : request_.columns) {
    const data::Field& field = request_.schema.fields[static_cast<std::size_t>(column)];
    fields.push_back({field.name, std::make_shared<const data::Type>(field.type), {}});
  }
  root_column_ = Column::Make(data::Type::Row(std::move(fields)), "");
  MakeNode(root_, root_column_);
}

void JsonDecoder::Bind(std::span<duckdb::Vector* const> vectors) {
  for (std::size_t i = 0; i < vectors.size(); ++i) root_column_.children[i].Bind(*vectors[i]);
}

void JsonDecoder::SetBuffer(MessageBuffer buffer) {
  pin_ = Pin(buffer.readable, std::move(buffer.keep_alive));
}

DecodeStatus JsonDecoder::Append(std::string_view message, std::size_t row) {
  in_.p = in_.begin = message.data();
  in_.end = in_.readable = message.data() + message.size();
  in_.problem = nullptr;
  const char* pinned_end = pin_.bytes.data() + pin_.bytes.size();
  if (in_.p >= pin_.bytes.data() && in_.end <= pinned_end) in_.readable = pinned_end;
  if (ReadObject(root_, row)) {
    if (in_.p == in_.end) [[likely]]
      return DecodeStatus::kRow;
    in_.SkipSpace();
    if (in_.p == in_.end) return DecodeStatus::kRow;
    in_.Fail("the end of the message");
  }
  if (options_.ignore_parse_errors) return DecodeStatus::kSkipped;
  if (in_.problem != nullptr) SetSyntaxError();
  return DecodeStatus::kBad;
}

void JsonDecoder::SetSyntaxError() {
  error_.error_class = "JsonParseError";
  if (in_.p >= in_.end) {
    error_.message = fmt::format("at byte {}: expected {}, found the end of the message", in_.position(), in_.problem);
  } else {
    auto c = static_cast<unsigned char>(*in_.p);
    error_.message = c > 0x20 && c < 0x7F
                         ? fmt::format("at byte {}: expected {}, found '{}'", in_.position(), in_.problem, *in_.p)
                         : fmt::format("at byte {}: expected {}, found byte 0x{:02x}", in_.position(), in_.problem, c);
  }
}

bool JsonDecoder::Mismatch(const Node& node, const char* at) {
  in_.problem = nullptr;
  error_.error_class = "TypeMismatch";
  auto from = static_cast<std::size_t>(at - in_.begin);
  std::string_view rest(at, static_cast<std::size_t>(in_.end - at));
  std::string scratch;
  Cursor value = in_;
  value.p = at;
  if (SkipValue(value, scratch)) rest = rest.substr(0, static_cast<std::size_t>(value.p - at));
  error_.message = fmt::format("field '{}' at byte {}: {} is no {}", node.column->name, from, Excerpt(rest),
                               node.column->type.ToString());
  return false;
}

bool JsonDecoder::ReadObject(Node& node, std::size_t row) {
  std::uint64_t number = ++node.object_number;
  if (node.learn) {
    node.shape.clear();
    std::ranges::fill(node.shape_position, -1);
  }
  bool learning = node.learn;
  bool missed = false;
  bool first = true;
  std::size_t at = 0;
  std::size_t fields = 0;
  for (;; first = false) {
    std::int32_t field = -1;
    const char* glue_start = in_.p;
    if (at < node.shape.size() && node.shape[at].Fits(in_) && node.shape[at].Matches(in_.p)) [[likely]] {
      field = node.shape[at].field;
      in_.p += node.shape[at].length;
      if (static_cast<unsigned char>(*in_.p) <= ' ') in_.SkipSpace();
      ++at;
    } else {
      bool done = false;
      if (!ReadFieldName(node, first, done, field)) return false;
      if (done) break;
      auto length = static_cast<std::size_t>(in_.p - glue_start);
      if (learning) {
        if (length <= Glue::kMaxLength && at == node.shape.size() && at < kMaxShape) {
          if (field >= 0) node.shape_position[static_cast<std::size_t>(field)] = static_cast<std::int32_t>(at);
          node.shape.push_back(Glue::Make({glue_start, length}, field));
          ++at;
        }
      } else {
        missed = true;
        std::int32_t known = field < 0 ? -1 : node.shape_position[static_cast<std::size_t>(field)];
        if (known >= 0) at = static_cast<std::size_t>(known) + 1;
      }
    }
    if (field < 0) {
      if (!SkipValue(in_, scratch_)) return false;
      continue;
    }
    std::uint64_t& seen = node.seen[static_cast<std::size_t>(field)];
    fields += seen != number;
    seen = number;
    if (!ReadField(node, field, row)) return false;
  }
  node.misses = missed ? node.misses + 2 : node.misses > 0 ? node.misses - 1 : 0;
  node.learn = node.misses > kMissLimit;
  if (node.learn) node.misses = 0;
  return fields == node.children.size() || FinishObject(node, row);
}

/// From the end of a value (or the start of the object) to the start of the next value.
bool JsonDecoder::ReadFieldName(Node& node, bool first, bool& done, std::int32_t& field) {
  in_.SkipSpace();
  if (first) {
    if (!in_.At('{')) return in_.Fail("an object");
    ++in_.p;
    in_.SkipSpace();
  }
  if (in_.At('}') && (first || *in_.p == '}')) {
    ++in_.p;
    done = true;
    return true;
  }
  if (!first) {
    if (!in_.At(',')) return in_.Fail("',' or '}'");
    ++in_.p;
    in_.SkipSpace();
  }
  if (!in_.At('"')) return in_.Fail("a field name");
  std::string_view name;
  if (!ReadString(in_, key_scratch_, name)) return false;
  auto it = node.names.find(name);
  field = it == node.names.end() ? -1 : it->second;
  in_.SkipSpace();
  if (!in_.At(':')) return in_.Fail("':'");
  ++in_.p;
  in_.SkipSpace();
  return true;
}

bool JsonDecoder::FinishObject(Node& node, std::size_t row) {
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    if (node.seen[i] == node.object_number) continue;
    if (options_.fail_on_missing_field) {
      error_ = {"MissingField", fmt::format("field '{}' is missing; json.fail-on-missing-field is true",
                                            node.children[i].column->name)};
      return false;
    }
    node.children[i].column->SetNull(row);
  }
  return true;
}

bool JsonDecoder::ReadField(Node& node, std::int32_t field, std::size_t row) {
  Node& child = node.children[static_cast<std::size_t>(field)];
  const char* start = in_.p;
  if (ReadValue(child, row)) [[likely]]
    return true;
  // With json.ignore-parse-errors a value of the wrong type is NULL; broken syntax still drops the message.
  if (!options_.ignore_parse_errors || in_.problem != nullptr) return false;
  in_.p = start;
  child.column->SetNull(row);
  return SkipValue(in_, scratch_);
}

bool JsonDecoder::ReadValue(Node& node, std::size_t row) {
  if (in_.p >= in_.end) return in_.Fail("a value");
  switch (*in_.p) {
    case '"': return ReadText(node, row);
    case 't':
    case 'f': return ReadBoolean(node, row);
    case 'n':
      if (!ReadLiteral(in_, "null")) return false;
      node.column->SetNull(row);
      return true;
    case '{':
    case '[': return ReadContainer(node, row);
    default: return ReadNumber(node, row);
  }
}

bool JsonDecoder::ReadText(Node& node, std::size_t row) {
  const char* start = in_.p;
  std::string_view text;
  if (!ReadString(in_, scratch_, text)) return false;
  TypeKind kind = node.column->type.kind();
  if (kind == TypeKind::kVarchar || kind == TypeKind::kChar) {
    node.column->SetString(row, text, pin_);
    return true;
  }
  return WriteText(*node.column, row, text, options_.timestamps, pin_) || Mismatch(node, start);
}

bool JsonDecoder::ReadBoolean(Node& node, std::size_t row) {
  const char* start = in_.p;
  bool value = *in_.p == 't';
  std::string_view literal = value ? "true" : "false";
  if (!ReadLiteral(in_, literal)) return false;
  TypeKind kind = node.column->type.kind();
  if (kind == TypeKind::kBoolean) {
    node.column->Set(row, value);
    return true;
  }
  if (!node.column->type.IsCharacter()) return Mismatch(node, start);
  node.column->SetString(row, literal, pin_);
  return true;
}

bool JsonDecoder::ReadNumber(Node& node, std::size_t row) {
  const char* start = in_.p;
  const data::Type& type = node.column->type;
  if (type.kind() == TypeKind::kDouble) {
    double value = 0;
    if (const char* stop = number::ParseDouble(start, in_.end, value)) [[likely]] {
      in_.p = stop;
      node.column->Set(row, value);
      return true;
    }
  } else if (type.IsInteger()) {
    std::int64_t value = 0;
    if (const char* stop = number::ParseShortInteger(start, in_.end, value)) [[likely]] {
      in_.p = stop;
      return WriteInteger(*node.column, row, value) || Mismatch(node, start);
    }
  }
  bool integer = false;
  const char* stop = number::Scan(start, in_.end, integer);
  if (stop == nullptr) return in_.Fail("a value");
  in_.p = stop;
  std::string_view text(start, static_cast<std::size_t>(stop - start));
  if (type.IsCharacter()) {
    node.column->SetString(row, text, pin_);
    return true;
  }
  if (type.IsInteger() && !integer) {
    // As Jackson's getIntValue: the fraction is cut off.
    auto value = ParseDouble(text);
    if (!value || !(std::abs(*value) < 9.2e18)) return Mismatch(node, start);
    return WriteInteger(*node.column, row, static_cast<std::int64_t>(*value)) || Mismatch(node, start);
  }
  if (!type.IsNumeric()) return Mismatch(node, start);
  return WriteText(*node.column, row, text, options_.timestamps, pin_) || Mismatch(node, start);
}

bool JsonDecoder::ReadContainer(Node& node, std::size_t row) {
  const char* start = in_.p;
  TypeKind kind = node.column->type.kind();
  bool object = *start == '{';
  if (kind == TypeKind::kRow && object) {
    node.column->MarkValid(row);
    return ReadObject(node, row);
  }
  if (kind == TypeKind::kArray && !object) return ReadArray(node, row);
  if ((kind == TypeKind::kMap || kind == TypeKind::kMultiset) && object) return ReadMap(node, row);
  if (!node.column->type.IsCharacter()) return Mismatch(node, start);
  std::string copy;
  if (!CopyValue(in_, scratch_, copy)) return false;
  node.column->SetString(row, copy, pin_);
  return true;
}

bool JsonDecoder::ReadArray(Node& node, std::size_t row) {
  Column& list = *node.column;
  std::size_t offset = list.ListSize();
  std::size_t length = 0;
  ++in_.p;
  in_.SkipSpace();
  while (!in_.At(']')) {
    if (length > 0) {
      if (!in_.At(',')) return in_.Fail("',' or ']'");
      ++in_.p;
      in_.SkipSpace();
    }
    list.ReserveList(offset + length + 1);
    if (!ReadField(node, 0, offset + length)) return false;
    ++length;
    in_.SkipSpace();
  }
  ++in_.p;
  list.SetList(row, offset, length);
  return true;
}

/// DuckDB wants the keys of a map to differ: of equal keys the last one's value stays, at the first one's place.
bool JsonDecoder::ReadMap(Node& node, std::size_t row) {
  Column& map = *node.column;
  std::size_t offset = map.ListSize();
  std::size_t length = 0;
  std::unordered_map<std::string, std::size_t> entries;
  ++in_.p;
  in_.SkipSpace();
  for (bool first = true; !in_.At('}'); first = false) {
    if (!first) {
      if (!in_.At(',')) return in_.Fail("',' or '}'");
      ++in_.p;
      in_.SkipSpace();
    }
    if (!in_.At('"')) return in_.Fail("a key");
    std::string_view key;
    if (!ReadString(in_, key_scratch_, key)) return false;
    auto [entry, added] = entries.try_emplace(std::string(key), offset + length);
    if (added) {
      map.ReserveList(offset + length + 1);
      map.children[0].SetString(offset + length, key, pin_);
      ++length;
    }
    in_.SkipSpace();
    if (!in_.At(':')) return in_.Fail("':'");
    ++in_.p;
    in_.SkipSpace();
    if (!ReadField(node, 1, entry->second)) return false;
    in_.SkipSpace();
  }
  ++in_.p;
  map.SetList(row, offset, length);
  return true;
}

}  // namespace floe::formats::json
