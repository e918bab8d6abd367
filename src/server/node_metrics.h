// SPDX-License-Identifier: Apache-2.0
// What /metrics tells about jobs, topics and tables; docs/metrics.md lists it.
#pragma once

#include "server/node.h"

namespace floe::server {

/// Adds callbacks that read the node's parts when somebody scrapes. `parts` outlives the registry's use.
void AddNodeMetrics(Node::Parts& parts);

}  // namespace floe::server
