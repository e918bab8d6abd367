// SPDX-License-Identifier: Apache-2.0
// JSON of a request, which anybody may have written.
#pragma once

#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "base/error.h"

namespace floe::server {

/// kInvalidInput for what is no JSON, and for more than 64 levels: nlohmann prints a value by recursion.
Result<nlohmann::ordered_json> ParseJson(std::string_view text);

}  // namespace floe::server
