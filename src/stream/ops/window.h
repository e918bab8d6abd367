// SPDX-License-Identifier: Apache-2.0
// Which windows a time belongs to, and the panes they share: pure arithmetic in microseconds.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "sql/plan/node.h"

namespace floe::stream {

/// [start, end) in microseconds since the epoch.
struct Window {
  std::int64_t start;
  std::int64_t end;
  friend bool operator==(const Window&, const Window&) = default;
};

/// window_time is the last millisecond of the window, and a window fires when the watermark reaches it (Flink's rule).
constexpr std::int64_t kWindowTimeStep = 1000;

/// A pane is the longest piece of time that is never split by a window border; a window is a run of panes. TUMBLE: one
/// pane a window. HOP: gcd(size, slide). CUMULATE: the step.
class WindowMath {
 public:
  /// kNotSupported for SESSION; kInvalidInput for sizes that are not positive or do not fit together.
  static Result<WindowMath> Make(const sql::plan::WindowSpec& spec);

  std::int64_t pane_size() const { return pane_; }
  std::int64_t PaneOf(std::int64_t time) const { return FloorTo(time, pane_); }
  /// All windows that hold the time, by end.
  void WindowsOf(std::int64_t time, std::vector<Window>& windows) const;
  /// All windows that hold the pane, by end; the last one's end is when the pane may be freed.
  void WindowsOfPane(std::int64_t pane, std::vector<Window>& windows) const { WindowsOf(pane, windows); }
  std::int64_t LastEndOfPane(std::int64_t pane) const;
  static bool Fires(const Window& window, std::int64_t watermark) { return watermark >= window.end - kWindowTimeStep; }

 private:
  std::int64_t FloorTo(std::int64_t time, std::int64_t unit) const;

  sql::plan::WindowKind kind_ = sql::plan::WindowKind::kTumble;
  std::int64_t size_ = 0;
  std::int64_t step_ = 0;
  std::int64_t offset_ = 0;
  std::int64_t pane_ = 0;
};

/// Times that windows can hold without leaving 64 bits: 146 000 years around the epoch, and no infinity.
constexpr std::int64_t kTimeLimit = std::int64_t{1} << 62;
constexpr bool IsWindowTime(std::int64_t time) {
  return time > -kTimeLimit && time < kTimeLimit;
}

/// For rows whose time attribute is NULL or infinite.
inline Error NullTime() {
  return Error(ErrorKind::kInvalidInput, "the time column is NULL or out of range; a row without time is in no window");
}

}  // namespace floe::stream
