// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace floe {

std::string_view ToString(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidInput: return "invalid input";
    case ErrorKind::kNotFound: return "not found";
    case ErrorKind::kAlreadyExists: return "already exists";
    case ErrorKind::kConflict: return "conflict";
    case ErrorKind::kOutOfRange: return "out of range";
    case ErrorKind::kNotSupported: return "not supported";
    case ErrorKind::kPermissionDenied: return "permission denied";
    case ErrorKind::kFailedPrecondition: return "failed precondition";
    case ErrorKind::kResourceExhausted: return "resource exhausted";
    case ErrorKind::kDiskFull: return "disk full";
    case ErrorKind::kTooLarge: return "too large";
    case ErrorKind::kTimeout: return "timeout";
    case ErrorKind::kUnavailable: return "unavailable";
    case ErrorKind::kCancelled: return "cancelled";
    case ErrorKind::kCorruption: return "corruption";
    case ErrorKind::kIo: return "i/o error";
    case ErrorKind::kCommitStateUnknown: return "commit state unknown";
    case ErrorKind::kInternal: return "internal error";
  }
  return "unknown";
}

std::string_view ToString(ErrorDomain domain) {
  switch (domain) {
    case ErrorDomain::kUser: return "user";
    case ErrorDomain::kExternal: return "external";
    case ErrorDomain::kInternal: return "internal";
  }
  return "unknown";
}

ErrorDomain DefaultDomain(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidInput:
    case ErrorKind::kNotFound:
    case ErrorKind::kAlreadyExists:
    case ErrorKind::kConflict:
    case ErrorKind::kOutOfRange:
    case ErrorKind::kNotSupported:
    case ErrorKind::kPermissionDenied:
    case ErrorKind::kFailedPrecondition:
    case ErrorKind::kTooLarge:
    case ErrorKind::kCancelled: return ErrorDomain::kUser;
    case ErrorKind::kResourceExhausted:
    case ErrorKind::kDiskFull:
    case ErrorKind::kTimeout:
    case ErrorKind::kUnavailable:
    case ErrorKind::kIo:
    case ErrorKind::kCommitStateUnknown: return ErrorDomain::kExternal;
    case ErrorKind::kCorruption:
    case ErrorKind::kInternal: return ErrorDomain::kInternal;
  }
  return ErrorDomain::kInternal;
}

Retry DefaultRetry(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kConflict: return Retry::kNow;
    case ErrorKind::kResourceExhausted:
    case ErrorKind::kDiskFull:
    case ErrorKind::kTimeout:
    case ErrorKind::kUnavailable: return Retry::kBackoff;
    case ErrorKind::kCommitStateUnknown: return Retry::kUnknownOutcome;
    case ErrorKind::kInvalidInput:
    case ErrorKind::kNotFound:
    case ErrorKind::kAlreadyExists:
    case ErrorKind::kOutOfRange:
    case ErrorKind::kNotSupported:
    case ErrorKind::kPermissionDenied:
    case ErrorKind::kFailedPrecondition:
    case ErrorKind::kTooLarge:
    case ErrorKind::kCancelled:
    case ErrorKind::kCorruption:
    case ErrorKind::kIo:
    case ErrorKind::kInternal: return Retry::kNever;
  }
  return Retry::kNever;
}

Error Error::WithDomain(ErrorDomain domain) && {
  domain_ = domain;
  return std::move(*this);
}

Error Error::WithRetry(Retry retry) && {
  retry_ = retry;
  return std::move(*this);
}

Error Error::WithPosition(TextPosition position) && {
  position_ = position;
  return std::move(*this);
}

Error Error::WithContext(std::string frame) && {
  context_.push_back(std::move(frame));
  return std::move(*this);
}

std::string Error::ToString() const {
  std::string text = message_;
  if (context_.empty()) return text;
  text += " (";
  for (std::size_t i = 0; i < context_.size(); ++i) {
    if (i > 0) text += "; ";
    text += context_[i];
  }
  text += ")";
  return text;
}

Error ErrnoError(int errnum, std::string_view what) {
  ErrorKind kind = ErrorKind::kIo;
  if (errnum == ENOSPC || errnum == EDQUOT) kind = ErrorKind::kDiskFull;
  if (errnum == ENOENT) kind = ErrorKind::kNotFound;
  if (errnum == EEXIST) kind = ErrorKind::kAlreadyExists;
  if (errnum == EACCES || errnum == EPERM) kind = ErrorKind::kPermissionDenied;
  if (errnum == EPIPE || errnum == ECONNRESET) kind = ErrorKind::kUnavailable;
  char buffer[128];
  const char* reason = ::strerror_r(errnum, buffer, sizeof buffer);
  return Error(kind, std::string(what) + ": " + reason);
}

}  // namespace floe
