// SPDX-License-Identifier: Apache-2.0
#include "server/maintenance.h"

#include <chrono>

#include "base/logging.h"
#include "iceberg/commit/catalog.h"

namespace floe::server {
namespace {

constexpr std::chrono::seconds kInterval{30};

}  // namespace

Maintenance::Maintenance(iceberg::Catalog& catalog) : catalog_(catalog), thread_([this] { Run(); }) {}

Maintenance::~Maintenance() {
  {
    std::lock_guard lock(mu_);
    stop_ = true;
  }
  stop_changed_.notify_all();
  thread_.join();
}

void Maintenance::Run() {
  std::unique_lock lock(mu_);
  while (!stop_changed_.wait_for(lock, kInterval, [this] { return stop_; })) {
    lock.unlock();
    auto removed = catalog_.CollectGarbage();
    if (!removed)
      logging::Warn("server", "unreferenced table files were not removed; the next round tries again",
                    {{"error", removed.error().ToString()}});
    lock.lock();
  }
}

}  // namespace floe::server
