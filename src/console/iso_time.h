// SPDX-License-Identifier: Apache-2.0
// Times as JavaScript writes and reads them.
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace floe::console {

/// "2026-01-08T14:30:00.000Z"
std::string IsoTime(TimestampMs time);

/// ISO 8601 ("2026-01-08", "2026-01-08T14:30:00", ".123", "Z" or "+01:00"; without an offset: UTC), or milliseconds
/// since 1970. kInvalidInput.
Result<TimestampMs> ParseTime(std::string_view text);

}  // namespace floe::console
