// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli), the checksum of Kafka record batches and of our own files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace floe {

/// Continues `crc` (0 to begin with) over `bytes`: Crc32c(b, Crc32c(a)) is the checksum of a followed by b.
std::uint32_t Crc32c(std::span<const std::byte> bytes, std::uint32_t crc = 0);

namespace detail {
/// The table-driven form for machines without SSE 4.2; the reference in tests.
std::uint32_t Crc32cPortable(std::span<const std::byte> bytes, std::uint32_t crc);
}  // namespace detail

}  // namespace floe
