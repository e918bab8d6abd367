// SPDX-License-Identifier: Apache-2.0
// Files compiled into the program, served as they were compressed at build time.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "net/http/router.h"

namespace floe::net {

struct StaticAsset {
  std::string_view path;  ///< "/assets/index-4f2a.js"; "/index.html" also answers "/"
  std::string_view content_type;
  std::string_view etag;   ///< without quotes: a hash of the content
  bool immutable = false;  ///< the name holds a hash, so a browser may keep it forever
  std::span<const std::uint8_t> gzip;
};

/// One GET route per asset. The assets must live as long as the router. kAlreadyExists.
Status AddStaticAssets(Router& router, std::span<const StaticAsset> assets);

}  // namespace floe::net
