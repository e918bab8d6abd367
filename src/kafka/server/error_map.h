// SPDX-License-Identifier: Apache-2.0
// The one place where error kinds become Kafka error codes.
#pragma once

#include "base/error.h"
#include "kafka/protocol/error_code.h"

namespace floe::kafka {

/// What the failed call was about: the same kind means other things to a client for records than for a topic.
enum class ErrorSubject : std::uint8_t { kRequest, kRecords, kTopic, kConfig, kOffset };

ErrorCode ToErrorCode(ErrorKind kind, ErrorSubject subject);

}  // namespace floe::kafka
