// SPDX-License-Identifier: Apache-2.0
// Every error kind has a code that tells a client something.
#include "kafka/server/error_map.h"

#include <set>

#include <gmock/gmock.h>

namespace floe::kafka {
namespace {

constexpr ErrorKind kLast = ErrorKind::kInternal;

TEST(ErrorMap, EveryKindIsAnErrorOnTheWire) {
  for (const auto subject : {ErrorSubject::kRequest, ErrorSubject::kRecords, ErrorSubject::kTopic,
                             ErrorSubject::kConfig, ErrorSubject::kOffset}) {
    for (int kind = 0; kind <= static_cast<int>(kLast); ++kind) {
      EXPECT_NE(ToErrorCode(static_cast<ErrorKind>(kind), subject), ErrorCode::kNone) << kind;
    }
  }
}

TEST(ErrorMap, ProducersLearnWhatToDo) {
  const auto code = [](ErrorKind kind) { return ToErrorCode(kind, ErrorSubject::kRecords); };
  EXPECT_EQ(code(ErrorKind::kCorruption), ErrorCode::kCorruptMessage);
  EXPECT_EQ(code(ErrorKind::kTooLarge), ErrorCode::kMessageTooLarge);
  EXPECT_EQ(code(ErrorKind::kConflict), ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(code(ErrorKind::kFailedPrecondition), ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(code(ErrorKind::kInvalidInput), ErrorCode::kInvalidRecord);
  EXPECT_EQ(code(ErrorKind::kDiskFull), ErrorCode::kKafkaStorageError);
}

TEST(ErrorMap, TheSubjectDecides) {
  EXPECT_EQ(ToErrorCode(ErrorKind::kInvalidInput, ErrorSubject::kTopic), ErrorCode::kInvalidTopic);
  EXPECT_EQ(ToErrorCode(ErrorKind::kInvalidInput, ErrorSubject::kConfig), ErrorCode::kInvalidConfig);
  EXPECT_EQ(ToErrorCode(ErrorKind::kAlreadyExists, ErrorSubject::kTopic), ErrorCode::kTopicAlreadyExists);
  EXPECT_EQ(ToErrorCode(ErrorKind::kOutOfRange, ErrorSubject::kOffset), ErrorCode::kOffsetOutOfRange);
}

}  // namespace
}  // namespace floe::kafka
