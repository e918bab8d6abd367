// SPDX-License-Identifier: Apache-2.0
// Request and response headers, and whole messages with them.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/result.h"
#include "kafka/protocol/api_key.h"
#include "kafka/protocol/reader.h"
#include "kafka/protocol/writer.h"

namespace floe::kafka {

struct RequestHeader {
  std::int16_t api_key = 0;  ///< as sent: may be no ApiKey of ours
  std::int16_t api_version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string> client_id;
};

/// Reads the part that is the same in every version (key, version, correlation id, client id). The tagged fields of
/// header v2 are read by the body's decoder, once the version is known to be one that we speak. kInvalidInput.
Result<RequestHeader> DecodeRequestHeader(Reader& reader);

/// Starts a response frame: four bytes for the length, the correlation id, tagged fields for header v1.
void BeginResponse(Writer& writer, std::int32_t correlation_id, bool flexible_header);
/// Sets the frame's length.
Encoded EndResponse(Writer&& writer);

/// Decodes the rest of a request (header tags and body). kInvalidInput. What follows the last field is ignored, as
/// Kafka does: librdkafka up to 2.16 sends three bytes more when it asks for the metadata of all topics (its issue
/// 5049).
template <typename Request>
Result<Request> DecodeRequest(Reader& reader, std::int16_t version) {
  if (version >= Request::kFlexibleFrom) {
    for (TagReader tags(reader); tags.Next();) tags.Skip();
  }
  Request request;
  request.DecodeFrom(reader, version);
  FLOE_TRY_VOID(reader.status());
  return request;
}

/// A whole response frame. ApiVersions keeps the old header in every version (KIP-511): a client that does not know
/// ours must read it.
template <typename Response>
Encoded EncodeResponse(const Response& response, std::int32_t correlation_id, std::int16_t version) {
  Writer writer;
  BeginResponse(writer, correlation_id, version >= Response::kFlexibleFrom && Response::kApi != ApiKey::kApiVersions);
  response.EncodeTo(writer, version);
  return EndResponse(std::move(writer));
}

/// A whole request frame; clients and tests.
template <typename Request>
Encoded EncodeRequest(const Request& request, const RequestHeader& header) {
  Writer writer;
  writer.Int32(0);
  writer.Int16(header.api_key);
  writer.Int16(header.api_version);
  writer.Int32(header.correlation_id);
  writer.NullableString(header.client_id, false);
  if (header.api_version >= Request::kFlexibleFrom) writer.UnsignedVarint(0);
  request.EncodeTo(writer, header.api_version);
  return EndResponse(std::move(writer));
}

/// The body of a response frame without its length; `reader` stands at the correlation id. Clients and tests.
template <typename Response>
Result<Response> DecodeResponse(Reader& reader, std::int16_t version, std::int32_t* correlation_id = nullptr) {
  const auto id = reader.Int32();
  if (correlation_id != nullptr) *correlation_id = id;
  if (version >= Response::kFlexibleFrom && Response::kApi != ApiKey::kApiVersions) {
    for (TagReader tags(reader); tags.Next();) tags.Skip();
  }
  Response response;
  response.DecodeFrom(reader, version);
  if (reader.ok() && reader.remaining() != 0) reader.Fail("bytes are left after its end");
  FLOE_TRY_VOID(reader.status());
  return response;
}

}  // namespace floe::kafka
