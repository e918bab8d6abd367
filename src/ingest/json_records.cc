// SPDX-License-Identifier: Apache-2.0
#include "ingest/json_records.h"

#include <fmt/format.h>
#include <simdjson.h>

namespace floe::ingest {

namespace {

namespace dom = simdjson::dom;

dom::parser& Parser(std::size_t max_depth) {
  thread_local dom::parser parser;
  // One document's depth limit; the capacity grows with the documents.
  if (parser.max_depth() != max_depth) {
    const auto code = parser.allocate(64 << 10, max_depth);
    FLOE_CHECK(code == simdjson::SUCCESS);
  }
  return parser;
}

// simdjson may read this far past the end; the reserve makes that memory ours.
void Pad(std::string& body) {
  body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
}

std::string Reason(simdjson::error_code code) {
  switch (code) {
    case simdjson::DEPTH_ERROR: return "it is nested too deeply";
    case simdjson::UTF8_ERROR: return "it is not valid UTF-8";
    case simdjson::EMPTY: return "it is empty";
    default: return simdjson::error_message(code);
  }
}

Error NotJson(std::string_view what, simdjson::error_code code) {
  return Error(ErrorKind::kInvalidInput, fmt::format("{} is no valid JSON: {}", what, Reason(code)));
}

std::string Minify(std::string_view json) {
  std::string out(json.size(), '\0');
  std::size_t size = 0;
  // The text was parsed before, so this cannot fail.
  const auto code = simdjson::minify(json.data(), json.size(), out.data(), size);
  FLOE_CHECK(code == simdjson::SUCCESS);
  out.resize(size);
  return out;
}

std::optional<std::string> KeyOf(const dom::object& object, std::string_view field) {
  if (field.empty()) return std::nullopt;
  dom::element element;
  if (object.at_key(field).get(element) != simdjson::SUCCESS || element.is_null()) return std::nullopt;
  std::string_view text;
  if (element.get(text) == simdjson::SUCCESS) return std::string(text);
  return std::string(simdjson::minify(element));
}

// The raw text of each element of a valid array.
std::vector<std::string_view> ElementTexts(std::string_view array) {
  std::vector<std::string_view> out;
  int depth = 0;
  bool in_string = false;
  std::size_t start = 0;
  for (std::size_t i = 0; i < array.size(); ++i) {
    const char c = array[i];
    if (in_string) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '[' || c == '{') {
      if (++depth == 1) start = i + 1;
    }
    const bool last = (c == ']' || c == '}') && --depth == 0;
    if (last || (c == ',' && depth == 1)) {
      out.push_back(array.substr(start, i - start));
      start = i + 1;
      if (last) break;
    }
  }
  return out;
}

class Splitter {
 public:
  Splitter(std::string_view key_field, const JsonLimits& limits) : key_field_(key_field), limits_(limits) {}

  Status Add(std::string_view text, const dom::element& element, std::string_view what) {
    dom::object object;
    if (element.get(object) != simdjson::SUCCESS) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("{} is no JSON object; a record is an object like {{\"city\":\"Boston\"}}", what));
    }
    if (text.size() > limits_.max_record_bytes) {
      return Fail(ErrorKind::kTooLarge, fmt::format("{} has {} bytes, more than the limit of {} bytes a record", what,
                                                    text.size(), limits_.max_record_bytes));
    }
    if (records_.size() == limits_.max_records) {
      return Fail(ErrorKind::kTooLarge,
                  fmt::format("more than {} records in one request; send them in parts", limits_.max_records));
    }
    // A typo would scatter a keyed topic over its partitions; null is a key on purpose.
    if (!key_field_.empty() && object.at_key(key_field_).error() == simdjson::NO_SUCH_FIELD)
      return Fail(ErrorKind::kInvalidInput, fmt::format("{} has no member '{}', which ?key= names", what, key_field_));
    records_.push_back({Minify(text), KeyOf(object, key_field_)});
    return {};
  }

  Status AddLines(std::string_view body) {
    dom::parser& parser = Parser(limits_.max_depth);
    for (int number = 1; !body.empty(); ++number) {
      const auto end = body.find('\n');
      const std::string_view line = body.substr(0, end);
      body = end == std::string_view::npos ? std::string_view() : body.substr(end + 1);
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      const std::string what = fmt::format("line {}", number);
      if (line.size() > limits_.max_record_bytes) {
        return Fail(ErrorKind::kTooLarge, fmt::format("{} has {} bytes, more than the limit of {} bytes a record", what,
                                                      line.size(), limits_.max_record_bytes));
      }
      dom::element element;
      if (auto code = parser.parse(line.data(), line.size(), false).get(element)) return Fail(NotJson(what, code));
      FLOE_TRY_VOID(Add(line, element, what));
    }
    return {};
  }

  Status AddArray(std::string_view body, const dom::array& array) {
    const auto texts = ElementTexts(body);
    std::size_t i = 0;
    for (dom::element element : array) {
      FLOE_TRY_VOID(Add(texts[i], element, fmt::format("element {} of the array", i)));
      ++i;
    }
    return {};
  }

  std::vector<JsonRecord> Take() { return std::move(records_); }

 private:
  const std::string_view key_field_;
  const JsonLimits& limits_;
  std::vector<JsonRecord> records_;
};

// One object per line without the content type: the first line is a whole object and more follows.
bool LooksLikeLines(std::string_view body, dom::parser& parser) {
  const auto end = body.find('\n');
  if (end == std::string_view::npos || body.find_first_not_of(" \t\r\n", end) == std::string_view::npos) return false;
  dom::element element;
  return parser.parse(body.data(), end, false).get(element) == simdjson::SUCCESS && element.is_object();
}

}  // namespace

Result<std::vector<JsonRecord>> SplitJson(std::string& body, bool lines, std::string_view key_field,
                                          const JsonLimits& limits) {
  Pad(body);
  dom::parser& parser = Parser(limits.max_depth);
  Splitter splitter(key_field, limits);
  if (lines || LooksLikeLines(body, parser)) {
    FLOE_TRY_VOID(splitter.AddLines(body));
  } else {
    dom::element element;
    if (auto code = parser.parse(body.data(), body.size(), false).get(element)) return Fail(NotJson("the body", code));
    dom::array array;
    if (element.get(array) == simdjson::SUCCESS) {
      FLOE_TRY_VOID(splitter.AddArray(body, array));
    } else {
      FLOE_TRY_VOID(splitter.Add(body, element, "the body"));
    }
  }
  auto records = splitter.Take();
  if (records.empty())
    return Fail(ErrorKind::kInvalidInput, "the body holds no records; send a JSON object, an array or NDJSON");
  return records;
}

Result<std::vector<std::pair<std::string, std::string>>> ObjectMembers(std::string& body, std::size_t max_depth) {
  Pad(body);
  dom::element element;
  if (auto code = Parser(max_depth).parse(body.data(), body.size(), false).get(element)) {
    return Fail(NotJson("the body", code));
  }
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS) return Fail(ErrorKind::kInvalidInput, "the body is no JSON object");
  std::vector<std::pair<std::string, std::string>> out;
  for (auto [key, value] : object) {
    std::string_view text;
    if (value.is_null()) continue;
    if (value.get(text) == simdjson::SUCCESS) {
      out.emplace_back(key, text);
    } else {
      out.emplace_back(key, simdjson::minify(value));
    }
  }
  return out;
}

bool IsUtf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

bool IsJsonNumber(std::string_view text) {
  std::size_t i = 0;
  auto digits = [&] {
    const std::size_t from = i;
    while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
    return i - from;
  };
  if (i < text.size() && text[i] == '-') ++i;
  if (i < text.size() && text[i] == '0') {
    ++i;
  } else if (digits() == 0) {
    return false;
  }
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (digits() == 0) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
    if (digits() == 0) return false;
  }
  return i == text.size() && !text.empty();
}

}  // namespace floe::ingest
