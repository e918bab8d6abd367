// SPDX-License-Identifier: Apache-2.0
// What SET takes: the settings with a meaning here, and Flink's others.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace floe::query {

/// The settings that change something here.
const std::vector<std::string>& KnownSettings();

/// kInvalidInput for a value the setting does not take, and for a name that is nobody's or looks like a slip of the
/// pen. True when it is one of Flink's that has no meaning here.
Result<bool> CheckSetting(const std::string& key, const std::string& value);

}  // namespace floe::query
