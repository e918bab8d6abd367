// SPDX-License-Identifier: Apache-2.0
// The apis this broker offers: key, versions, handler.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "kafka/protocol/error_code.h"
#include "kafka/server/request.h"

namespace floe::kafka {

struct ApiEntry {
  ApiKey key;
  std::int16_t min_version;
  std::int16_t max_version;
  Handler handler;
  std::string_view name;
  /// The response that says `error` and nothing else, in the request's version; nothing where that has no place for an
  /// error of the whole request.
  std::optional<Encoded> (*refusal)(const RequestHeader& header, ErrorCode error);
  /// For records or for other members: whoever asked can as well ask again.
  bool waits;
};

std::span<const ApiEntry> Apis();
/// nullptr when the key is not offered.
const ApiEntry* FindApi(std::int16_t key);

}  // namespace floe::kafka
