// SPDX-License-Identifier: Apache-2.0
// Any bytes as a request frame: decoded or refused, and what is decoded encodes and decodes to itself.
#include <cstdlib>
#include <string>
#include <vector>

#include "kafka/protocol/header.h"
#include "kafka/protocol/messages/all.h"

namespace {

template <typename Message>
std::string Encode(const Message& message, std::int16_t version) {
  floe::kafka::Writer writer;
  message.EncodeTo(writer, version);
  return std::move(writer).Finish().Flatten();
}

template <typename Message>
void Check(const Message& message, std::int16_t version) {
  std::string bytes = Encode(message, version);
  floe::kafka::Reader reader({reinterpret_cast<std::byte*>(bytes.data()), bytes.size()});
  Message again;
  again.DecodeFrom(reader, version);
  if (!reader.ok() || reader.remaining() != 0 || Encode(again, version) != bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::byte> frame(size);
  for (std::size_t i = 0; i < size; ++i) frame[i] = static_cast<std::byte>(data[i]);
  floe::kafka::Reader reader(frame);
  const auto header = floe::kafka::DecodeRequestHeader(reader);
  if (!header) return 0;
  floe::kafka::VisitMessages(
      [&]<typename Request, typename Response>(std::type_identity<Request>, std::type_identity<Response>) {
        if (static_cast<std::int16_t>(Request::kApi) != header->api_key) return;
        if (header->api_version < Request::kMinVersion || header->api_version > Request::kMaxVersion) return;
        floe::kafka::Reader body = reader;
        if (const auto request = floe::kafka::DecodeRequest<Request>(body, header->api_version))
          Check(*request, header->api_version);
        floe::kafka::Reader answer = reader;
        if (const auto response = floe::kafka::DecodeResponse<Response>(answer, header->api_version)) {
          Check(*response, header->api_version);
        }
      });
  return 0;
}
