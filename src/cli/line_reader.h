// SPDX-License-Identifier: Apache-2.0
// Lines of a file descriptor as they come, for who must act when none comes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/error.h"

namespace floe::cli {

/// One thread. The descriptor stays its owner's.
class LineReader {
 public:
  explicit LineReader(int fd) : fd_(fd) {}

  enum class Got : std::uint8_t { kLine, kNothing, kEnd };
  /// The next line without its '\n' (the last one may have none). kNothing when `wait` passed or a signal came before
  /// the line was whole; what there is of it is kept. kIo.
  Result<Got> Next(std::string& line, std::chrono::milliseconds wait);

 private:
  Result<Got> Fill(std::chrono::milliseconds wait);

  const int fd_;
  std::string buffer_;
  std::size_t at_ = 0;  ///< where the next line begins
  bool ended_ = false;
};

}  // namespace floe::cli
