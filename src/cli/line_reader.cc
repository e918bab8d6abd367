// SPDX-License-Identifier: Apache-2.0
#include "cli/line_reader.h"

#include <cerrno>

#include <poll.h>
#include <unistd.h>

#include "base/result.h"

namespace floe::cli {

Result<LineReader::Got> LineReader::Next(std::string& line, std::chrono::milliseconds wait) {
  for (std::size_t searched = at_;;) {
    if (std::size_t end = buffer_.find('\n', searched); end != std::string::npos) {
      line.assign(buffer_, at_, end - at_);
      at_ = end + 1;
      return Got::kLine;
    }
    if (ended_) {
      if (at_ == buffer_.size()) return Got::kEnd;
      line.assign(buffer_, at_);
      at_ = buffer_.size();
      return Got::kLine;
    }
    buffer_.erase(0, at_);
    at_ = 0;
    searched = buffer_.size();
    FLOE_TRY(Got got, Fill(wait));
    if (got == Got::kNothing) return got;
  }
}

Result<LineReader::Got> LineReader::Fill(std::chrono::milliseconds wait) {
  constexpr std::size_t kChunk = 64 << 10;
  pollfd readable{.fd = fd_, .events = POLLIN, .revents = 0};
  if (::poll(&readable, 1, static_cast<int>(wait.count())) <= 0) return Got::kNothing;
  const std::size_t had = buffer_.size();
  buffer_.resize(had + kChunk);
  const ssize_t n = ::read(fd_, buffer_.data() + had, kChunk);
  const int failed = errno;
  buffer_.resize(had + static_cast<std::size_t>(n > 0 ? n : 0));
  if (n < 0) {
    if (failed == EINTR || failed == EAGAIN) return Got::kNothing;
    return Fail(ErrnoError(failed, "cannot read standard input"));
  }
  if (n == 0) ended_ = true;
  return Got::kLine;
}

}  // namespace floe::cli
