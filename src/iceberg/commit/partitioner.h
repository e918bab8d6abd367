// SPDX-License-Identifier: Apache-2.0
// Which partition each row of a chunk belongs to.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <duckdb/common/types/data_chunk.hpp>

#include "base/result.h"
#include "iceberg/metadata/literal.h"
#include "iceberg/metadata/table_metadata.h"

namespace floe::iceberg {

/// Numbers partitions in order of first sight and remembers their values; rows repeating the previous row's value cost
/// a comparison. One thread at a time.
class Partitioner {
 public:
  /// `fields` are the columns of the chunks, in order. kNotSupported: unknown transforms, sources inside structs.
  static Result<std::unique_ptr<Partitioner>> Make(const PartitionSpec& spec, const Schema& schema);
  virtual ~Partitioner() = default;
  /// One partition number per row of the chunk.
  virtual void Assign(duckdb::DataChunk& chunk, std::vector<std::uint32_t>& partitions) = 0;
  virtual const std::vector<Literal>& values(std::uint32_t partition) const = 0;
  virtual std::size_t count() const = 0;
  /// Forgets all partitions.
  virtual void Reset() = 0;
};

}  // namespace floe::iceberg
