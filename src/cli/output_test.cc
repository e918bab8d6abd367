// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/matchers.h"

namespace floe::cli {
namespace {

using nlohmann::ordered_json;

std::string Print(OutputFormat format, bool changelog, const std::vector<std::pair<std::string, ordered_json>>& rows,
                  std::size_t width = 0, bool live = false) {
  char* buffer = nullptr;
  std::size_t size = 0;
  std::FILE* out = ::open_memstream(&buffer, &size);
  RowPrinter printer({{"city", "STRING"}, {"n", "BIGINT NOT NULL"}},
                     {.format = format, .changelog = changelog, .live = live, .width = width, .out = out});
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

TEST(OutputTest, MarkdownShowsCellsAsTheyAre) {
  EXPECT_EQ(Print(OutputFormat::kMarkdown, false,
                  {{"+I", {"a|b", 1}}, {"+I", {nullptr, 2}}, {"+I", {"<i>\n*x* \\", nullptr}}}),
            "| city             |    n |\n"
            "|------------------|-----:|\n"
            "| a\\|b             |    1 |\n"
            "| NULL             |    2 |\n"
            "| \\<i><br>\\*x\\* \\\\ | NULL |\n");
}

TEST(OutputTest, DataCannotSendEscapeSequencesToTheTerminal) {
  EXPECT_NE(Print(OutputFormat::kTable, false, {{"+I", {"\x1b[31mred", 1}}}).find("\\x1b[31mred"), std::string::npos);
}

TEST(OutputTest, NothingIsCutAndOnlyATerminalWraps) {
  const std::string path(100, 'p');
  EXPECT_NE(Print(OutputFormat::kTable, false, {{"+I", {path, 1}}}).find(path), std::string::npos);
  EXPECT_EQ(Print(OutputFormat::kTable, false, {{"+I", {std::string(50, 'p') + "end", 1}}}, 58),
            "+----------------------------------------------------+---+\n"
            "| city                                               | n |\n"
            "+----------------------------------------------------+---+\n"
            "| " +
                std::string(50, 'p') +
                " | 1 |\n"
                "| end                                                |   |\n"
                "+----------------------------------------------------+---+\n"
                "1 row in set\n");
  EXPECT_EQ(Print(OutputFormat::kTable, false, {{"+I", {"a\nbc", 1}}}),
            "+------+---+\n"
            "| city | n |\n"
            "+------+---+\n"
            "| a    | 1 |\n"
            "| bc   |   |\n"
            "+------+---+\n"
            "1 row in set\n");
}

TEST(OutputTest, LiveTablesStayAlignedBehindAWideCell) {
  const std::string wide = "a name of 28 characters here";
  EXPECT_EQ(Print(OutputFormat::kTable, false, {{"+I", {"a", 1}}, {"+I", {wide, 2}}, {"+I", {"東京", 3}}}, 0, true),
            "+----------------------+--------------+\n"
            "| city                 |            n |\n"
            "+----------------------+--------------+\n"
            "| a                    |            1 |\n"
            "+------------------------------+--------------+\n"
            "| a name of 28 characters here |            2 |\n"
            "| 東京                         |            3 |\n"
            "+------------------------------+--------------+\n"
            "Received a total of 3 rows\n");
  // On a terminal of 60 columns the cell is wrapped instead.
  EXPECT_EQ(Print(OutputFormat::kTable, false, {{"+I", {std::string(43, 'p') + "end", 1}}}, 60, true),
            "+----------------------+--------------+\n"
            "| city                 |            n |\n"
            "+----------------------+--------------+\n"
            "+-------------------------------------------+--------------+\n"
            "| " +
                std::string(41, 'p') +
                " |            1 |\n"
                "| ppend                                     |              |\n"
                "+-------------------------------------------+--------------+\n"
                "Received a total of 1 row\n");
}

TEST(OutputTest, WideCharactersAreAligned) {
  EXPECT_EQ(DisplayWidth("東京"), 4u);
  EXPECT_EQ(DisplayWidth("Zürich"), 6u);
  EXPECT_EQ(DisplayWidth("Zu\u0308rich"), 6u);
  EXPECT_EQ(DisplayWidth("\u2600\uFE0F"), 1u);
}

TEST(OutputTest, UnknownFormatIsRefusedWithTheNearest) {
  EXPECT_THAT(ParseOutputFormat("jsn"), HasErrorMessage("Did you mean 'json'?"));
}

}  // namespace
}  // namespace floe::cli
