// SPDX-License-Identifier: Apache-2.0
// Message headers.
#include "kafka/protocol/header.h"

namespace floe::kafka {

Result<RequestHeader> DecodeRequestHeader(Reader& reader) {
  RequestHeader header;
  header.api_key = reader.Int16();
  header.api_version = reader.Int16();
  header.correlation_id = reader.Int32();
  header.client_id = reader.NullableString(false);  // never compact, not even in header v2
  FLOE_TRY_VOID(reader.status());
  return header;
}

void BeginResponse(Writer& writer, std::int32_t correlation_id, bool flexible_header) {
  writer.Int32(0);
  writer.Int32(correlation_id);
  if (flexible_header) writer.UnsignedVarint(0);
}

Encoded EndResponse(Writer&& writer) {
  writer.PatchInt32(0, static_cast<std::int32_t>(writer.size() - 4));
  return std::move(writer).Finish();
}

}  // namespace floe::kafka
