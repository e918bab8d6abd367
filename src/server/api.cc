// SPDX-License-Identifier: Apache-2.0
#include "server/api.h"

#include <cstdint>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/result.h"
#include "net/http/message.h"

namespace floe::server {
namespace {

std::vector<std::string> Segments(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    std::size_t slash = path.find('/');
    if (slash > 0) segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return segments;
}

bool Matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path,
             Api::Parameters& parameters) {
  if (pattern.size() != path.size()) return false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i].starts_with('{')) {
      parameters[pattern[i].substr(1, pattern[i].size() - 2)] = path[i];
    } else if (pattern[i] != path[i]) {
      return false;
    }
  }
  return true;
}

/// Remembers whether the handler has begun, so that an error can still have its own status.
class WatchedReply final : public ApiReply {
 public:
  explicit WatchedReply(ApiReply& inner) : inner_(inner) {}
  void Begin(int status, std::string_view content_type) override {
    begun = true;
    inner_.Begin(status, content_type);
  }
  bool Write(std::string_view bytes) override { return inner_.Write(bytes); }
  bool begun = false;

 private:
  ApiReply& inner_;
};

Status Guarded(const Api::Handler& handler, const ApiRequest& request, const Api::Parameters& parameters,
               ApiReply& reply) {
  try {
    return handler(request, parameters, reply);
  } catch (const nlohmann::json::exception& e) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("the request's JSON does not fit: {}", e.what()));
  }
}

}  // namespace

void Api::Add(const std::string& method, const std::string& path, Handler handler) {
  routes_.push_back({method, Segments(path), std::move(handler)});
}

void Api::Handle(const ApiRequest& request, ApiReply& reply) const {
  std::vector<std::string> path = Segments(request.path);
  bool other_method = false;
  for (const Route& route : routes_) {
    Parameters parameters;
    if (!Matches(route.segments, path, parameters)) continue;
    if (route.method != request.method) {
      other_method = true;
      continue;
    }
    WatchedReply watched(reply);
    Status done = Guarded(route.handler, request, parameters, watched);
    if (done) return;
    if (!watched.begun) watched.Begin(net::HttpStatus(done.error().kind()), "application/json");
    watched.Write(ErrorJson(done.error()) + "\n");
    return;
  }
  Error error(ErrorKind::kNotFound, fmt::format("{} {} is not part of the API", request.method, request.path));
  reply.Begin(other_method ? 405 : 404, "application/json");
  reply.Write(ErrorJson(error) + "\n");
}

std::vector<std::pair<std::string, std::string>> Api::Routes() const {
  std::vector<std::pair<std::string, std::string>> routes;
  for (const Route& route : routes_) {
    std::string path;
    for (const std::string& segment : route.segments) path += "/" + segment;
    routes.emplace_back(route.method, path);
  }
  return routes;
}

namespace {

std::unexpected<Error> WrongMember(const char* key, const char* wanted) {
  return Fail(ErrorKind::kInvalidInput, fmt::format("the body's '{}' must be {}", key, wanted));
}

}  // namespace

Result<std::string> TextMember(const nlohmann::ordered_json& body, const char* key,
                               std::optional<std::string> fallback) {
  const auto found = body.find(key);
  if (found == body.end() && fallback) return *std::move(fallback);
  if (found == body.end() || !found->is_string()) return WrongMember(key, "a text");
  return found->get<std::string>();
}

Result<int> NumberMember(const nlohmann::ordered_json& body, const char* key, std::optional<int> fallback) {
  const auto found = body.find(key);
  if (found == body.end() && fallback) return *fallback;
  if (found == body.end() || !found->is_number_integer()) return WrongMember(key, "a whole number");
  const auto number = found->get<std::int64_t>();
  if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max())
    return WrongMember(key, "a whole number of 32 bits");
  return static_cast<int>(number);
}

std::string JsonText(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Status ReplyJson(ApiReply& reply, const nlohmann::ordered_json& json, int status) {
  return ReplyText(reply, JsonText(json), status);
}

Status ReplyText(ApiReply& reply, const std::string& json, int status) {
  reply.Begin(status, "application/json");
  reply.Write(json);
  reply.Write("\n");
  return {};
}

std::string ErrorJson(const Error& error) {
  nlohmann::ordered_json body;
  body["kind"] = net::ErrorKindName(error.kind());
  body["message"] = error.ToString();
  if (error.position()) {
    body["position"] = {{"line", error.position()->line}, {"column", error.position()->column}};
  }
  nlohmann::ordered_json whole;
  whole["error"] = std::move(body);
  return JsonText(whole);
}

}  // namespace floe::server
