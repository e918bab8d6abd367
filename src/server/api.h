// SPDX-License-Identifier: Apache-2.0
// The node's JSON API: what the command line and the console ask for, independent of HTTP.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"

namespace floe::server {

struct ApiRequest {
  std::string method;  ///< GET, POST, PUT, DELETE
  std::string path;    ///< "/api/v1/topics/weather", percent-decoded
  std::map<std::string, std::string> query;
  std::string body;
  /// Set by the caller's side when the answer is no longer wanted; long work looks at it. Null: never.
  const std::atomic<bool>* cancelled = nullptr;

  bool IsCancelled() const { return cancelled != nullptr && cancelled->load(std::memory_order_relaxed); }
};

/// Takes the answer piece by piece; called from one thread.
class ApiReply {
 public:
  virtual ~ApiReply() = default;
  /// Once, before the first Write.
  virtual void Begin(int status, std::string_view content_type) = 0;
  /// False when nobody listens any more: stop working.
  virtual bool Write(std::string_view bytes) = 0;
};

/// A table of routes; "{name}" in a path matches one segment. Handlers block (compute threads only), and are
/// thread-safe.
class Api {
 public:
  using Parameters = std::map<std::string, std::string>;
  using Handler = std::function<Status(const ApiRequest&, const Parameters&, ApiReply&)>;

  void Add(const std::string& method, const std::string& path, Handler handler);
  /// An error of a handler that has not begun to answer becomes {"error":{"kind","message",...}} with its HTTP status.
  /// The fence of nlohmann's exceptions: JSON of another shape than a handler expects is kInvalidInput.
  void Handle(const ApiRequest& request, ApiReply& reply) const;
  /// The routes' paths, for the HTTP server and for "not found" answers.
  std::vector<std::pair<std::string, std::string>> Routes() const;

 private:
  struct Route {
    std::string method;
    std::vector<std::string> segments;
    Handler handler;
  };
  std::vector<Route> routes_;
};

/// Of a request's body: the member `key`, or `fallback` where there is none. kInvalidInput when it is something else,
/// or missing without a fallback.
Result<std::string> TextMember(const nlohmann::ordered_json& body, const char* key,
                               std::optional<std::string> fallback = std::nullopt);
Result<int> NumberMember(const nlohmann::ordered_json& body, const char* key,
                         std::optional<int> fallback = std::nullopt);

/// As text; what is no UTF-8 in it (ids of Kafka's clients, say) is replaced.
std::string JsonText(const nlohmann::ordered_json& json);
/// Sends a whole JSON document.
Status ReplyJson(ApiReply& reply, const nlohmann::ordered_json& json, int status = 200);
Status ReplyText(ApiReply& reply, const std::string& json, int status = 200);
/// {"error": {...}} of an Error.
std::string ErrorJson(const Error& error);

}  // namespace floe::server
