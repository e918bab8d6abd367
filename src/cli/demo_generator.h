// SPDX-License-Identifier: Apache-2.0
// The weather pipeline's client: ten cities, temperatures 0 to 120, over HTTP as the requirement's client does it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"

namespace floe::cli {

/// Sends GET /log?city=…&temperature=… to an ingest address from a thread of its own, over keep-alive connections:
/// one, or as many as a rate needs, since each answers one request after the other and only when it is on disk.
class WeatherGenerator {
 public:
  /// `rate` in events a second; 0 is the requirement's client: ten records each five seconds.
  WeatherGenerator(std::string address, std::int64_t rate);
  ~WeatherGenerator();
  void Start();
  /// Returns after the last answer has come.
  Status Stop();
  /// Requests that were answered with 200, so whose record is durable.
  std::int64_t acknowledged() const { return acknowledged_; }
  std::int64_t refused() const { return refused_; }

 private:
  struct Connection;
  void Run();
  Status Connect();
  Status SendBatch(const Connection& connection, std::int64_t count);
  Status ReadAnswers(Connection& connection, std::int64_t count);

  const std::string address_;
  const std::int64_t rate_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> acknowledged_{0};
  std::atomic<std::int64_t> refused_{0};
  std::uint64_t sequence_ = 0;           // thread only
  std::vector<Connection> connections_;  // thread only
  Status outcome_;                       // thread only until joined
  std::thread thread_;
};

}  // namespace floe::cli
