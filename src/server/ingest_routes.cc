// SPDX-License-Identifier: Apache-2.0
#include "server/ingest_routes.h"

#include <algorithm>

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include "base/result.h"
#include "base/text.h"

namespace floe::server {
namespace {

using ingest::FieldSource;
using ingest::FieldSpec;
using ingest::FieldType;
using ingest::RouteSpec;

Status CheckKeys(const YAML::Node& node, const std::vector<std::string>& known, const std::string& where) {
  if (!node.IsMap()) return Fail(ErrorKind::kInvalidInput, where + ": a mapping is expected");
  for (const auto& entry : node) {
    std::string key = entry.first.Scalar();
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return Fail(ErrorKind::kInvalidInput, fmt::format("{}: unknown key '{}'.{}", where, key, DidYouMean(key, known)));
    }
  }
  return {};
}

std::string Text(const YAML::Node& node, const char* key, const std::string& fallback) {
  return node[key] && node[key].IsScalar() ? node[key].Scalar() : fallback;
}

template <typename T>
Result<T> Choice(const std::string& text, const std::vector<std::pair<std::string, T>>& choices,
                 const std::string& where) {
  std::vector<std::string> names;
  for (const auto& [name, value] : choices) {
    if (name == text) return value;
    names.push_back(name);
  }
  return Fail(ErrorKind::kInvalidInput, fmt::format("{}: '{}' is none of {}", where, text, fmt::join(names, ", ")));
}

Result<FieldSpec> ParseField(const YAML::Node& node, const std::string& where) {
  FieldSpec field;
  if (node.IsScalar()) {
    field.name = node.Scalar();
    return field;
  }
  FLOE_TRY_VOID(CheckKeys(node, {"name", "from", "type", "required"}, where));
  field.name = Text(node, "name", "");
  if (field.name.empty()) return Fail(ErrorKind::kInvalidInput, where + ": a field needs a name");
  FLOE_TRY(
      field.source,
      Choice<FieldSource>(Text(node, "from", "query"),
                          {{"query", FieldSource::kQuery}, {"path", FieldSource::kPath}, {"body", FieldSource::kBody}},
                          where + ".from"));
  FLOE_TRY(field.type, Choice<FieldType>(Text(node, "type", "string"),
                                         {{"string", FieldType::kString},
                                          {"number", FieldType::kNumber},
                                          {"integer", FieldType::kInteger},
                                          {"boolean", FieldType::kBoolean}},
                                         where + ".type"));
  FLOE_TRY(field.required, ParseBoolean(Text(node, "required", "true")));
  return field;
}

Result<RouteSpec> ParseRoute(const YAML::Node& node, const std::string& where) {
  FLOE_TRY_VOID(CheckKeys(node, {"method", "path", "topic", "key", "fields", "value", "answer"}, where));
  RouteSpec route;
  route.path = Text(node, "path", "");
  route.topic = Text(node, "topic", "");
  route.key_field = Text(node, "key", "");
  route.value = Text(node, "value", "");
  route.answer = Text(node, "answer", route.answer);
  if (route.path.empty() || route.topic.empty())
    return Fail(ErrorKind::kInvalidInput, where + ": a route needs 'path' and 'topic'");
  FLOE_TRY(route.method,
           Choice<net::Method>(Text(node, "method", "GET"),
                               {{"GET", net::Method::kGet}, {"POST", net::Method::kPost}, {"PUT", net::Method::kPut}},
                               where + ".method"));
  for (const YAML::Node& entry : node["fields"]) {
    FLOE_TRY(FieldSpec field, ParseField(entry, fmt::format("{}.fields[{}]", where, route.fields.size())));
    route.fields.push_back(std::move(field));
  }
  return route;
}

/// yaml-cpp throws; this is its fence.
Result<YAML::Node> LoadYaml(const std::string& yaml) {
  try {
    return YAML::Load(yaml);
  } catch (const YAML::Exception& e) {
    return Fail(ErrorKind::kInvalidInput, std::string("ingest.routes: ") + e.what());
  }
}

}  // namespace

Result<std::vector<RouteSpec>> ParseIngestRoutes(const std::string& yaml) {
  if (yaml.empty()) return std::vector<RouteSpec>{ingest::WeatherRoute()};
  FLOE_TRY(YAML::Node root, LoadYaml(yaml));
  if (!root.IsSequence()) return Fail(ErrorKind::kInvalidInput, "ingest.routes: a list of routes is expected");
  std::vector<RouteSpec> routes;
  for (const YAML::Node& node : root) {
    FLOE_TRY(RouteSpec route, ParseRoute(node, fmt::format("ingest.routes[{}]", routes.size())));
    routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace floe::server
