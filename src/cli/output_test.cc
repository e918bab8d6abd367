// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/matchers.h"

namespace floe::cli {
namespace {

using nlohmann::ordered_json;

std::string Print(OutputFormat format, bool changelog, const std::vector<std::pair<std::string, ordered_json>>& rows) {
  char* buffer = nullptr;
  std::size_t size = 0;
  std::FILE* out = ::open_memstream(&buffer, &size);
  RowPrinter printer({{"city", "STRING"}, {"n", "BIGINT NOT NULL"}},
                     {.format = format, .changelog = changelog, .out = out});
  for (const auto& [op, row] : rows) printer.Add(op, row);
  printer.Finish();
  std::fclose(out);
  std::string text(buffer, size);
  std::free(buffer);
  return text;
}

TEST(OutputTest, Tableau) {
  EXPECT_EQ(Print(OutputFormat::kTable, false, {{"+I", {"Boston", 12}}, {"+I", {nullptr, 3}}}),
            "+--------+----+\n"
            "| city   |  n |\n"
            "+--------+----+\n"
            "| Boston | 12 |\n"
            "| <NULL> |  3 |\n"
            "+--------+----+\n"
            "2 rows in set\n");
}

TEST(OutputTest, ChangelogHasTheRowKindFirst) {
  EXPECT_EQ(Print(OutputFormat::kCsv, true, {{"-U", {"a", 1}}, {"+U", {"a", 2}}}), "op,city,n\n-U,a,1\n+U,a,2\n");
}

TEST(OutputTest, CsvQuotesWhatMustBeQuotedAndTellsNullFromEmpty) {
  EXPECT_EQ(Print(OutputFormat::kCsv, false, {{"+I", {"a,\"b\"", 1}}, {"+I", {nullptr, 2}}, {"+I", {"", 3}}}),
            "city,n\n\"a,\"\"b\"\"\",1\n,2\n\"\",3\n");
}

TEST(OutputTest, JsonIsValidEvenWhenEmpty) {
  EXPECT_EQ(Print(OutputFormat::kJson, false, {}), "[]\n");
  auto parsed = ordered_json::parse(Print(OutputFormat::kJson, false, {{"+I", {"a", 1}}, {"+I", {"b", 2}}}));
  EXPECT_EQ(parsed.size(), 2u);
  EXPECT_EQ(parsed[1]["city"], "b");
}

TEST(OutputTest, DataCannotSendEscapeSequencesToTheTerminal) {
  EXPECT_NE(Print(OutputFormat::kTable, false, {{"+I", {"\x1b[31mred", 1}}}).find("\\x1b[31mred"), std::string::npos);
}

TEST(OutputTest, WideCharactersAreAligned) {
  EXPECT_EQ(DisplayWidth("東京"), 4u);
  EXPECT_EQ(DisplayWidth("Zürich"), 6u);
}

TEST(OutputTest, UnknownFormatIsRefusedWithTheNearest) {
  EXPECT_THAT(ParseOutputFormat("jsn"), HasErrorMessage("Did you mean 'json'?"));
}

}  // namespace
}  // namespace floe::cli
