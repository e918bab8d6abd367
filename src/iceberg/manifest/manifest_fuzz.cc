// SPDX-License-Identifier: Apache-2.0
// Any bytes as manifest and manifest list: an answer or an error, never a crash; and what is read can be shown.
#include <cstddef>
#include <cstdint>

#include "iceberg/manifest/manifest.h"

namespace {

using namespace floe::iceberg;

const PartitionSpec kSpec{0,
                          {{1, 1000, "day", *ParseTransform("day")},
                           {2, 1001, "city", {}},
                           {3, 1002, "hour", *ParseTransform("hour")},
                           {4, 1003, "bucket", *ParseTransform("bucket[4]")},
                           {5, 1004, "at", {}}}};
const std::vector<Type> kSources{Type(TypeId::kTimestamp), Type(TypeId::kString), Type(TypeId::kTimestampTz),
                                 Type(TypeId::kLong), Type(TypeId::kTimestamp)};
const std::vector<Type> kTypes{Type(TypeId::kDate), Type(TypeId::kString), Type(TypeId::kInt), Type(TypeId::kInt),
                               Type(TypeId::kTimestamp)};

floe::Status Show(ManifestEntry&& entry) {
  for (std::size_t i = 0; i < kTypes.size(); ++i) {
    const Literal& value = entry.file.partition[i];
    static_cast<void>(ToDisplayString(value, kTypes[i]));
    static_cast<void>(ToHumanString(kSpec.fields[i].transform, value, kSources[i]));
    static_cast<void>(Apply(*ParseTransform("truncate[7]"), value, kTypes[i]));
  }
  for (const auto& [id, bound] : entry.file.lower_bounds) {
    for (const Type& type : kSources) {
      if (auto value = FromSingleValueBytes(bound, type)) static_cast<void>(ToDisplayString(*value, type));
    }
  }
  return {};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(ReadManifestList(bytes));
  static_cast<void>(ReadManifestHeader(bytes));
  static_cast<void>(ReadManifest(bytes, {}, kSpec, kTypes, Show));
  return 0;
}
