// SPDX-License-Identifier: Apache-2.0
// Which jobs read or write a topic of this node.
#pragma once

#include <optional>
#include <string>

#include "server/parts.h"
#include "stream/runtime/job_manager.h"

namespace floe::server {

/// Whether any server of a bootstrap list is this node's own listener ("localhost:9092" is).
bool NamesThisNode(const Node::Parts& p, const std::string& servers);

/// A job that runs, or waits to start again, and whose plan names the topic. Plans each of them: not for hot paths.
std::optional<stream::JobStatus> JobUsing(const Node::Parts& p, const std::string& topic);

}  // namespace floe::server
