// SPDX-License-Identifier: Apache-2.0
// The page of web/, compressed and compiled in at build time.
#pragma once

#include <span>

#include "net/http/static_assets.h"

namespace floe::console {

/// Lives as long as the process. Built with FLOE_WEB=OFF: one page that says so.
std::span<const net::StaticAsset> WebAssets();

}  // namespace floe::console
