// SPDX-License-Identifier: Apache-2.0
// What a node does now and then by itself: deletes table files that nothing refers to any more.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

namespace floe::iceberg {
class Catalog;
}

namespace floe::server {

/// One thread while it lives; its destructor waits for what is under way. `catalog` outlives it.
class Maintenance {
 public:
  explicit Maintenance(iceberg::Catalog& catalog);
  ~Maintenance();
  Maintenance(const Maintenance&) = delete;
  Maintenance& operator=(const Maintenance&) = delete;

 private:
  void Run();

  iceberg::Catalog& catalog_;
  std::mutex mu_;
  std::condition_variable stop_changed_;
  bool stop_ = false;  // guarded by mu_
  std::thread thread_;
};

}  // namespace floe::server
