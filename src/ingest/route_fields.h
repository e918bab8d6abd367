// SPDX-License-Identifier: Apache-2.0
// What a configured route takes out of a request: path, query and body into checked texts.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ingest/route_spec.h"

namespace floe::ingest {

/// In the order of the route's fields; nullopt: absent or empty.
using FieldValues = std::vector<std::optional<std::string>>;

/// Every value fits its field's type. kInvalidInput names the field. `max_depth` limits the body's nesting.
Result<FieldValues> ReadFields(const std::vector<FieldSpec>& fields, const net::Request& request,
                               std::size_t max_depth);

}  // namespace floe::ingest
