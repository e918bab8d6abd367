// SPDX-License-Identifier: Apache-2.0
// The word lists behind #{Name.firstName} and the like.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace floe::connect::faker {

/// Values of a provider without arguments, by its lower-case name without underscores ("name.firstname"). A value may
/// hold '#' (a digit), '?' (a letter) and {provider} (another provider's value). Empty when there is no such provider.
std::span<const std::string_view> Words(std::string_view provider);
std::vector<std::string> ProviderNames();

}  // namespace floe::connect::faker
