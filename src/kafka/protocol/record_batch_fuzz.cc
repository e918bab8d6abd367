// SPDX-License-Identifier: Apache-2.0
// Any bytes as a record batch: parse, decompress, iterate; and what iterates must survive a rebuild.
#include <cstdlib>

#include "kafka/protocol/record_batch_builder.h"
#include "kafka/protocol/record_batch_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace floe::kafka;
  std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
  RecordReader reader(4 << 20);
  std::span<const std::byte> rest = bytes;
  while (true) {
    auto batch = NextBatch(rest);
    if (!batch || !*batch) break;
    // A mutated batch has a wrong CRC nearly always: the records are looked at all the same.
    (void)CheckBatch(**batch);
    if (!reader.OpenChecked(**batch)) continue;
    BatchBuilder builder;
    RecordView record;
    std::size_t sum = 0;
    while (reader.Next(record)) {
      auto headers = record.Headers();
      if (headers.size() != static_cast<std::size_t>(record.header_count)) std::abort();
      sum += record.key.value_or("").size() + record.value.value_or("").size();
      builder.Append(record.timestamp, record.key, record.value, headers);
    }
    if (sum > (4 << 20)) std::abort();
    if (builder.empty()) continue;
    auto again = builder.Finish();
    if (!again || !CheckBatch(*again)) std::abort();
  }
  return 0;
}
