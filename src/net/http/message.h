// SPDX-License-Identifier: Apache-2.0
// HTTP requests and responses as plain values; handlers see these and nothing of the wire.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/async/task.h"
#include "base/error.h"

namespace floe::net {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kPatch, kOptions };

std::string_view ToString(Method method);

using NameValues = std::vector<std::pair<std::string, std::string>>;

/// Parsed and checked: path and query are percent-decoded, the body is complete and within the server's limit.
struct Request {
  Method method = Method::kGet;
  std::string target;      ///< as sent, "/topics/a%20b?x=1"
  std::string path;        ///< the part before '?', still encoded
  NameValues path_params;  ///< by the names of the route's template
  NameValues query;
  NameValues headers;
  std::string body;
  std::string remote_address;
  std::string id;  ///< X-Request-Id of the client when well-formed, else made here

  /// Case-insensitive; empty when absent.
  std::string_view Header(std::string_view name) const;
  /// nullptr when absent; the first one wins.
  const std::string* Query(std::string_view name) const;
  /// Empty when the template has no such name.
  std::string_view PathParam(std::string_view name) const;
};

/// Writes a body whose length is not known yet (chunked). Back-pressure: Write returns when the kernel took the bytes.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// kUnavailable or kTimeout when the client is gone or too slow, kCancelled on shutdown; then stop writing.
  virtual Task<Status> Write(std::string bytes) = 0;
};

struct Response {
  /// Runs after the headers went out. An error cuts the connection, so that the client sees a truncated body.
  using Stream = std::move_only_function<Task<Status>(BodyWriter&)>;

  int status = 200;
  std::string content_type = "application/json";
  NameValues headers;
  std::string body;
  std::string_view static_body;  ///< used instead of `body` when not empty; must live as long as the server
  Stream stream;

  static Response Json(std::string text, int status = 200);
  static Response Text(std::string text, int status = 200);
  static Response Streaming(std::string content_type, Stream stream);
  /// The house's error body: {"error":{"kind":..,"message":..,"position"?:{"line":..,"column":..}}}.
  static Response Error(const floe::Error& error);
};

/// The one table from error kinds to HTTP status codes.
int HttpStatus(ErrorKind kind);
/// "kNotFound" -> "not_found": the stable name in JSON bodies.
std::string ErrorKindName(ErrorKind kind);
std::string_view ReasonPhrase(int status);

}  // namespace floe::net
