// SPDX-License-Identifier: Apache-2.0
// How a command reaches a node: over HTTP to a running one, or straight into one inside this process. The API is the
// same.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "server/api.h"

namespace floe::cli {

class Transport {
 public:
  virtual ~Transport() = default;
  /// Calls `on_bytes` with the answer as it comes; when that returns false the request is given up, which cancels its
  /// work on the node. An answer of 400 or more comes back as the Error it holds. kUnavailable when the node does not
  /// answer.
  virtual Status Call(const server::ApiRequest& request, const std::function<bool(std::string_view)>& on_bytes) = 0;
  /// "http://127.0.0.1:3000", or "embedded".
  virtual std::string Describe() const = 0;
  /// Whether the node lives in this process.
  virtual bool embedded() const { return false; }

  /// The whole answer.
  Result<std::string> Fetch(const server::ApiRequest& request);
};

/// `url` is a node's console address, "http://HOST:PORT" or "HOST:PORT". `find` tells where the node is when nobody
/// answers there any more: it may have started again on another port.
std::unique_ptr<Transport> MakeHttpTransport(const std::string& url, std::function<std::string()> find = {});
/// `api` outlives the transport.
std::unique_ptr<Transport> MakeLocalTransport(const server::Api& api);

/// The Error inside {"error": {...}}, if that is what `body` holds.
std::optional<Error> ErrorFromJson(std::string_view body);

}  // namespace floe::cli
