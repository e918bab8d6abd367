// SPDX-License-Identifier: Apache-2.0
// gzip, snappy, lz4 and zstd through their own libraries.
#include "kafka/protocol/compression.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

namespace floe::kafka {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"none", "gzip", "snappy", "lz4", "zstd"};

/// Java's snappy framing: this magic, version and compatible version (big-endian 1), then blocks of (length, snappy).
constexpr std::string_view kSnappyMagic("\x82SNAPPY\0", 8);
constexpr std::size_t kSnappyHeader = 16;
constexpr std::size_t kSnappyBlock = 64 << 10;
constexpr std::size_t kMinStep = 16 << 10;

std::string_view Chars(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::unexpected<Error> Damaged(Compression codec, std::string_view why) {
  return Fail(ErrorKind::kCorruption,
              "compressed records (" + std::string(ToString(codec)) + ") are damaged: " + std::string(why));
}

std::unexpected<Error> TooLarge(Compression codec, std::size_t max_output) {
  return Fail(ErrorKind::kTooLarge, "compressed records (" + std::string(ToString(codec)) +
                                        ") unpack to more than the limit of " + std::to_string(max_output) +
                                        " bytes; send smaller batches");
}

/// Grows without writing zeros first. The size is captured: libstdc++ 12 hands the function the new capacity instead.
void Extend(std::string& text, std::size_t size) {
  text.resize_and_overwrite(size, [size](char*, std::size_t) { return size; });
}

/// The next size of an output buffer that was too small; 0 when the limit is reached.
std::size_t NextSize(std::size_t size, std::size_t max_output) {
  return size >= max_output ? 0 : std::min(std::max(size * 2, kMinStep), max_output);
}

void PutBigEndian32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

std::uint32_t BigEndian32(const char* p) {
  std::uint32_t value;
  std::memcpy(&value, p, sizeof(value));
  return __builtin_bswap32(value);
}

Status Gzip(std::string_view input, std::string& output) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    return Fail(ErrorKind::kResourceExhausted, "gzip: no memory");
  std::size_t start = output.size();
  Extend(output, start + deflateBound(&stream, input.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(output.data() + start);
  stream.avail_out = static_cast<uInt>(output.size() - start);
  int code = deflate(&stream, Z_FINISH);
  output.resize(start + stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return Fail(ErrorKind::kInternal, "gzip: output bound was too small");
  return {};
}

Status Gunzip(std::string_view input, std::size_t max_output, std::string& output) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 32) != Z_OK) return Fail(ErrorKind::kResourceExhausted, "gzip: no memory");
  std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
  stream.avail_in = static_cast<uInt>(input.size());
  std::size_t used = 0;
  Extend(output, std::min(max_output, std::max(input.size() * 4, kMinStep)));
  while (true) {
    stream.next_out = reinterpret_cast<Bytef*>(output.data() + used);
    stream.avail_out = static_cast<uInt>(output.size() - used);
    int code = inflate(&stream, Z_NO_FLUSH);
    used = output.size() - stream.avail_out;
    if (code == Z_STREAM_END) {
      if (stream.avail_in == 0) break;
      if (inflateReset(&stream) != Z_OK) return Damaged(Compression::kGzip, "bad member");  // concatenated members
      continue;
    }
    if (code != Z_OK && code != Z_BUF_ERROR)
      return Damaged(Compression::kGzip, stream.msg != nullptr ? stream.msg : "bad data");
    if (stream.avail_out != 0) return Damaged(Compression::kGzip, "it ends early");
    std::size_t next = NextSize(output.size(), max_output);
    if (next == 0) return TooLarge(Compression::kGzip, max_output);
    Extend(output, next);
  }
  output.resize(used);
  return {};
}

Status Snap(std::string_view input, std::string& output) {
  output.append(kSnappyMagic);
  PutBigEndian32(output, 1);
  PutBigEndian32(output, 1);
  for (std::size_t at = 0; at < input.size(); at += kSnappyBlock) {
    std::string_view block = input.substr(at, kSnappyBlock);
    std::size_t start = output.size();
    std::size_t length = snappy_max_compressed_length(block.size());
    Extend(output, start + 4 + length);
    if (snappy_compress(block.data(), block.size(), output.data() + start + 4, &length) != SNAPPY_OK)
      return Fail(ErrorKind::kInternal, "snappy: output bound was too small");
    output.resize(start + 4 + length);
    std::uint32_t big = __builtin_bswap32(static_cast<std::uint32_t>(length));
    std::memcpy(output.data() + start, &big, sizeof(big));
  }
  return {};
}

/// A snappy block begins with the length of its content, so the limit is checked before memory is taken.
Status UnsnapBlock(std::string_view block, std::size_t max_output, std::string& output) {
  std::size_t length = 0;
  if (snappy_uncompressed_length(block.data(), block.size(), &length) != SNAPPY_OK)
    return Damaged(Compression::kSnappy, "bad length");
  std::size_t start = output.size();
  if (length > max_output - start) return TooLarge(Compression::kSnappy, max_output);
  // No snappy element makes more than 64 bytes out of less than 2: a larger claim is a lie.
  if (length / 64 > block.size()) return Damaged(Compression::kSnappy, "claimed length cannot be reached");
  Extend(output, start + length);
  if (snappy_uncompress(block.data(), block.size(), output.data() + start, &length) != SNAPPY_OK)
    return Damaged(Compression::kSnappy, "bad block");
  return {};
}

Status Unsnap(std::string_view input, std::size_t max_output, std::string& output) {
  output.clear();
  if (!input.starts_with(kSnappyMagic)) return UnsnapBlock(input, max_output, output);
  if (input.size() < kSnappyHeader) return Damaged(Compression::kSnappy, "it ends early");
  for (std::string_view rest = input.substr(kSnappyHeader); !rest.empty();) {
    if (rest.size() < 4) return Damaged(Compression::kSnappy, "it ends early");
    std::size_t length = BigEndian32(rest.data());
    if (length > rest.size() - 4) return Damaged(Compression::kSnappy, "a block is longer than what is there");
    if (Status done = UnsnapBlock(rest.substr(4, length), max_output, output); !done) return done;
    rest.remove_prefix(4 + length);
  }
  return {};
}

Status Lz4(std::string_view input, std::string& output) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;  // Java's client refuses linked blocks
  preferences.frameInfo.blockSizeID = LZ4F_max256KB;
  std::size_t start = output.size();
  Extend(output, start + LZ4F_compressFrameBound(input.size(), &preferences));
  std::size_t n =
      LZ4F_compressFrame(output.data() + start, output.size() - start, input.data(), input.size(), &preferences);
  if (LZ4F_isError(n) != 0) return Fail(ErrorKind::kInternal, std::string("lz4: ") + LZ4F_getErrorName(n));
  output.resize(start + n);
  return {};
}

Status Unlz4(std::string_view input, std::size_t max_output, std::string& output) {
  struct Free {
    void operator()(LZ4F_dctx* context) const { LZ4F_freeDecompressionContext(context); }
  };
  thread_local std::unique_ptr<LZ4F_dctx, Free> context;
  if (!context) {
    LZ4F_dctx* made = nullptr;
    if (LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION)) != 0)
      return Fail(ErrorKind::kResourceExhausted, "lz4: no memory");
    context.reset(made);
  }
  LZ4F_resetDecompressionContext(context.get());
  std::size_t used = 0;
  Extend(output, std::min(max_output, std::max(input.size() * 4, kMinStep)));
  while (true) {
    std::size_t made = output.size() - used;
    std::size_t taken = input.size();
    std::size_t hint = LZ4F_decompress(context.get(), output.data() + used, &made, input.data(), &taken, nullptr);
    if (LZ4F_isError(hint) != 0) return Damaged(Compression::kLz4, LZ4F_getErrorName(hint));
    used += made;
    input.remove_prefix(taken);
    if (hint == 0 && input.empty()) break;
    if (used < output.size()) {
      if (taken == 0 && made == 0) return Damaged(Compression::kLz4, "it ends early");
      continue;
    }
    std::size_t next = NextSize(output.size(), max_output);
    if (next == 0) return TooLarge(Compression::kLz4, max_output);
    Extend(output, next);
  }
  output.resize(used);
  return {};
}

Status Zstd(std::string_view input, std::string& output) {
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  thread_local std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  if (!context) return Fail(ErrorKind::kResourceExhausted, "zstd: no memory");
  std::size_t start = output.size();
  Extend(output, start + ZSTD_compressBound(input.size()));
  // Level 1: on real events the higher ones cost two to three times as much for a few per cent.
  std::size_t n =
      ZSTD_compressCCtx(context.get(), output.data() + start, output.size() - start, input.data(), input.size(), 1);
  if (ZSTD_isError(n) != 0) return Fail(ErrorKind::kInternal, std::string("zstd: ") + ZSTD_getErrorName(n));
  output.resize(start + n);
  return {};
}

Status Unzstd(std::string_view input, std::size_t max_output, std::string& output) {
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  thread_local std::unique_ptr<ZSTD_DCtx, Free> context;
  if (!context) {
    context.reset(ZSTD_createDCtx());
    if (!context) return Fail(ErrorKind::kResourceExhausted, "zstd: no memory");
    ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, 27);  // 128 MiB, as the output limit
  }
  ZSTD_DCtx_reset(context.get(), ZSTD_reset_session_only);
  // The frame may tell its size; it is a hint only, the limit holds either way.
  unsigned long long claimed = ZSTD_getFrameContentSize(input.data(), input.size());
  bool known = claimed != ZSTD_CONTENTSIZE_UNKNOWN && claimed != ZSTD_CONTENTSIZE_ERROR;
  if (known && claimed > max_output) return TooLarge(Compression::kZstd, max_output);
  std::size_t guess = std::max(input.size() * 4, kMinStep);
  Extend(output, std::min<std::size_t>(max_output,
                                       known ? std::min<std::size_t>(claimed, input.size() * 64 + kMinStep) : guess));
  ZSTD_inBuffer in{input.data(), input.size(), 0};
  ZSTD_outBuffer out{output.data(), output.size(), 0};
  while (true) {
    std::size_t before_in = in.pos, before_out = out.pos;
    std::size_t hint = ZSTD_decompressStream(context.get(), &out, &in);
    if (ZSTD_isError(hint) != 0) return Damaged(Compression::kZstd, ZSTD_getErrorName(hint));
    if (hint == 0 && in.pos == in.size) break;
    if (out.pos == out.size) {
      std::size_t next = NextSize(output.size(), max_output);
      if (next == 0) return TooLarge(Compression::kZstd, max_output);
      Extend(output, next);
      out = {output.data(), output.size(), out.pos};
    } else if (in.pos == before_in && out.pos == before_out) {
      return Damaged(Compression::kZstd, "it ends early");
    }
  }
  output.resize(out.pos);
  // A frame with a huge window made it large: do not keep that for the thread's whole life.
  if (ZSTD_sizeof_DCtx(context.get()) > (16U << 20)) context.reset();
  return {};
}

}  // namespace

std::string_view ToString(Compression codec) {
  return kNames[static_cast<std::size_t>(codec)];
}

std::optional<Compression> CompressionFromName(std::string_view name) {
  auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Compression>(found - kNames.begin());
}

Status Compress(Compression codec, std::span<const std::byte> input, std::string& output) {
  switch (codec) {
    case Compression::kNone: output.append(Chars(input)); return {};
    case Compression::kGzip: return Gzip(Chars(input), output);
    case Compression::kSnappy: return Snap(Chars(input), output);
    case Compression::kLz4: return Lz4(Chars(input), output);
    case Compression::kZstd: return Zstd(Chars(input), output);
  }
  return Fail(ErrorKind::kInternal, "unknown compression codec");
}

Status Decompress(Compression codec, std::span<const std::byte> input, std::size_t max_output, std::string& output) {
  max_output = std::min<std::size_t>(max_output, 1U << 31);  // zlib counts in 32 bits
  if (input.size() > (1U << 31)) return TooLarge(codec, max_output);
  switch (codec) {
    case Compression::kNone:
      if (input.size() > max_output) return TooLarge(codec, max_output);
      output.assign(Chars(input));
      return {};
    case Compression::kGzip: return Gunzip(Chars(input), max_output, output);
    case Compression::kSnappy: return Unsnap(Chars(input), max_output, output);
    case Compression::kLz4: return Unlz4(Chars(input), max_output, output);
    case Compression::kZstd: return Unzstd(Chars(input), max_output, output);
  }
  return Fail(ErrorKind::kInternal, "unknown compression codec");
}

}  // namespace floe::kafka
