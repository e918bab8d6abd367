// SPDX-License-Identifier: Apache-2.0
// A configured ingest route: which request fields become which record.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "net/http/message.h"

namespace floe::ingest {

enum class FieldSource : std::uint8_t { kQuery, kPath, kBody };
enum class FieldType : std::uint8_t { kString, kNumber, kInteger, kBoolean };

struct FieldSpec {
  std::string name;
  FieldSource source = FieldSource::kQuery;
  FieldType type = FieldType::kString;
  bool required = true;  ///< present and not empty
};

/// Templates are JSON with placeholders. `${field}` inside quotes is the field's text, escaped; outside quotes it is a
/// JSON value of the field's type (null when an optional field is absent). `${now:FORMAT}` is the server's time in UTC
/// (time_format.h), a string outside quotes. `answer` may also use `${value}`, the record's JSON.
struct RouteSpec {
  net::Method method = net::Method::kGet;
  std::string path;
  std::string topic;
  std::string key_field;  ///< empty: no key
  std::vector<FieldSpec> fields;
  std::string value;
  std::string answer = R"({"status":"success"})";
};

/// GET /log?city=&temperature= of the weather scenario.
RouteSpec WeatherRoute();

}  // namespace floe::ingest
