// SPDX-License-Identifier: Apache-2.0
// Expressions of the faker connector: text with #{Provider.method 'argument',...} in it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "connect/datagen/paced_source.h"

namespace floe::connect::faker {

/// Appends one made-up text. Times come as "yyyy-MM-dd HH:mm:ss.ffffff" in UTC.
using TextGenerator = std::function<void(RowRandom&, std::string&)>;

/// kInvalidInput names the provider that is not known, or the argument that is wrong. `clock` outlives the generator.
Result<TextGenerator> ParseExpression(std::string_view expression, Clock& clock);

}  // namespace floe::connect::faker
