// SPDX-License-Identifier: Apache-2.0
// Serves the node's blocking API over HTTP: each call runs on the compute pool and streams its answer with
// back-pressure.
#pragma once

#include "base/async/compute_pool.h"
#include "net/http/router.h"
#include "server/api.h"

namespace floe::server {

/// Adds every route of `api` to `router`. Both, and the pool, outlive the HTTP server. A client that goes away sets the
/// request's cancelled flag. `ApiRequest` streams hold one pool thread each while they run.
void AddApiRoutes(const Api& api, ComputePool& pool, net::Router& router);

}  // namespace floe::server
