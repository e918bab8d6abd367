// SPDX-License-Identifier: Apache-2.0
#include "stream/ops/window.h"

#include <gtest/gtest.h>

#include "base/matchers.h"

namespace floe::stream {
namespace {

using sql::plan::WindowKind;
using sql::plan::WindowSpec;

std::vector<Window> Windows(const WindowSpec& spec, std::int64_t ms) {
  auto math = WindowMath::Make(spec);
  EXPECT_OK(math);
  std::vector<Window> windows;
  math->WindowsOf(ms * 1000, windows);
  for (Window& window : windows) window = {window.start / 1000, window.end / 1000};
  return windows;
}

TEST(Window, EachKindKnowsItsWindows) {
  struct Case {
    const char* name;
    WindowSpec spec;
    std::int64_t ms;
    std::vector<Window> want;
  };
  const WindowSpec tumble{.kind = WindowKind::kTumble, .size_ms = 10};
  const WindowSpec shifted{.kind = WindowKind::kTumble, .size_ms = 10, .offset_ms = 3};
  const WindowSpec hop{.kind = WindowKind::kHop, .size_ms = 10, .step_ms = 4};
  const WindowSpec sparse{.kind = WindowKind::kHop, .size_ms = 4, .step_ms = 10};
  const WindowSpec cumulate{.kind = WindowKind::kCumulate, .size_ms = 12, .step_ms = 4};
  for (const Case& c :
       {Case{"first", tumble, 0, {{0, 10}}}, Case{"last", tumble, 9, {{0, 10}}}, Case{"next", tumble, 10, {{10, 20}}},
        Case{"before the epoch", tumble, -1, {{-10, 0}}}, Case{"offset", shifted, 2, {{-7, 3}}},
        Case{"hop", hop, 9, {{0, 10}, {4, 14}, {8, 18}}}, Case{"hop border", hop, 10, {{4, 14}, {8, 18}}},
        Case{"hop between windows", sparse, 5, {}}, Case{"hop in a window", sparse, 13, {{10, 14}}},
        Case{"cumulate", cumulate, 5, {{0, 8}, {0, 12}}}, Case{"cumulate last", cumulate, 11, {{0, 12}}},
        Case{"cumulate before the epoch", cumulate, -12, {{-12, -8}, {-12, -4}, {-12, 0}}}}) {
    EXPECT_EQ(Windows(c.spec, c.ms), c.want) << c.name;
  }
}

TEST(Window, PanesAreNeverCutByAWindow) {
  auto math = WindowMath::Make({.kind = WindowKind::kHop, .size_ms = 15, .step_ms = 6});
  ASSERT_OK(math);
  EXPECT_EQ(math->pane_size(), 3000);
  EXPECT_EQ(math->LastEndOfPane(math->PaneOf(7000)), 21000);
}

TEST(Window, RefusesWhatDoesNotFit) {
  EXPECT_THAT(WindowMath::Make({.kind = WindowKind::kSession, .size_ms = 5}), IsError(ErrorKind::kNotSupported));
  EXPECT_THAT(WindowMath::Make({.kind = WindowKind::kTumble, .size_ms = 0}), IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(WindowMath::Make({.kind = WindowKind::kHop, .size_ms = 5, .step_ms = 0}),
              IsError(ErrorKind::kInvalidInput));
  EXPECT_THAT(WindowMath::Make({.kind = WindowKind::kCumulate, .size_ms = 10, .step_ms = 3}),
              HasErrorMessage("multiple of the step"));
}

TEST(Window, FiresWhenTheWatermarkReachesItsLastMillisecond) {
  EXPECT_FALSE(WindowMath::Fires({0, 10'000}, 8'999));
  EXPECT_TRUE(WindowMath::Fires({0, 10'000}, 9'000));
}

}  // namespace
}  // namespace floe::stream
