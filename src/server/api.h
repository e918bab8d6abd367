// SPDX-License-Identifier: Apache-2.0
// The node's JSON API: what the command line and the console ask for, independent of HTTP.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

/// Sends a whole JSON document.
Status ReplyJson(ApiReply& reply, const std::string& json, int status = 200);
/// {"error": {...}} of an Error.
std::string ErrorJson(const Error& error);

}  // namespace floe::server
