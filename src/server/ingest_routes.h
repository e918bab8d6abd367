// SPDX-License-Identifier: Apache-2.0
// ingest.routes of the configuration as route specs.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "ingest/route_spec.h"

namespace floe::server {

/// `yaml` is the value of ingest.routes; empty means the weather pipeline's route. kInvalidInput names the route and
/// the key.
Result<std::vector<ingest::RouteSpec>> ParseIngestRoutes(const std::string& yaml);

}  // namespace floe::server
