// SPDX-License-Identifier: Apache-2.0
#include "base/secrets.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace floe {
namespace {

constexpr std::array<std::string_view, 11> kSensitiveParts = {
    "password",    "secret", "fs.azure.account.key", "apikey",      "api-key",     "auth-params",
    "service-key", "token",  "basic-auth",           "jaas.config", "http-headers"};

/// The password of "scheme://user:password@host".
void HideLogin(std::string& url, std::size_t begin) {
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  const std::size_t at = url.substr(0, end).rfind('@');
  const std::size_t colon = url.find(':', begin);
  if (at == std::string::npos || at < begin || colon >= at) return;
  url.replace(colon + 1, at - colon - 1, kHiddenValue);
}

/// Values behind "?a=b&c=d" or ";a=b".
void HideParameters(std::string& url, std::size_t begin) {
  std::size_t mark = url.find_first_of("?;", begin);
  while (mark != std::string::npos) {
    const std::size_t end = std::min(url.find_first_of("&;", mark + 1), url.size());
    const std::size_t equals = url.find('=', mark);
    std::size_t next = end;
    if (equals < end && IsSensitiveKey(std::string_view(url).substr(mark + 1, equals - mark - 1))) {
      url.replace(equals + 1, end - equals - 1, kHiddenValue);
      next = equals + 1 + kHiddenValue.size();
    }
    mark = next < url.size() ? next : std::string::npos;
  }
}

}  // namespace

bool IsSensitiveKey(std::string_view key) {
  std::string lower(key);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return c < 128 ? std::tolower(c) : c; });
  return std::ranges::any_of(kSensitiveParts,
                             [&](std::string_view part) { return lower.find(part) != std::string::npos; });
}

std::string ShownValue(std::string_view key, std::string_view value) {
  if (IsSensitiveKey(key)) return std::string(kHiddenValue);
  std::string shown(value);
  if (const std::size_t scheme = shown.find("://"); scheme != std::string::npos) {
    HideLogin(shown, scheme + 3);
    HideParameters(shown, scheme + 3);
  }
  return shown;
}

}  // namespace floe
