// SPDX-License-Identifier: Apache-2.0
// Reading single option values and finding the spec of a key; shared by the checks and the typed reader.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "connect/api/connector.h"

namespace floe::connect {

/// All: kInvalidInput, naming the key, the value and what is expected.
Result<std::int64_t> ParseIntegerOption(const std::string& key, const std::string& value);
Result<bool> ParseBooleanOption(const std::string& key, const std::string& value);
Result<std::chrono::milliseconds> ParseDurationOption(const std::string& key, const std::string& value);
Result<std::uint64_t> ParseMemoryOption(const std::string& key, const std::string& value);
/// The choice as the spec spells it; letter case of the value does not count.
Result<std::string> ParseEnumOption(const OptionSpec& spec, const std::string& key, const std::string& value);

/// The spec for `key`: an exact one before a pattern; nullptr when none. `column` receives what stood at '#'.
const OptionSpec* MatchOption(const std::vector<OptionSpec>& specs, std::string_view key, std::string_view* column);

}  // namespace floe::connect
