// SPDX-License-Identifier: Apache-2.0
// Finds the handler of a method and path.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "net/http/message.h"

namespace floe::net {

/// Answers at once on the I/O thread: no disk, no waiting.
using Handler = std::function<Response(const Request&)>;
/// May wait. The request lives until the response, streams included, is sent. Errors become Response::Error.
using AsyncHandler = std::function<Task<Result<Response>>(const Request&)>;

struct RouteOptions {
  /// Set for a GET that changes something: it gets the cross-site check that other methods get anyway.
  bool mutates = false;
};

struct Route {
  Method method = Method::kGet;
  std::string path_template;
  std::vector<std::string> segments;  ///< "{name}" for a parameter
  std::variant<Handler, AsyncHandler> handler;
  RouteOptions options;
};

/// Built first, then read by all threads. A path matches exactly: no prefix, no trailing slash, no case folding.
/// Literal segments win over parameters. GET routes answer HEAD too.
class Router {
 public:
  /// `path_template`: "/topics/{topic}". kInvalidInput (malformed template), kAlreadyExists.
  Status Add(Method method, std::string_view path_template, Handler handler, RouteOptions options = {});
  Status AddAsync(Method method, std::string_view path_template, AsyncHandler handler, RouteOptions options = {});

  /// The same for routes written in code, where a bad template is a bug: FLOE_CHECK.
  Router& On(Method method, std::string_view path_template, Handler handler, RouteOptions options = {});
  Router& OnAsync(Method method, std::string_view path_template, AsyncHandler handler, RouteOptions options = {});

  /// Fills `request.path_params`. kNotFound (no such path), kNotSupported (the path exists, the method does not).
  /// kInvalidInput (bad encoding).
  Result<const Route*> Match(Request& request) const;
  /// Methods of a path, for the Allow header.
  std::vector<Method> MethodsOf(std::string_view path) const;

  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  Status Insert(Method method, std::string_view path_template, std::variant<Handler, AsyncHandler> handler,
                RouteOptions options);

  std::vector<std::unique_ptr<Route>> routes_;
};

}  // namespace floe::net
