// SPDX-License-Identifier: Apache-2.0
// The Kafka service of a node.
#pragma once

#include <memory>

#include "base/async/compute_pool.h"
#include "base/async/io_threads.h"
#include "base/clock.h"
#include "base/memory_budget.h"
#include "base/metrics.h"
#include "kafka/server/group_admin.h"
#include "kafka/server/offset_store.h"
#include "kafka/server/options.h"
#include "log/log.h"
#include "meta/store.h"

namespace floe::kafka {

/// What the service works with; all outlive it.
struct ServerDependencies {
  IoThreads& io;
  ComputePool& compute;
  log::Log& log;
  meta::Store& store;
  OffsetStore& offsets;
  Clock& clock;
  Random& random;
  metrics::Registry* metrics = nullptr;
  MemoryBudget* memory = nullptr;  ///< of the node; what requests and responses take is reserved there
};

/// Start and Stop block; call them from a thread that may. Ready for clients once Start has returned.
class Server {
 public:
  /// kAlreadyExists (port in use), kPermissionDenied (public bind).
  static Result<std::unique_ptr<Server>> Start(ServerDependencies dependencies, ServerOptions options);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const net::ListenAddress& address() const;
  const std::string& cluster_id() const;
  /// Until Stop.
  GroupAdmin& groups();
  /// Stops accepting, lets waiting clients go, ends every connection. What was acknowledged is durable. Idempotent.
  void Stop();

 private:
  struct Impl;
  explicit Server(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace floe::kafka
