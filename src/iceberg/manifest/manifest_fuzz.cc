// SPDX-License-Identifier: Apache-2.0
// Any bytes as manifest, manifest list and table metadata: an answer or an error, never a crash.
#include <cstddef>
#include <cstdint>

#include "iceberg/manifest/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace floe::iceberg;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(ReadManifestList(bytes));
  PartitionSpec spec{0, {{1, 1000, "day", *ParseTransform("day")}, {2, 1001, "city", {}}}};
  static_cast<void>(ReadManifest(bytes, {}, spec, {Type(TypeId::kDate), Type(TypeId::kString)},
                                 [](ManifestEntry&&) -> floe::Status { return {}; }));
  static_cast<void>(ParseTableMetadataFile(bytes));
  return 0;
}
