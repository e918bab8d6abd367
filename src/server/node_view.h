// SPDX-License-Identifier: Apache-2.0
// What the console sees of a node.
#pragma once

#include "console/console.h"
#include "server/node.h"
#include "stream/runtime/task.h"

namespace floe::server {

console::NodeView ViewOf(Node::Parts& parts);
/// Also the body of the command line's status.
Result<console::NodeStatus> StatusOf(Node::Parts& parts);

/// Totals of a job over its sources and sinks.
struct JobTotals {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t filtered = 0;
  std::int64_t late = 0;
  std::int64_t dead_lettered = 0;
  std::int64_t skipped = 0;
  std::int64_t lag = 0;
};
JobTotals TotalsOf(const stream::TaskStatus& task);

}  // namespace floe::server
