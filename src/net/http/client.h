// SPDX-License-Identifier: Apache-2.0
// A small blocking HTTP client for the command line talking to a node. Plain HTTP/1.1, no redirects, no proxies.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http/message.h"

namespace floe::net {

struct ClientRequest {
  Method method = Method::kGet;
  std::string url;  ///< "http://127.0.0.1:3000/api/status"
  NameValues headers;
  std::string body;
  std::chrono::milliseconds connect_timeout{3'000};
  std::chrono::milliseconds idle_timeout{60'000};  ///< without a byte from the server
  std::uint64_t max_body_bytes = 256ULL << 20;     ///< of a collected body
  /// Called with each piece of a 2xx body as it arrives; then `body` of the response stays empty. False stops:
  /// kCancelled.
  std::function<bool(std::string_view)> on_data;
};

struct ClientResponse {
  int status = 0;
  NameValues headers;
  std::string body;
};

struct ParsedUrl {
  std::string host;
  std::string port;
  std::string target;
};

/// "http://host[:port][/path]"; kInvalidInput, kNotSupported (https).
Result<ParsedUrl> ParseUrl(std::string_view url);

/// Blocks the calling thread. kUnavailable (nobody answers: is the node running?), kTimeout, kInvalidInput (url),
/// kTooLarge, kCorruption (no valid HTTP). A 4xx or 5xx is a response, not an error.
Result<ClientResponse> Call(const ClientRequest& request);

/// The error in the house's error body of a 4xx or 5xx answer, for showing to the user.
Error ErrorOf(const ClientResponse& response);

}  // namespace floe::net
