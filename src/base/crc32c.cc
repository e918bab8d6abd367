// SPDX-License-Identifier: Apache-2.0
// CRC-32C with the processor's instruction where there is one, by tables elsewhere.
#include "base/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace floe {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected 0x1edc6f41

/// kTables[k][b]: the state after byte b and k zero bytes, from state 0. Eight of them take eight bytes a step.
constexpr auto kTables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t crc = b;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    tables[0][b] = crc;
  }
  for (std::size_t k = 1; k < 8; ++k)
    for (std::size_t b = 0; b < 256; ++b) tables[k][b] = (tables[k - 1][b] >> 8) ^ tables[0][tables[k - 1][b] & 0xff];
  return tables;
}();

std::uint64_t LoadLittle64(const std::byte* p) {
  std::uint64_t value;
  std::memcpy(&value, p, sizeof(value));
  return std::endian::native == std::endian::little ? value : __builtin_bswap64(value);
}

#if defined(__x86_64__)

/// The linear map "append N zero bytes" as four byte-indexed tables. The state is a vector over GF(2), so the map is a
/// 32x32 bit matrix; squaring it doubles N.
template <unsigned kLog2Bytes>
struct ZeroShift {
  std::array<std::array<std::uint32_t, 256>, 4> table{};

  ZeroShift() {
    std::array<std::uint32_t, 32> columns;
    for (unsigned i = 0; i < 32; ++i) {
      std::uint32_t state = 1U << i;
      columns[i] = (state >> 8) ^ kTables[0][state & 0xff];
    }
    for (unsigned step = 0; step < kLog2Bytes; ++step) {
      std::array<std::uint32_t, 32> squared;
      for (unsigned i = 0; i < 32; ++i) squared[i] = Apply(columns, columns[i]);
      columns = squared;
    }
    for (unsigned byte = 0; byte < 4; ++byte)
      for (std::uint32_t b = 0; b < 256; ++b) table[byte][b] = Apply(columns, b << (8 * byte));
  }

  std::uint32_t operator()(std::uint32_t state) const {
    return table[0][state & 0xff] ^ table[1][(state >> 8) & 0xff] ^ table[2][(state >> 16) & 0xff] ^
           table[3][state >> 24];
  }

 private:
  static std::uint32_t Apply(const std::array<std::uint32_t, 32>& columns, std::uint32_t vector) {
    std::uint32_t sum = 0;
    for (unsigned i = 0; vector != 0; ++i, vector >>= 1)
      if ((vector & 1) != 0) sum ^= columns[i];
    return sum;
  }
};

/// The instruction has a latency of three cycles and a throughput of one: three independent streams run at full speed.
template <unsigned kLog2Bytes>
__attribute__((target("sse4.2"))) const std::byte* ThreeStreams(const std::byte* p, const std::byte* end,
                                                                std::uint64_t& state) {
  static const ZeroShift<kLog2Bytes> shift;
  constexpr std::size_t kBlock = std::size_t{1} << kLog2Bytes;
  while (static_cast<std::size_t>(end - p) >= 3 * kBlock) {
    std::uint64_t a = state, b = 0, c = 0;
    for (std::size_t i = 0; i < kBlock; i += 8) {
      a = _mm_crc32_u64(a, LoadLittle64(p + i));
      b = _mm_crc32_u64(b, LoadLittle64(p + kBlock + i));
      c = _mm_crc32_u64(c, LoadLittle64(p + 2 * kBlock + i));
    }
    state = shift(shift(static_cast<std::uint32_t>(a)) ^ static_cast<std::uint32_t>(b)) ^ static_cast<std::uint32_t>(c);
    p += 3 * kBlock;
  }
  return p;
}

__attribute__((target("sse4.2"))) std::uint32_t Crc32cHardware(std::span<const std::byte> bytes, std::uint32_t crc) {
  const std::byte* p = bytes.data();
  const std::byte* end = p + bytes.size();
  std::uint64_t state = ~crc;
  p = ThreeStreams<12>(p, end, state);
  p = ThreeStreams<8>(p, end, state);
  for (; end - p >= 8; p += 8) state = _mm_crc32_u64(state, LoadLittle64(p));
  auto narrow = static_cast<std::uint32_t>(state);
  for (; p != end; ++p) narrow = _mm_crc32_u8(narrow, static_cast<std::uint8_t>(*p));
  return ~narrow;
}

#endif

using Function = std::uint32_t (*)(std::span<const std::byte>, std::uint32_t);

Function Choose() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return Crc32cHardware;
#endif
  return detail::Crc32cPortable;
}

}  // namespace

std::uint32_t detail::Crc32cPortable(std::span<const std::byte> bytes, std::uint32_t crc) {
  const std::byte* p = bytes.data();
  const std::byte* end = p + bytes.size();
  std::uint32_t state = ~crc;
  for (; end - p >= 8; p += 8) {
    std::uint64_t word = LoadLittle64(p) ^ state;
    state = 0;
    for (std::size_t k = 0; k < 8; ++k) state ^= kTables[7 - k][(word >> (8 * k)) & 0xff];
  }
  for (; p != end; ++p) state = (state >> 8) ^ kTables[0][(state ^ static_cast<std::uint8_t>(*p)) & 0xff];
  return ~state;
}

std::uint32_t Crc32c(std::span<const std::byte> bytes, std::uint32_t crc) {
  static const Function function = Choose();
  return function(bytes, crc);
}

}  // namespace floe
