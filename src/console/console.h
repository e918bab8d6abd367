// SPDX-License-Identifier: Apache-2.0
// The console port: the page, its data, status, health and metrics.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/async/compute_pool.h"
#include "base/async/io_threads.h"
#include "base/async/one_shot.h"
#include "base/async/task_scope.h"
#include "base/clock.h"
#include "console/node_status.h"
#include "console/series.h"
#include "net/http/event_stream.h"
#include "net/http/router.h"

namespace floe::console {

struct ComponentHealth {
  std::string name;
  bool ready = false;
  std::string reason;  ///< why it is not
};

/// What the composition root connects. All may be called from several threads at once.
struct NodeView {
  /// Rows of a live table whose time is later than `after` (INT64_MIN: all). Runs on the compute pool and may block.
  /// kNotFound (the table is not there yet) counts as empty.
  std::function<Result<std::vector<SeriesPoint>>(const std::string& table, TimestampMs after)> rows_of;
  /// Runs on the compute pool and may block.
  std::function<Result<NodeStatus>()> status;
  /// Prometheus text; must not block.
  std::function<std::string()> metrics;
  /// Must not block.
  std::function<std::vector<ComponentHealth>()> health;
};

struct ConsoleOptions {
  std::string table = "weather_average";  ///< the live table behind the charts
  std::vector<std::string> cities = WeatherCities();
  std::chrono::milliseconds poll{200};  ///< how often the table is read while pages are open
  std::chrono::milliseconds status_every{1000};
};

/// Routes of port 3000; others may add their own to the same router. Stop before the server that uses the router.
class Console {
 public:
  Console(IoThreads& io, ComputePool& pool, Clock& clock, NodeView view, ConsoleOptions options = {});
  ~Console();

  Status AddRoutes(net::Router& router);
  /// Starts reading the table and the status for open pages.
  void Start();
  /// Ends all streams and the readers; idempotent.
  void Stop();
  /// The live table has new rows: read it now instead of at the next poll. Any thread, cheap.
  void NotifyChanged();

 private:
  Task<Result<net::Response>> Series(const net::Request& request, bool needs_since);
  Task<Result<net::Response>> StatusNow(const net::Request& request);
  Task<Result<net::Response>> Stream(const net::Request& request);
  Task<Result<std::string>> InitialEvents(TimestampMs since);
  Task<Result<std::vector<SeriesPoint>>> Read(TimestampMs after);
  Task<Result<std::string>> ReadStatus();
  Task<void> PublishPoints();
  Task<void> PublishStatus();
  net::Response Ready() const;

  ComputePool& pool_;
  Clock& clock_;
  const NodeView view_;
  const ConsoleOptions options_;
  net::EventStream stream_;
  std::mutex mu_;
  // Guarded by mu_.
  TopicRates rates_;
  std::optional<OneShot<bool>> changed_;
  bool dirty_ = false;
  TaskScope scope_;
};

}  // namespace floe::console
