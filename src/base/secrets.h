// SPDX-License-Identifier: Apache-2.0
// Values of options that are shown to nobody.
#pragma once

#include <string>
#include <string_view>

namespace floe {

/// What stands for a secret.
inline constexpr std::string_view kHiddenValue = "******";

/// Flink's rule (GlobalConfiguration.isSensitive): the key holds "password", "secret", "token", "jaas.config" or one of
/// a few more, in any letter case.
bool IsSensitiveKey(std::string_view key);

/// The value as people may see it: of a sensitive key kHiddenValue; in a URL the password and sensitive parameters are
/// hidden.
std::string ShownValue(std::string_view key, std::string_view value);

}  // namespace floe
