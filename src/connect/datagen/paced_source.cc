// SPDX-License-Identifier: Apache-2.0
#include "connect/datagen/paced_source.h"

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include <fmt/format.h>

namespace floe::connect {
namespace {

using std::chrono::nanoseconds;

/// Rows are handed out in steps no finer than this, so that a slow pace costs few wakeups.
constexpr nanoseconds kStep = std::chrono::milliseconds(10);
constexpr double kNanosPerSecond = 1e9;

/// One thread that calls the wakeup at the time asked for.
class Alarm {
 public:
  ~Alarm() {
    {
      std::lock_guard lock(mu_);
      stop_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  void SetWakeup(std::function<void()> wakeup) {
    std::lock_guard lock(mu_);
    wakeup_ = std::move(wakeup);
  }
  void Ring(nanoseconds after) {
    {
      std::lock_guard lock(mu_);
      due_ = std::chrono::steady_clock::now() + after;
      if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
    }
    changed_.notify_all();
  }

 private:
  void Run() {
    std::unique_lock lock(mu_);
    while (!stop_) {
      if (!due_) {
        changed_.wait(lock);
      } else if (auto due = *due_; std::chrono::steady_clock::now() < due) {
        changed_.wait_until(lock, due);
      } else {
        due_.reset();
        if (wakeup_) wakeup_();
      }
    }
  }

  std::mutex mu_;
  std::condition_variable changed_;
  // Guarded by mu_.
  std::function<void()> wakeup_;
  std::optional<std::chrono::steady_clock::time_point> due_;
  bool stop_ = false;
  std::thread thread_;
};

class PacedSource final : public SourceReader {
 public:
  PacedSource(PacedSourceSpec spec, Clock& clock) : spec_(std::move(spec)), clock_(clock) {
    for (const GeneratedColumn& column : spec_.columns)
      columns_.push_back(formats::Column::Make(column.type, column.name));
  }

  Status Restore(const std::string& state) {
    unsigned long long seed = 0, number = 0;
    if (std::sscanf(state.c_str(), "generated 1 %llu %llu", &seed, &number) != 2) {
      return Fail(ErrorKind::kCorruption,
                  fmt::format("the position of source '{}' in the checkpoint is damaged", spec_.split_name));
    }
    spec_.seed = seed;
    next_ = number;
    return {};
  }

  Result<PollResult> Poll(data::Batch& out) override {
    out.rows.Reset();
    out.kinds.clear();
    PollResult result;
    if (spec_.number_of_rows && next_ >= static_cast<std::uint64_t>(*spec_.number_of_rows)) {
      result.status = PollStatus::kEndOfInput;
      return result;
    }
    std::uint64_t count = std::min<std::uint64_t>(Due(), STANDARD_VECTOR_SIZE);
    if (spec_.number_of_rows) count = std::min(count, static_cast<std::uint64_t>(*spec_.number_of_rows) - next_);
    if (count == 0) {
      alarm_.Ring(std::max(
          kStep, nanoseconds(static_cast<std::int64_t>(kNanosPerSecond / static_cast<double>(spec_.rows_per_second)))));
      return result;
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      columns_[i].Bind(out.rows.data[i]);
      for (std::size_t row = 0; row < count; ++row) {
        RowRandom random(spec_.seed, next_ + row, i);
        FLOE_TRY_VOID(spec_.columns[i].generate(next_ + row, random, columns_[i], row));
      }
    }
    out.rows.SetCardinality(count);
    next_ += count;
    given_ += count;
    result.status = PollStatus::kRows;
    result.records_read = static_cast<std::int64_t>(count);
    return result;
  }

  Result<std::string> Snapshot() override { return fmt::format("generated 1 {} {}", spec_.seed, next_); }
  void SetWakeup(std::function<void()> wakeup) override { alarm_.SetWakeup(std::move(wakeup)); }
  std::vector<std::string> SplitNames() const override { return {spec_.split_name}; }
  Status OnCheckpointCommitted(const std::string&) override { return {}; }

 private:
  /// Rows the pace allows now. A reader that fell behind catches up, but never by more than a second's worth.
  std::uint64_t Due() {
    if (spec_.rows_per_second <= 0) return STANDARD_VECTOR_SIZE;
    nanoseconds now = clock_.MonotonicNow();
    if (!started_) started_ = now;
    double allowed =
        static_cast<double>((now - *started_).count()) / kNanosPerSecond * static_cast<double>(spec_.rows_per_second) +
        1;
    auto rows = static_cast<std::uint64_t>(allowed);
    std::uint64_t due = rows > given_ ? rows - given_ : 0;
    auto second = static_cast<std::uint64_t>(spec_.rows_per_second);
    if (due > second) {
      given_ = rows - second;
      due = second;
    }
    return due;
  }

  PacedSourceSpec spec_;
  Clock& clock_;
  std::vector<formats::Column> columns_;
  std::uint64_t next_ = 0;   ///< number of the next row
  std::uint64_t given_ = 0;  ///< rows accounted for since `started_`
  std::optional<nanoseconds> started_;
  Alarm alarm_;
};

}  // namespace

Result<std::unique_ptr<SourceReader>> MakePacedSource(PacedSourceSpec spec, Clock& clock,
                                                      const std::optional<std::string>& state) {
  auto source = std::make_unique<PacedSource>(std::move(spec), clock);
  if (state) FLOE_TRY_VOID(source->Restore(*state));
  return source;
}

}  // namespace floe::connect
