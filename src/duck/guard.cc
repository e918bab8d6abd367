// SPDX-License-Identifier: Apache-2.0
#include "duck/guard.h"

#include <array>
#include <exception>
#include <new>
#include <string>

#include <duckdb/common/error_data.hpp>
#include <duckdb/common/exception.hpp>

namespace floe::duck {
namespace {

using duckdb::ExceptionType;

/// Key of the kind in an exception's extra info; it survives DuckDB's own rethrowing.
constexpr const char* kKindKey = "floe_error_kind";

ErrorKind KindOf(ExceptionType type) {
  switch (type) {
    case ExceptionType::CATALOG: return ErrorKind::kNotFound;
    case ExceptionType::NOT_IMPLEMENTED:
    case ExceptionType::MISSING_EXTENSION:
    case ExceptionType::AUTOLOAD: return ErrorKind::kNotSupported;
    case ExceptionType::TRANSACTION: return ErrorKind::kConflict;
    case ExceptionType::OUT_OF_MEMORY: return ErrorKind::kResourceExhausted;
    case ExceptionType::OBJECT_SIZE: return ErrorKind::kTooLarge;
    case ExceptionType::INTERRUPT: return ErrorKind::kCancelled;
    case ExceptionType::PERMISSION: return ErrorKind::kPermissionDenied;
    case ExceptionType::IO: return ErrorKind::kIo;
    case ExceptionType::NETWORK:
    case ExceptionType::CONNECTION:
    case ExceptionType::HTTP: return ErrorKind::kUnavailable;
    case ExceptionType::FATAL:
    case ExceptionType::INTERNAL:
    case ExceptionType::NULL_POINTER:
    case ExceptionType::OPTIMIZER:
    case ExceptionType::PLANNER:
    case ExceptionType::SCHEDULER: return ErrorKind::kInternal;
    default: return ErrorKind::kInvalidInput;
  }
}

ExceptionType TypeOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kNotFound: return ExceptionType::CATALOG;
    case ErrorKind::kNotSupported: return ExceptionType::NOT_IMPLEMENTED;
    case ErrorKind::kResourceExhausted: return ExceptionType::OUT_OF_MEMORY;
    case ErrorKind::kCancelled: return ExceptionType::INTERRUPT;
    case ErrorKind::kPermissionDenied: return ExceptionType::PERMISSION;
    case ErrorKind::kInvalidInput:
    case ErrorKind::kAlreadyExists:
    case ErrorKind::kConflict:
    case ErrorKind::kOutOfRange:
    case ErrorKind::kFailedPrecondition:
    case ErrorKind::kTooLarge: return ExceptionType::INVALID_INPUT;
    case ErrorKind::kDiskFull:
    case ErrorKind::kTimeout:
    case ErrorKind::kUnavailable:
    case ErrorKind::kCorruption:
    case ErrorKind::kIo:
    case ErrorKind::kCommitStateUnknown:
    case ErrorKind::kInternal: return ExceptionType::IO;  // never INTERNAL: that invalidates the whole database
  }
  return ExceptionType::IO;
}

}  // namespace

Error CaughtError() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return Error(ErrorKind::kResourceExhausted, "out of memory");
  } catch (const std::exception& exception) {
    duckdb::ErrorData data(exception);
    const auto& info = data.ExtraInfo();
    ErrorKind kind = KindOf(data.Type());
    if (auto found = info.find(kKindKey); found != info.end()) {
      kind = static_cast<ErrorKind>(std::stoi(found->second));
    } else if (kind == ErrorKind::kIo && data.RawMessage().find("No space left") != std::string::npos) {
      kind = ErrorKind::kDiskFull;
    }
    return Error(kind, data.RawMessage());
  } catch (...) {
    return Error(ErrorKind::kInternal, "an exception that is not a std::exception");
  }
}

void Raise(const Error& error) {
  throw duckdb::Exception({{kKindKey, std::to_string(static_cast<int>(error.kind()))}}, TypeOf(error.kind()),
                          error.ToString());
}

}  // namespace floe::duck
