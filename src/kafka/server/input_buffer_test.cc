// SPDX-License-Identifier: Apache-2.0
// Requests of random sizes in random pieces come out as they went in.
#include "kafka/server/input_buffer.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace floe::kafka {
namespace {

class InputBufferTest : public testing::TestWithParam<unsigned> {};

TEST_P(InputBufferTest, GivesBackTheStream) {
  std::mt19937 random(GetParam());
  auto upto = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n)(random); };
  std::string stream(2'000'000, '\0');
  for (char& c : stream) c = static_cast<char>(random());
  InputBuffer input;
  std::size_t sent = 0;
  std::size_t taken = 0;
  while (taken < stream.size()) {
    const std::size_t most = upto(9) == 0 ? 300'000 : upto(3) == 0 ? 20'000 : 200;
    const std::size_t size = std::min(stream.size() - taken, 1 + upto(most));
    if (size > input.capacity()) {
      const std::size_t capacity = std::max({size, input.received().size(), upto(1) * InputBuffer::kGrain});
      input.MoveTo(std::make_unique<std::byte[]>(capacity), capacity);
    } else if (input.received().size() <= InputBuffer::kOwn && size <= InputBuffer::kOwn && upto(4) == 0) {
      input.MoveTo(nullptr);
    }
    while (input.received().size() < size) {
      const auto room = input.Room(size);
      ASSERT_GE(room.size(), size - input.received().size());
      if (input.capacity() > InputBuffer::kGrain) {
        ASSERT_LE(input.received().size() + room.size(), std::max(size, InputBuffer::kOwn));
      }
      const std::size_t n = std::min({room.size(), stream.size() - sent, 1 + upto(100'000)});
      std::memcpy(room.data(), stream.data() + sent, n);
      sent += n;
      input.Received(n);
    }
    ASSERT_EQ(std::memcmp(input.received().data(), stream.data() + taken, size), 0) << "at " << taken;
    input.Consume(size);
    taken += size;
  }
  EXPECT_TRUE(input.received().empty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, InputBufferTest, testing::Range(1U, 9U));

}  // namespace
}  // namespace floe::kafka
