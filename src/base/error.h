// SPDX-License-Identifier: Apache-2.0
// The one error type of the house, and Result<T> that carries it.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace floe {

/// What went wrong, named by what a caller can do about it. Edges map it to their own codes
/// (Kafka error code, HTTP status, exit code) with a switch that has no default.
enum class ErrorKind : std::uint8_t {
  kInvalidInput,        ///< the request or data is malformed; sending it again cannot help
  kNotFound,            ///< the named object does not exist
  kAlreadyExists,       ///< the name is taken
  kConflict,            ///< somebody else changed it first; read again and decide
  kOutOfRange,          ///< an offset or index outside what exists
  kNotSupported,        ///< understood, and not built
  kPermissionDenied,    ///< authenticated or not, it is not allowed
  kFailedPrecondition,  ///< right request, wrong state (not leader, not empty, wrong generation)
  kResourceExhausted,   ///< memory budget, quota or queue is full
  kDiskFull,            ///< no space left; reads still work
  kTooLarge,            ///< a size limit, named in the message
  kTimeout,             ///< the time given ran out
  kUnavailable,         ///< the other side does not answer now
  kCancelled,           ///< the caller or a shutdown asked to stop
  kCorruption,          ///< stored bytes are not what was written
  kIo,                  ///< the operating system refused
  kCommitStateUnknown,  ///< a commit may or may not have happened: never retry blindly, never clean up
  kInternal,            ///< a bug of ours
};

/// Who has to act.
enum class ErrorDomain : std::uint8_t { kUser, kExternal, kInternal };

/// Whether the same call may succeed later.
enum class Retry : std::uint8_t { kNever, kNow, kBackoff, kUnknownOutcome };

std::string_view ToString(ErrorKind kind);
std::string_view ToString(ErrorDomain domain);
ErrorDomain DefaultDomain(ErrorKind kind);
Retry DefaultRetry(ErrorKind kind);

/// Where in a text (SQL, config) an error stands; both 1-based, columns count code points.
struct TextPosition {
  std::int32_t line = 0;
  std::int32_t column = 0;
  friend bool operator==(const TextPosition&, const TextPosition&) = default;
};

/// A value, cheap to move. The message names the object, the cause and the fix, and holds no secrets.
class [[nodiscard]] Error {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  ErrorKind kind() const { return kind_; }
  ErrorDomain domain() const { return domain_.value_or(DefaultDomain(kind_)); }
  Retry retry() const { return retry_.value_or(DefaultRetry(kind_)); }
  const std::string& message() const { return message_; }
  /// Outermost last: "while opening topic 'weather'".
  const std::vector<std::string>& context() const { return context_; }
  std::optional<TextPosition> position() const { return position_; }

  Error WithDomain(ErrorDomain domain) &&;
  Error WithRetry(Retry retry) &&;
  Error WithPosition(TextPosition position) &&;
  Error WithContext(std::string frame) &&;

  /// "cause (while x; while y)".
  std::string ToString() const;

 private:
  ErrorKind kind_;
  std::optional<ErrorDomain> domain_;
  std::optional<Retry> retry_;
  std::string message_;
  std::vector<std::string> context_;
  std::optional<TextPosition> position_;
};

template <typename T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> Fail(ErrorKind kind, std::string message) {
  return std::unexpected<Error>(Error(kind, std::move(message)));
}
inline std::unexpected<Error> Fail(Error error) {
  return std::unexpected<Error>(std::move(error));
}

/// The error of errno after a failed system call: ENOSPC and EDQUOT become kDiskFull, ENOENT kNotFound, EEXIST
/// kAlreadyExists, EACCES and EPERM kPermissionDenied, EPIPE and ECONNRESET kUnavailable, the rest kIo.
Error ErrnoError(int errnum, std::string_view what);

}  // namespace floe
