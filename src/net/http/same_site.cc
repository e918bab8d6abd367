// SPDX-License-Identifier: Apache-2.0
#include "net/http/same_site.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace floe::net {

namespace {

// "localhost:3000" -> "localhost", "[::1]:3000" -> "::1".
std::string_view HostName(std::string_view host) {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    return end == std::string_view::npos ? std::string_view() : host.substr(1, end - 1);
  }
  return host.substr(0, host.rfind(':'));
}

// Dotted quads only, so that names like 127.0.0.1.example.com do not pass.
bool IsLoopbackV4(std::string_view name) {
  int parts = 0;
  while (true) {
    const auto dot = name.find('.');
    const std::string_view part = name.substr(0, dot);
    int value = -1;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size() || value < 0 || value > 255) return false;
    if (parts == 0 && value != 127) return false;
    ++parts;
    if (dot == std::string_view::npos) return parts == 4;
    name.remove_prefix(dot + 1);
  }
}

}  // namespace

Status CheckHost(const SameSiteRules& rules, const Request& request) {
  const std::string_view name = HostName(request.Header("Host"));
  if (!rules.loopback && rules.allowed_hosts.empty()) return {};
  if (name == "localhost" || name.ends_with(".localhost") || name == "::1" || IsLoopbackV4(name)) return {};
  const auto& hosts = rules.allowed_hosts;
  if (std::ranges::find(hosts, name) != hosts.end() || std::ranges::find(hosts, "*") != hosts.end()) return {};
  return Fail(
      ErrorKind::kPermissionDenied,
      fmt::format("Host '{}' is not a name of this node; use localhost or 127.0.0.1, or add it to http.allowed-hosts",
                  name));
}

Status CheckOrigin(const SameSiteRules& rules, const Request& request) {
  const std::string_view origin = request.Header("Origin");
  const std::string_view site = request.Header("Sec-Fetch-Site");
  const auto& allowed = rules.allowed_origins;
  if (!origin.empty()) {
    const std::string_view host = request.Header("Host");
    const bool same = (origin.starts_with("http://") && origin.substr(7) == host) ||
                      (origin.starts_with("https://") && origin.substr(8) == host);
    if (same || std::ranges::find(allowed, origin) != allowed.end()) return {};
    return Fail(
        ErrorKind::kPermissionDenied,
        fmt::format("a page of '{}' may not change this node; add it to http.allowed-origins if it is yours", origin));
  }
  if (site.empty() || site == "same-origin" || site == "none") return {};
  return Fail(ErrorKind::kPermissionDenied, "another web site may not change this node through your browser");
}

}  // namespace floe::net
