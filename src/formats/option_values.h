// SPDX-License-Identifier: Apache-2.0
// Typed values of format options.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/format.h"

namespace floe::formats {

std::string StringOption(const FormatOptions& options, const std::string& key, std::string fallback);
/// kInvalidInput, as all of these.
Result<bool> BooleanOption(const FormatOptions& options, const std::string& key, bool fallback);
/// The choice as it stands in the list; letter case of the value does not count.
Result<std::string> ChoiceOption(const FormatOptions& options, const std::string& key, std::string_view fallback,
                                 std::initializer_list<std::string_view> choices);
/// One character; Java escapes such as "\t" are understood.
Result<char> CharacterOption(const FormatOptions& options, const std::string& key, char fallback);

}  // namespace floe::formats
