// SPDX-License-Identifier: Apache-2.0
#include "ingest/route_fields.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "ingest/json_records.h"

namespace floe::ingest {

namespace {

std::string_view NameOf(FieldType type) {
  switch (type) {
    case FieldType::kString: return "text";
    case FieldType::kNumber: return "a number";
    case FieldType::kInteger: return "a whole number";
    case FieldType::kBoolean: return "true or false";
  }
  return "text";
}

bool Fits(FieldType type, std::string_view text) {
  switch (type) {
    case FieldType::kString: return true;
    // What overflows a double would become infinity in every reader.
    case FieldType::kNumber:
      return IsJsonNumber(text) && std::isfinite(std::strtod(std::string(text).c_str(), nullptr));
    case FieldType::kInteger: return IsJsonNumber(text) && text.find_first_of(".eE") == std::string_view::npos;
    case FieldType::kBoolean: return text == "true" || text == "false";
  }
  return false;
}

}  // namespace

Result<FieldValues> ReadFields(const std::vector<FieldSpec>& fields, const net::Request& request,
                               std::size_t max_depth) {
  net::NameValues body;
  if (std::ranges::any_of(fields, [](const FieldSpec& field) { return field.source == FieldSource::kBody; })) {
    std::string text = request.body;
    FLOE_TRY(body, ObjectMembers(text, max_depth));
  }
  FieldValues values;
  for (const FieldSpec& field : fields) {
    std::optional<std::string> value;
    switch (field.source) {
      case FieldSource::kQuery:
        if (const std::string* found = request.Query(field.name)) value = *found;
        break;
      case FieldSource::kPath: value = request.PathParam(field.name); break;
      case FieldSource::kBody: {
        const auto it = std::ranges::find(body, field.name, &std::pair<std::string, std::string>::first);
        if (it != body.end()) value = it->second;
        break;
      }
    }
    if (!value || value->empty()) {
      if (field.required) {
        return Fail(ErrorKind::kInvalidInput,
                    fmt::format("'{}' is missing; it is required and must be {}", field.name, NameOf(field.type)));
      }
      value.reset();
    } else if (!IsUtf8(*value)) {
      return Fail(ErrorKind::kInvalidInput, fmt::format("'{}' is not valid UTF-8", field.name));
    } else if (!Fits(field.type, *value)) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("'{}' is '{}', but must be {}", field.name, value->substr(0, 100), NameOf(field.type)));
    }
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace floe::ingest
