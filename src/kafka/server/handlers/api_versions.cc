// SPDX-License-Identifier: Apache-2.0
// ApiVersions: what is offered (KIP-35, KIP-511).
#include "kafka/protocol/messages/api_versions.h"

#include <algorithm>

#include "kafka/server/api_table.h"
#include "kafka/server/handlers/handlers.h"

namespace floe::kafka {
namespace {

/// [a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?
bool IsSoftwareName(const std::string& text) {
  const auto alphanumeric = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  if (text.empty() || !alphanumeric(text.front()) || !alphanumeric(text.back())) return false;
  return std::ranges::all_of(text, [&](char c) { return alphanumeric(c) || c == '-' || c == '.'; });
}

void AddApis(ApiVersionsResponse& response) {
  for (const auto& api : Apis())
    response.api_keys.push_back({static_cast<std::int16_t>(api.key), api.min_version, api.max_version});
}

}  // namespace

HandlerResult HandleApiVersions(Services&, Request& request) {
  ApiVersionsResponse response;
  if (request.header.api_version < ApiVersionsRequest::kMinVersion ||
      request.header.api_version > ApiVersionsRequest::kMaxVersion) {
    // The client is newer (or confused): it can read version 0 and finds there what we speak.
    response.error_code = Code(ErrorCode::kUnsupportedVersion);
    const auto* self = FindApi(request.header.api_key);
    response.api_keys.push_back({request.header.api_key, self->min_version, self->max_version});
    co_return Reply(EncodeResponse(response, request.header.correlation_id, 0));
  }
  FLOE_CO_TRY(const auto asked, request.Decode<ApiVersionsRequest>());
  const bool named = request.header.api_version >= 3;
  if (named && (!IsSoftwareName(asked.client_software_name) || !IsSoftwareName(asked.client_software_version))) {
    response.error_code = Code(ErrorCode::kInvalidRequest);
    co_return Reply(request.Encode(response));
  }
  AddApis(response);
  co_return Reply(request.Encode(response));
}

}  // namespace floe::kafka
