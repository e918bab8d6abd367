// SPDX-License-Identifier: Apache-2.0
// Which partition a key belongs to: the same answer as Kafka's default partitioner.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/ids.h"

namespace floe::ingest {

/// Kafka's variant of MurmurHash 2 (32 bit, seed 0x9747b28c), as signed there.
std::int32_t Murmur2(std::string_view bytes);

/// toPositive(murmur2(key)) mod partitions, as every Kafka client does it. `partitions` > 0.
PartitionId PartitionOf(std::string_view key, std::int32_t partitions);

}  // namespace floe::ingest
