// SPDX-License-Identifier: Apache-2.0
#include "base/metrics.h"

#include <chrono>
#include <cstdio>
#include <mutex>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

namespace floe::metrics {
namespace {

class CounterImpl final : public Counter {
 public:
  explicit CounterImpl(prometheus::Counter& counter) : counter_(counter) {}
  void Add(double n) override { counter_.Increment(n); }
  double value() const override { return counter_.Value(); }

 private:
  prometheus::Counter& counter_;
};

class GaugeImpl final : public Gauge {
 public:
  explicit GaugeImpl(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void Set(double value) override { gauge_.Set(value); }

 private:
  prometheus::Gauge& gauge_;
};

class HistogramImpl final : public Histogram {
 public:
  explicit HistogramImpl(prometheus::Histogram& histogram) : histogram_(histogram) {}
  void Observe(double value) override { histogram_.Observe(value); }

 private:
  prometheus::Histogram& histogram_;
};

struct Callback {
  std::string name;
  std::string help;
  bool is_counter = false;
  std::function<std::vector<Registry::Sample>()> read;
};

prometheus::MetricFamily Collect(const Callback& callback) {
  prometheus::MetricFamily family;
  family.name = callback.name;
  family.help = callback.help;
  family.type = callback.is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
  for (const Registry::Sample& sample : callback.read()) {
    prometheus::ClientMetric metric;
    for (const auto& [key, value] : sample.labels) metric.label.push_back({key, value});
    metric.counter.value = sample.value;
    metric.gauge.value = sample.value;
    family.metric.push_back(std::move(metric));
  }
  return family;
}

std::int64_t StatmPages(int field) {
  long values[2] = {0, 0};
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld %ld", &values[0], &values[1]) != 2) values[field] = 0;
    std::fclose(file);
  }
  return values[field];
}

double CpuSeconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

struct Registry::Impl {
  prometheus::Registry registry;
  mutable std::mutex mu;
  std::map<std::pair<std::string, Labels>, std::unique_ptr<Counter>> counters;
  std::map<std::pair<std::string, Labels>, std::unique_ptr<Gauge>> gauges;
  std::map<std::pair<std::string, Labels>, std::unique_ptr<Histogram>> histograms;
  std::vector<Callback> callbacks;
};

Registry::Registry() : impl_(std::make_unique<Impl>()) {}
Registry::~Registry() = default;

Counter& Registry::GetCounter(const std::string& name, const std::string& help, const Labels& labels) {
  std::lock_guard lock(impl_->mu);
  auto& slot = impl_->counters[{name, labels}];
  if (!slot) {
    auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry);
    slot = std::make_unique<CounterImpl>(family.Add(labels));
  }
  return *slot;
}

Gauge& Registry::GetGauge(const std::string& name, const std::string& help, const Labels& labels) {
  std::lock_guard lock(impl_->mu);
  auto& slot = impl_->gauges[{name, labels}];
  if (!slot) {
    auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry);
    slot = std::make_unique<GaugeImpl>(family.Add(labels));
  }
  return *slot;
}

Histogram& Registry::GetHistogram(const std::string& name, const std::string& help, std::vector<double> bounds,
                                  const Labels& labels) {
  std::lock_guard lock(impl_->mu);
  auto& slot = impl_->histograms[{name, labels}];
  if (!slot) {
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(impl_->registry);
    slot = std::make_unique<HistogramImpl>(family.Add(labels, std::move(bounds)));
  }
  return *slot;
}

void Registry::AddCallback(const std::string& name, const std::string& help, bool is_counter,
                           std::function<std::vector<Sample>()> read) {
  std::lock_guard lock(impl_->mu);
  impl_->callbacks.push_back({name, help, is_counter, std::move(read)});
}

std::string Registry::Print() const {
  std::vector<prometheus::MetricFamily> families = impl_->registry.Collect();
  std::vector<Callback> callbacks;
  {
    std::lock_guard lock(impl_->mu);
    callbacks = impl_->callbacks;
  }
  for (const Callback& callback : callbacks) families.push_back(Collect(callback));
  return prometheus::TextSerializer().Serialize(families);
}

void AddProcessMetrics(Registry& registry) {
  auto one = [](double value) { return std::vector<Registry::Sample>{{{}, value}}; };
  registry.AddCallback("process_cpu_seconds_total", "User and system CPU time", true,
                       [one] { return one(CpuSeconds()); });
  registry.AddCallback("process_resident_memory_bytes", "Resident memory", false, [one] {
    return one(static_cast<double>(StatmPages(1)) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  });
  double start = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  registry.AddCallback("process_start_time_seconds", "Start, seconds since the epoch", false,
                       [one, start] { return one(start); });
}

}  // namespace floe::metrics
