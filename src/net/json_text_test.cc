// SPDX-License-Identifier: Apache-2.0
#include "net/json_text.h"

#include <limits>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace floe::net {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

TEST(JsonText, EscapesWhatJsonAsksFor) {
  EXPECT_EQ(Quoted("plain"), R"("plain")");
  EXPECT_EQ(Quoted("a\"b\\c\n\t\r"), R"("a\"b\\c\n\t\r")");
  EXPECT_EQ(Quoted(std::string_view("\0\x1f\x7f", 3)), R"("\u0000\u001f\u007f")");
  EXPECT_EQ(Quoted("Zürich ☃ 😀"), "\"Zürich ☃ 😀\"");
}

TEST(JsonText, EveryByteStringBecomesValidJson) {
  // Truncated, overlong, surrogate and out-of-range sequences.
  for (std::string bad : {"\xC3", "\xE2\x98", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF", "a\x80z"}) {
    const std::string text = Quoted(bad);
    EXPECT_TRUE(nlohmann::json::accept(text)) << testing::PrintToString(bad);
    EXPECT_NE(text.find("\xEF\xBF\xBD"), std::string::npos);
  }
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text = Quoted(std::string{static_cast<char>(a), static_cast<char>(b)});
      ASSERT_TRUE(nlohmann::json::accept(text)) << a << ' ' << b;
    }
  }
}

TEST(JsonText, WriterPlacesCommas) {
  JsonWriter json;
  json.BeginObject().Key("a").Int(-1).Key("b").BeginArray().String("x").Null().BeginObject().EndObject().EndArray();
  json.Key("c").Double(72.5).Key("d").Double(std::numeric_limits<double>::quiet_NaN()).Key("e").Bool(true).EndObject();
  EXPECT_EQ(json.text(), R"({"a":-1,"b":["x",null,{}],"c":72.5,"d":null,"e":true})");
}

}  // namespace
}  // namespace floe::net
