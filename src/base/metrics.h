// SPDX-License-Identifier: Apache-2.0
// Counters, gauges and histograms of the process, printed as Prometheus text.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace floe::metrics {

using Labels = std::map<std::string, std::string>;

/// Only goes up. Thread-safe, a few nanoseconds.
class Counter {
 public:
  virtual ~Counter() = default;
  virtual void Add(double n = 1) = 0;
  virtual double value() const = 0;
};

class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void Set(double value) = 0;
};

/// Fixed upper bounds, in the unit of the metric's name (seconds, bytes).
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void Observe(double value) = 0;
};

/// One per process, made by the composition root. Names are stable and follow Prometheus
/// (`floe_log_appended_bytes_total`); label values come from bounded sets only. Thread-safe. References stay valid as
/// long as the registry lives; asking again for the same name and labels returns the same object.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter& GetCounter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& GetGauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram& GetHistogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                          const Labels& labels = {});

  /// A gauge or counter whose value is asked for when it is printed; `read` must not block.
  struct Sample {
    Labels labels;
    double value = 0;
  };
  void AddCallback(const std::string& name, const std::string& help, bool is_counter,
                   std::function<std::vector<Sample>()> read);

  /// Prometheus text format 0.0.4.
  std::string Print() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Resident, proportional (PSS) and CPU figures of this process, as Prometheus names them (process_cpu_seconds_total,
/// ...).
void AddProcessMetrics(Registry& registry);

}  // namespace floe::metrics
