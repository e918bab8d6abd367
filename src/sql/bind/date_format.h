// SPDX-License-Identifier: Apache-2.0
// Java's date patterns (DateTimeFormatter) as DuckDB's strftime and strptime formats.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace floe::sql::bind {

/// "yyyy-MM-dd HH:mm:ss.SSS" becomes "%Y-%m-%d %H:%M:%S.%g". Text in single quotes is taken as it is; '' is a quote.
/// kInvalidInput names the letter that has no meaning here and lists those that have.
Result<std::string> FormatFromJavaPattern(std::string_view pattern);

}  // namespace floe::sql::bind
