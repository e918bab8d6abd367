// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.h"

#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"

namespace floe {
namespace {

std::span<const std::byte> Bytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

// RFC 3720, appendix B.4.
TEST(Crc32cTest, KnownAnswers) {
  EXPECT_EQ(Crc32c(Bytes("123456789")), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::vector<std::byte>(32, std::byte{0})), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::vector<std::byte>(32, std::byte{0xff})), 0x62a8ab43u);
  EXPECT_EQ(Crc32c({}), 0u);
}

TEST(Crc32cTest, AllFormsAgreeAtEveryLengthAndSplit) {
  SeededRandom random(1);
  std::vector<std::byte> data(40'000);
  for (auto& b : data) b = static_cast<std::byte>(random.Next());
  for (std::size_t size : {0, 1, 7, 8, 9, 255, 767, 768, 769, 1536, 4096, 12287, 12288, 12289, 25000, 39999}) {
    auto part = std::span<const std::byte>(data).subspan(1, size);
    std::uint32_t expected = detail::Crc32cPortable(part, 0);
    EXPECT_EQ(Crc32c(part), expected) << size;
    std::size_t split = size == 0 ? 0 : random.Next() % size;
    EXPECT_EQ(Crc32c(part.subspan(split), Crc32c(part.first(split))), expected) << size;
  }
}

}  // namespace
}  // namespace floe
