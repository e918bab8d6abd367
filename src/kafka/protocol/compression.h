// SPDX-License-Identifier: Apache-2.0
// The codecs of Kafka record batches, with a limit on every output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace floe::kafka {

/// The numbers are bits 0 to 2 of a batch's attributes.
enum class Compression : std::uint8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };

/// "none", "gzip", "snappy", "lz4", "zstd": the values of compression.type.
std::string_view ToString(Compression codec);
std::optional<Compression> CompressionFromName(std::string_view name);

/// What a batch may hold once decompressed, unless a caller says otherwise.
constexpr std::size_t kMaxDecompressedBytes = 128U << 20;

/// Appends the compressed form of `input` to `output`. Snappy is written in the framing of Java's snappy library, lz4
/// as a frame of independent blocks: what every Kafka client reads. Thread-safe.
Status Compress(Compression codec, std::span<const std::byte> input, std::string& output);

/// Replaces `output` by the decompressed `input`; its capacity is kept for the next call. Snappy is accepted framed and
/// raw. kCorruption, kTooLarge when the result would be larger than `max_output`. Thread-safe.
Status Decompress(Compression codec, std::span<const std::byte> input, std::size_t max_output, std::string& output);

}  // namespace floe::kafka
