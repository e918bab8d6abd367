// SPDX-License-Identifier: Apache-2.0
#include "cli/line_reader.h"

#include <array>
#include <memory>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/matchers.h"

namespace floe::cli {
namespace {

using Got = LineReader::Got;
using std::chrono::milliseconds;

class LineReaderTest : public ::testing::Test {
 protected:
  LineReaderTest() {
    EXPECT_EQ(::pipe(ends_.data()), 0);
    reader_ = std::make_unique<LineReader>(ends_[0]);
  }
  ~LineReaderTest() override {
    ::close(ends_[0]);
    Close();
  }
  void Write(const std::string& text) {
    EXPECT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void Close() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  Got Next() {
    auto got = reader_->Next(line_, milliseconds(0));
    EXPECT_THAT(got, IsOk());
    return got.value_or(Got::kEnd);
  }

  std::array<int, 2> ends_{-1, -1};
  std::unique_ptr<LineReader> reader_;
  std::string line_;
};

TEST_F(LineReaderTest, GivesLinesBeforeTheEnd) {
  Write("a\n\nb");
  EXPECT_EQ(Next(), Got::kLine);
  EXPECT_EQ(line_, "a");
  EXPECT_EQ(Next(), Got::kLine);
  EXPECT_EQ(line_, "");
  EXPECT_EQ(Next(), Got::kNothing);
  Write("c\n");
  EXPECT_EQ(Next(), Got::kLine);
  EXPECT_EQ(line_, "bc");
  EXPECT_EQ(Next(), Got::kNothing);
}

TEST_F(LineReaderTest, TheLastLineNeedsNoBreak) {
  Write("a\nlast");
  Close();
  EXPECT_EQ(Next(), Got::kLine);
  EXPECT_EQ(Next(), Got::kLine);
  EXPECT_EQ(line_, "last");
  EXPECT_EQ(Next(), Got::kEnd);
  EXPECT_EQ(Next(), Got::kEnd);
}

TEST_F(LineReaderTest, ALineMayBeLongerThanARead) {
  for (int i = 0; i < 5; ++i) {
    Write(std::string(50'000, 'x'));
    EXPECT_EQ(Next(), Got::kNothing);
  }
  Write("\n");
  EXPECT_EQ(Next(), Got::kLine);
  EXPECT_EQ(line_.size(), 250'000u);
}

}  // namespace
}  // namespace floe::cli
