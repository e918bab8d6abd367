// SPDX-License-Identifier: Apache-2.0
// Any bytes as an Avro container: every block is walked by its own schema. Also any text as a schema, with bytes to
// read by it.
#include <cstddef>
#include <cstdint>
#include <string>

#include "iceberg/manifest/avro.h"

namespace {

void Walk(const floe::iceberg::AvroType& type, std::string_view bytes, std::int64_t records) {
  floe::iceberg::AvroDecoder decoder(bytes);
  for (std::int64_t i = 0; i < records && !decoder.failed() && !decoder.at_end(); ++i) decoder.Skip(type);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace floe::iceberg;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (auto file = ReadAvroFile(input)) {
    for (const auto& [records, bytes] : file->blocks) Walk(*file->schema, bytes, records);
  }
  // A schema, a zero byte, and a block.
  const auto cut = std::min(input.find('\0'), size);
  if (auto schema = ParseAvroSchema(input.substr(0, cut))) Walk(**schema, input.substr(std::min(cut + 1, size)), 100);
  return 0;
}
