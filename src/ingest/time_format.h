// SPDX-License-Identifier: Apache-2.0
// Server time in the patterns people know from Java.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace floe::ingest {

/// Checks a pattern: yyyy MM dd HH mm ss SSS, other letters in single quotes; or the words iso, epoch-ms, epoch-s.
/// kInvalidInput.
Status CheckTimeFormat(std::string_view pattern);
/// In UTC. `pattern` passed CheckTimeFormat.
std::string FormatTime(std::string_view pattern, TimestampMs time);

}  // namespace floe::ingest
