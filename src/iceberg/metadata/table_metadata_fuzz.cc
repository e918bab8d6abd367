// SPDX-License-Identifier: Apache-2.0
// Any bytes as a table metadata file, gzipped or not: refused, or usable as it is, and what is written reads back as
// the same text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "iceberg/metadata/table_metadata.h"

namespace {

using namespace floe::iceberg;

/// What every reader does first; nothing here may need a check of its own.
void Use(const TableMetadata& metadata) {
  static_cast<void>(metadata.schema());
  for (const PartitionSpec& spec : metadata.partition_specs) static_cast<void>(PartitionTypes(spec, metadata.schema()));
  static_cast<void>(metadata.spec());
  if (metadata.current_snapshot_id && metadata.current_snapshot() == nullptr) std::abort();
  static_cast<void>(metadata.NumberProperty("write.target-file-size-bytes", 1));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto metadata = ParseTableMetadataFile(text);
  if (!metadata) return 0;
  Use(*metadata);
  auto written = ToJson(*metadata);
  if (!written) return 0;
  auto again = ParseTableMetadata(*written);
  if (!again) std::abort();
  auto second = ToJson(*again);
  if (!second || *second != *written) std::abort();
  return 0;
}
