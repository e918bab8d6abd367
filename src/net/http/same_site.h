// SPDX-License-Identifier: Apache-2.0
// Keeps a web page somewhere on the Internet from talking to a node on this machine through the user's browser.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "net/http/message.h"

namespace floe::net {

struct SameSiteRules {
  bool loopback = true;                      ///< bound to loopback: only loopback names are accepted as Host
  std::vector<std::string> allowed_hosts;    ///< more names without port; "*" accepts all
  std::vector<std::string> allowed_origins;  ///< full origins ("http://localhost:5173") that may change things
};

/// DNS rebinding: a Host that is no loopback name on a loopback listener is refused. kPermissionDenied.
Status CheckHost(const SameSiteRules& rules, const Request& request);
/// Cross-site writes: a browser says where a request comes from (Origin, Sec-Fetch-Site). Programs that send neither
/// pass. kPermissionDenied.
Status CheckOrigin(const SameSiteRules& rules, const Request& request);

}  // namespace floe::net
