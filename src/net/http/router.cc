// SPDX-License-Identifier: Apache-2.0
#include "net/http/router.h"

#include <algorithm>

#include <fmt/format.h>

#include "net/http/uri.h"

namespace floe::net {

namespace {

bool IsParam(std::string_view segment) {
  return segment.starts_with('{');
}

Result<std::vector<std::string>> ParseTemplate(std::string_view text) {
  FLOE_TRY(auto segments, PathSegments(text));
  for (const auto& segment : segments) {
    const bool brace = segment.find_first_of("{}") != std::string::npos;
    const bool param = IsParam(segment) && segment.ends_with('}') && segment.size() > 2 &&
                       segment.find_first_of("{}", 1) == segment.size() - 1;
    if (brace && !param) {
      return Fail(ErrorKind::kInvalidInput,
                  fmt::format("route '{}': a parameter is a whole segment, as in /topics/{{topic}}", text));
    }
  }
  return segments;
}

bool Fits(const Route& route, const std::vector<std::string>& segments) {
  return std::ranges::equal(route.segments, segments, [](const std::string& pattern, const std::string& segment) {
    return IsParam(pattern) ? !segment.empty() : pattern == segment;
  });
}

bool SameShape(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::equal(a, b, [](const auto& x, const auto& y) { return x == y || (IsParam(x) && IsParam(y)); });
}

// Fewer parameters first, and the earlier literal first among equals.
bool MoreSpecific(const Route& a, const Route& b) {
  return std::ranges::lexicographical_compare(a.segments, b.segments, {}, IsParam, IsParam);
}

}  // namespace

Status Router::Insert(Method method, std::string_view path_template, std::variant<Handler, AsyncHandler> handler,
                      RouteOptions options) {
  FLOE_TRY(auto segments, ParseTemplate(path_template));
  for (const auto& route : routes_) {
    if (route->method == method && SameShape(route->segments, segments)) {
      return Fail(ErrorKind::kAlreadyExists,
                  fmt::format("route {} {} is already there as {}; give it another path or method", ToString(method),
                              path_template, route->path_template));
    }
  }
  auto route = std::make_unique<Route>();
  route->method = method;
  route->path_template = path_template;
  route->segments = std::move(segments);
  route->handler = std::move(handler);
  route->options = options;
  const auto before = std::ranges::find_if(routes_, [&](const auto& other) { return MoreSpecific(*route, *other); });
  routes_.insert(before, std::move(route));
  return {};
}

Status Router::Add(Method method, std::string_view path_template, Handler handler, RouteOptions options) {
  return Insert(method, path_template, std::move(handler), options);
}

Status Router::AddAsync(Method method, std::string_view path_template, AsyncHandler handler, RouteOptions options) {
  return Insert(method, path_template, std::move(handler), options);
}

Router& Router::On(Method method, std::string_view path_template, Handler handler, RouteOptions options) {
  FLOE_CHECK(Add(method, path_template, std::move(handler), options).has_value());
  return *this;
}

Router& Router::OnAsync(Method method, std::string_view path_template, AsyncHandler handler, RouteOptions options) {
  FLOE_CHECK(AddAsync(method, path_template, std::move(handler), options).has_value());
  return *this;
}

Result<const Route*> Router::Match(Request& request) const {
  FLOE_TRY(auto segments, PathSegments(request.path));
  const Method method = request.method == Method::kHead ? Method::kGet : request.method;
  bool path_exists = false;
  for (const auto& route : routes_) {
    if (!Fits(*route, segments)) continue;
    path_exists = true;
    if (route->method != method) continue;
    // HEAD must be harmless: link checkers and proxies send it.
    if (request.method == Method::kHead && route->options.mutates) continue;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const std::string& pattern = route->segments[i];
      if (IsParam(pattern)) request.path_params.emplace_back(pattern.substr(1, pattern.size() - 2), segments[i]);
    }
    return route.get();
  }
  if (path_exists) {
    return Fail(ErrorKind::kNotSupported,
                fmt::format("{} is not offered for {}", ToString(request.method), request.path));
  }
  return Fail(ErrorKind::kNotFound, fmt::format("there is nothing at {}", request.path));
}

std::vector<Method> Router::MethodsOf(std::string_view path) const {
  std::vector<Method> out;
  bool has_head = false;
  auto segments = PathSegments(path);
  if (!segments) return out;
  for (const auto& route : routes_) {
    if (!Fits(*route, *segments)) continue;
    out.push_back(route->method);
    if (route->method == Method::kGet && !route->options.mutates) has_head = true;
  }
  if (has_head) out.push_back(Method::kHead);
  if (!out.empty()) out.push_back(Method::kOptions);
  return out;
}

}  // namespace floe::net
