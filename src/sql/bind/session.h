// SPDX-License-Identifier: Apache-2.0
// What of a session's settings the meaning of an expression depends on.
#pragma once

#include <cstdint>
#include <string>

namespace floe::sql::bind {

struct Session {
  std::string zone = "UTC";  ///< table.local-time-zone
  bool streaming = true;     ///< execution.runtime-mode
  std::int64_t now_us = 0;   ///< when the statement was planned: CURRENT_TIMESTAMP of a batch query
};

}  // namespace floe::sql::bind
