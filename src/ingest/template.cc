// SPDX-License-Identifier: Apache-2.0
#include "ingest/template.h"

#include <fmt/format.h>

#include "base/text.h"
#include "ingest/json_records.h"
#include "ingest/time_format.h"
#include "net/json_text.h"

namespace floe::ingest {

namespace {

// Whether a JSON string is open at the end of `text`.
bool EndsInsideString(std::string_view text, bool inside) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (inside && text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      inside = !inside;
  }
  return inside;
}

// A value that a field of this type could have, for the trial rendering.
std::string Sample(FieldType type) {
  switch (type) {
    case FieldType::kString: return "x";
    case FieldType::kNumber: return "1.5";
    case FieldType::kInteger: return "1";
    case FieldType::kBoolean: return "true";
  }
  return "x";
}

}  // namespace

Result<Template> Template::Parse(std::string_view text, const std::vector<FieldSpec>& fields, bool with_value) {
  Template out;
  bool inside = false;
  std::string_view rest = text;
  for (;;) {
    const auto start = rest.find("${");
    const std::string_view literal = rest.substr(0, start);
    if (!literal.empty()) out.pieces_.push_back({Kind::kLiteral, std::string(literal)});
    inside = EndsInsideString(literal, inside);
    if (start == std::string_view::npos) break;
    const auto end = rest.find('}', start);
    if (end == std::string_view::npos)
      return Fail(ErrorKind::kInvalidInput, fmt::format("template '{}': '${{' without '}}'", text));
    const std::string name(rest.substr(start + 2, end - start - 2));
    rest = rest.substr(end + 1);
    if (name.starts_with("now:")) {
      FLOE_TRY_VOID(CheckTimeFormat(std::string_view(name).substr(4)));
      out.pieces_.push_back({Kind::kTime, name.substr(4), 0, FieldType::kString, inside});
      continue;
    }
    if (with_value && name == "value" && !inside) {
      out.pieces_.push_back({Kind::kValue, {}, 0, FieldType::kString, false});
      continue;
    }
    std::vector<std::string> names;
    std::size_t index = fields.size();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      names.push_back(fields[i].name);
      if (fields[i].name == name) index = i;
    }
    if (index == fields.size()) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("template '{}': there is no field '{}'.{}", text, name, DidYouMean(name, names)));
    }
    out.pieces_.push_back({Kind::kField, {}, index, fields[index].type, inside});
  }
  std::vector<std::optional<std::string>> samples;
  for (const FieldSpec& field : fields) samples.emplace_back(Sample(field.type));
  std::string trial = out.Render(samples, TimestampMs(0), "{}");
  auto parsed = ObjectMembers(trial, 128);
  if (!parsed)
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("template '{}' is no JSON object once filled in: {}", text, parsed.error().message()));
  return out;
}

std::string Template::Render(const std::vector<std::optional<std::string>>& values, TimestampMs now,
                             std::string_view value) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    switch (piece.kind) {
      case Kind::kLiteral: out += piece.text; break;
      case Kind::kValue: out += value; break;
      case Kind::kTime: {
        const std::string time = FormatTime(piece.text, now);
        piece.quoted ? net::AppendJsonEscaped(out, time) : net::AppendJsonString(out, time);
        break;
      }
      case Kind::kField: {
        const auto& field = values[piece.field];
        if (piece.quoted) {
          if (field) net::AppendJsonEscaped(out, *field);
        } else if (!field) {
          out += "null";
        } else if (piece.type == FieldType::kString) {
          net::AppendJsonString(out, *field);
        } else {
          out += *field;
        }
        break;
      }
    }
  }
  return out;
}

}  // namespace floe::ingest
