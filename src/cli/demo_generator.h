// SPDX-License-Identifier: Apache-2.0
// The weather pipeline's client: ten cities, temperatures 0 to 120, over HTTP as the requirement's client does it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "base/error.h"

namespace floe::cli {

/// Sends GET /log?city=…&temperature=… to an ingest address from a thread of its own; one keep-alive connection,
/// pipelined when a rate asks for it.
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
  void Run();
  Status SendBatch(int socket, std::int64_t count);
  Status ReadAnswers(int socket, std::int64_t count);

  const std::string address_;
  const std::int64_t rate_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> acknowledged_{0};
  std::atomic<std::int64_t> refused_{0};
  std::uint64_t sequence_ = 0;  // thread only
  std::string received_;        // thread only
  Status outcome_;              // thread only until joined
  std::thread thread_;
};

}  // namespace floe::cli
