// SPDX-License-Identifier: Apache-2.0
// The file that says how far records were deleted by request (docs/format/log-segment.md).
#pragma once

#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"

namespace floe::io {
class FileSystem;
}

namespace floe::log {

std::string EncodeLogStart(Offset offset);
/// kCorruption.
Result<Offset> ParseLogStart(std::string_view text);

/// 0 when nothing was ever deleted. A damaged file is reported and reads as 0: deleted records come back, none is lost.
Result<Offset> ReadLogStart(io::FileSystem& files, const std::string& directory);
/// Durable when it returns.
Status WriteLogStart(io::FileSystem& files, const std::string& directory, Offset offset);

}  // namespace floe::log
