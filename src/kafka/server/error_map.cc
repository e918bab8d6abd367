// SPDX-License-Identifier: Apache-2.0
// Error kinds to Kafka error codes. Clients retry on some codes, so a code must not promise what a retry cannot keep.
#include "kafka/server/error_map.h"

namespace floe::kafka {
namespace {

ErrorCode InvalidInput(ErrorSubject subject) {
  switch (subject) {
    case ErrorSubject::kRequest: return ErrorCode::kInvalidRequest;
    case ErrorSubject::kRecords: return ErrorCode::kInvalidRecord;
    case ErrorSubject::kTopic: return ErrorCode::kInvalidTopic;
    case ErrorSubject::kConfig: return ErrorCode::kInvalidConfig;
    case ErrorSubject::kOffset: return ErrorCode::kInvalidRequest;
  }
  return ErrorCode::kInvalidRequest;
}

}  // namespace

ErrorCode ToErrorCode(ErrorKind kind, ErrorSubject subject) {
  const bool records = subject == ErrorSubject::kRecords;
  switch (kind) {
    case ErrorKind::kInvalidInput: return InvalidInput(subject);
    case ErrorKind::kNotFound: return ErrorCode::kUnknownTopicOrPartition;
    case ErrorKind::kAlreadyExists: return ErrorCode::kTopicAlreadyExists;
    case ErrorKind::kConflict: return records ? ErrorCode::kOutOfOrderSequenceNumber : ErrorCode::kUnknownServerError;
    case ErrorKind::kOutOfRange: return ErrorCode::kOffsetOutOfRange;
    case ErrorKind::kNotSupported:
      if (records) return ErrorCode::kUnsupportedForMessageFormat;
      return subject == ErrorSubject::kConfig ? ErrorCode::kInvalidConfig : ErrorCode::kInvalidRequest;
    case ErrorKind::kPermissionDenied: return ErrorCode::kTopicAuthorizationFailed;
    case ErrorKind::kFailedPrecondition:
      return records ? ErrorCode::kInvalidProducerEpoch : ErrorCode::kPolicyViolation;
    case ErrorKind::kResourceExhausted: return ErrorCode::kThrottlingQuotaExceeded;
    case ErrorKind::kDiskFull: return ErrorCode::kKafkaStorageError;
    case ErrorKind::kTooLarge: return records ? ErrorCode::kMessageTooLarge : ErrorCode::kInvalidRequest;
    case ErrorKind::kTimeout: return ErrorCode::kRequestTimedOut;
    case ErrorKind::kUnavailable: return ErrorCode::kNotLeaderOrFollower;
    case ErrorKind::kCancelled: return ErrorCode::kNotLeaderOrFollower;
    case ErrorKind::kCorruption: return records ? ErrorCode::kCorruptMessage : ErrorCode::kKafkaStorageError;
    case ErrorKind::kIo: return ErrorCode::kKafkaStorageError;
    case ErrorKind::kCommitStateUnknown: return ErrorCode::kUnknownServerError;
    case ErrorKind::kInternal: return ErrorCode::kUnknownServerError;
  }
  return ErrorCode::kUnknownServerError;
}

}  // namespace floe::kafka
