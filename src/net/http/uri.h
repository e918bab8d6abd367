// SPDX-License-Identifier: Apache-2.0
// Percent decoding, query strings and path segments. Pure functions over untrusted text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http/message.h"

namespace floe::net {

/// kInvalidInput: a '%' without two hex digits, or a decoded NUL. '+' means a space only in query strings.
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space);
/// Everything but unreserved characters (RFC 3986, 2.3).
std::string PercentEncode(std::string_view text);

/// "a=1&b=x%20y&flag" in order of appearance; a name without '=' has an empty value. kInvalidInput.
Result<NameValues> ParseQuery(std::string_view text);

/// Splits the still encoded path at '/' and decodes each segment, so that %2F stays inside its segment.
/// kInvalidInput: not starting with '/', "." or ".." as a segment (also encoded), bad encoding.
Result<std::vector<std::string>> PathSegments(std::string_view path);

}  // namespace floe::net
