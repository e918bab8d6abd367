// SPDX-License-Identifier: Apache-2.0
#include "stream/ops/window.h"

#include <numeric>

#include <fmt/format.h>

namespace floe::stream {

using sql::plan::WindowKind;

Result<WindowMath> WindowMath::Make(const sql::plan::WindowSpec& spec) {
  constexpr std::int64_t kLongest = std::int64_t{1000} * 366 * 24 * 3600 * 1000;  // a thousand years, in ms
  WindowMath math;
  math.kind_ = spec.kind;
  if (spec.kind == WindowKind::kSession) {
    return Fail(ErrorKind::kNotSupported, "SESSION windows do not run as a stream yet; use TUMBLE, HOP or CUMULATE");
  }
  const bool stepped = spec.kind != WindowKind::kTumble;
  if (spec.size_ms <= 0 || spec.size_ms > kLongest || (stepped && (spec.step_ms <= 0 || spec.step_ms > kLongest))) {
    return Fail(ErrorKind::kInvalidInput,
                fmt::format("window size {} ms, step {} ms: both must be positive and under 1000 years", spec.size_ms,
                            spec.step_ms));
  }
  if (spec.kind == WindowKind::kCumulate && spec.size_ms % spec.step_ms != 0) {
    return Fail(ErrorKind::kInvalidInput, fmt::format("CUMULATE: the size {} ms must be a multiple of the step {} ms",
                                                      spec.size_ms, spec.step_ms));
  }
  math.size_ = spec.size_ms * 1000;
  math.step_ = (stepped ? spec.step_ms : spec.size_ms) * 1000;
  math.offset_ = spec.offset_ms * 1000;
  math.pane_ = spec.kind == WindowKind::kHop ? std::gcd(math.size_, math.step_) : math.step_;
  return math;
}

std::int64_t WindowMath::FloorTo(std::int64_t time, std::int64_t unit) const {
  std::int64_t rest = (time - offset_) % unit;
  if (rest < 0) rest += unit;
  return time - rest;
}

void WindowMath::WindowsOf(std::int64_t time, std::vector<Window>& windows) const {
  windows.clear();
  if (kind_ == WindowKind::kCumulate) {
    const std::int64_t start = FloorTo(time, size_);
    for (std::int64_t end = FloorTo(time, step_) + step_; end <= start + size_; end += step_)
      windows.push_back({start, end});
    return;
  }
  const std::int64_t last = FloorTo(time, step_);
  // The earliest start that still holds the time is after time - size; with size < step a time may be in no window.
  for (std::int64_t start = FloorTo(time - size_, step_) + step_; start <= last; start += step_) {
    windows.push_back({start, start + size_});
  }
}

std::int64_t WindowMath::LastEndOfPane(std::int64_t pane) const {
  if (kind_ == WindowKind::kCumulate) return FloorTo(pane, size_) + size_;
  return FloorTo(pane, step_) + size_;
}

}  // namespace floe::stream
