// SPDX-License-Identifier: Apache-2.0
// The apis this broker offers: key, versions, handler.
#pragma once

#include <cstdint>
#include <span>

#include "kafka/server/request.h"

namespace floe::kafka {

struct ApiEntry {
  ApiKey key;
  std::int16_t min_version;  ///< advertised
  std::int16_t max_version;
  std::int16_t min_handled;  ///< below it a request is refused although it is advertised
  Handler handler;
};

std::span<const ApiEntry> Apis();
/// nullptr when the key is not offered.
const ApiEntry* FindApi(std::int16_t key);

}  // namespace floe::kafka
