// SPDX-License-Identifier: Apache-2.0
// The table properties that are read here, and which values of them can work.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace floe::iceberg {

/// Iceberg's name of a property that other engines spell another way: 'compression_codec' (Trino); else the key itself.
std::string PropertyName(std::string_view key);

/// kInvalidInput, naming the key, the value and what is allowed, for a value that cannot work; kNotSupported for one
/// that is Iceberg's and not built here. Properties that nobody reads here take any value.
Status CheckProperty(const std::string& key, const std::string& value);

}  // namespace floe::iceberg
