// SPDX-License-Identifier: Apache-2.0
// Shared by the two halves of the DuckDB printer.
#pragma once

#include <string>
#include <string_view>

namespace floe::sql::planner {

/// "name", quotes doubled.
std::string QuotedName(std::string_view name);

}  // namespace floe::sql::planner
