// SPDX-License-Identifier: Apache-2.0
// Small text work that many folders need: did-you-mean, durations, sizes.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace floe {

/// Closest of `known` to `word` by edit distance (case does not count), or empty when none is near enough to be meant.
std::string Nearest(std::string_view word, const std::vector<std::string>& known);
/// " Did you mean 'x'?" or empty.
std::string DidYouMean(std::string_view word, const std::vector<std::string>& known);

/// "10 s", "1min", "500 ms", "2h", "1 d"; a bare number is milliseconds (Flink's rule). kInvalidInput.
Result<std::chrono::milliseconds> ParseDuration(std::string_view text);
/// "128MB", "64 kb", "1g", "512"; powers of 1024 (Flink's rule). kInvalidInput.
Result<std::uint64_t> ParseMemorySize(std::string_view text);
/// true, false, in any case. kInvalidInput.
Result<bool> ParseBoolean(std::string_view text);
Result<std::int64_t> ParseInteger(std::string_view text);

/// The items between separators, without spaces around them; empty ones are left out.
std::vector<std::string> SplitList(std::string_view text, char separator);

/// "1.5 MB", powers of 1000, for people.
std::string HumanBytes(std::uint64_t bytes);
/// "12,345".
std::string HumanCount(std::int64_t n);

}  // namespace floe
