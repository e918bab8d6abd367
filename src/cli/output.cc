// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <ranges>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/shell.h"

namespace floe::cli {
namespace {

using nlohmann::ordered_json;

/// Whoever read the output may be gone ("| head"): that ends the statement, as Ctrl-C does.
void Put(std::FILE* out, const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), out) < text.size()) InterruptFlag() = true;
}

bool IsNumeric(const std::string& type) {
  for (const char* prefix : {"TINYINT", "SMALLINT", "INT", "BIGINT", "FLOAT", "DOUBLE", "DECIMAL"}) {
    if (type.starts_with(prefix) && !type.starts_with("INTERVAL")) return true;
  }
  return false;
}

std::string CellText(const ordered_json& cell) {
  if (cell.is_null()) return "<NULL>";
  if (cell.is_string()) return cell.get<std::string>();
  return cell.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

std::string CsvCell(const ordered_json& cell) {
  if (cell.is_null()) return "";
  std::string text = CellText(cell);
  bool quote = text.empty() || text.find_first_of(",\"\n\r") != std::string::npos;
  if (!quote) return text;
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

/// Cells are not wrapped to less: a UUID fits.
constexpr std::size_t kNarrowest = 36;

struct CodePoint {
  std::size_t bytes;
  std::size_t width;
};

struct CodeRange {
  std::uint32_t first;
  std::uint32_t last;
};

/// Blocks of combining marks, joiners and variation selectors: they are drawn over the character before them.
constexpr std::array kNoWidth = std::to_array<CodeRange>({{0x0300, 0x036F},
                                                          {0x0483, 0x0489},
                                                          {0x0591, 0x05BD},
                                                          {0x064B, 0x065F},
                                                          {0x1160, 0x11FF},
                                                          {0x1AB0, 0x1AFF},
                                                          {0x1DC0, 0x1DFF},
                                                          {0x200B, 0x200F},
                                                          {0x2060, 0x2064},
                                                          {0x20D0, 0x20FF},
                                                          {0x302A, 0x302D},
                                                          {0x3099, 0x309A},
                                                          {0xFE00, 0xFE0F},
                                                          {0xFE20, 0xFE2F},
                                                          {0xFEFF, 0xFEFF},
                                                          {0x1F3FB, 0x1F3FF},
                                                          {0xE0100, 0xE01EF}});
constexpr std::array kTwoWide = std::to_array<CodeRange>({{0x1100, 0x115F},
                                                          {0x2E80, 0xA4CF},
                                                          {0xAC00, 0xD7A3},
                                                          {0xF900, 0xFAFF},
                                                          {0xFE30, 0xFE6F},
                                                          {0xFF00, 0xFF60},
                                                          {0xFFE0, 0xFFE6},
                                                          {0x1F300, 0x1FAFF},
                                                          {0x20000, 0x3FFFD}});

std::size_t WidthOf(std::uint32_t code) {
  if (code < 0x0300) return 1;
  auto holds = [code](const CodeRange& range) { return code >= range.first && code <= range.last; };
  if (std::ranges::any_of(kNoWidth, holds)) return 0;
  return std::ranges::any_of(kTwoWide, holds) ? 2 : 1;
}

CodePoint NextCodePoint(const std::string& text, std::size_t at) {
  auto lead = static_cast<unsigned char>(text[at]);
  std::size_t bytes = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  bytes = std::min(bytes, text.size() - at);
  std::uint32_t code = bytes == 1 ? lead : lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) code = (code << 6) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  return {bytes, WidthOf(code)};
}

/// One line of text in pieces of at most `width`.
void Wrap(const std::string& line, std::size_t width, std::vector<std::string>& out) {
  std::size_t begin = 0;
  std::size_t used = 0;
  for (std::size_t at = 0; at < line.size();) {
    CodePoint point = NextCodePoint(line, at);
    if (used > 0 && used + point.width > width) {
      out.push_back(line.substr(begin, at - begin));
      begin = at;
      used = 0;
    }
    used += point.width;
    at += point.bytes;
  }
  out.push_back(line.substr(begin));
}

/// A cell's lines: where it breaks by itself, and where the column is too narrow. No width: as long as they are.
std::vector<std::string> Lines(const std::string& cell, std::size_t width) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0;;) {
    std::size_t end = cell.find('\n', begin);
    Wrap(cell.substr(begin, end == std::string::npos ? end : end - begin), width, lines);
    if (end == std::string::npos) return lines;
    begin = end + 1;
  }
}

std::size_t LongestLine(const std::string& cell) {
  std::size_t longest = 0;
  for (const std::string& line : Lines(cell, std::string::npos)) longest = std::max(longest, DisplayWidth(line));
  return longest;
}

/// No escape sequences from data reach the terminal.
std::string Printable(const std::string& text, bool keep_breaks) {
  std::string out;
  for (char c : text) {
    if (c == '\n') {
      out += keep_breaks ? "\n" : "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

/// What a page made of it shows as it is: no column ends, no HTML, no emphasis and no line ends within a cell.
std::string Markdown(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\n') {
      out += "<br>";
      continue;
    }
    if (std::string_view("\\|<&*`").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

Result<OutputFormat> ParseOutputFormat(const std::string& text) {
  if (text == "table") return OutputFormat::kTable;
  if (text == "csv") return OutputFormat::kCsv;
  if (text == "json") return OutputFormat::kJson;
  if (text == "ndjson") return OutputFormat::kNdjson;
  if (text == "markdown") return OutputFormat::kMarkdown;
  return Fail(ErrorKind::kInvalidInput,
              fmt::format("format '{}' is none of table, csv, json, ndjson, markdown.{}", text,
                          DidYouMean(text, {"table", "csv", "json", "ndjson", "markdown"})));
}

std::size_t DisplayWidth(const std::string& text) {
  std::size_t width = 0;
  for (std::size_t at = 0; at < text.size();) {
    CodePoint point = NextCodePoint(text, at);
    width += point.width;
    at += point.bytes;
  }
  return width;
}

std::size_t TerminalWidth(std::FILE* stream) {
  winsize size{};
  if (::isatty(::fileno(stream)) != 1 || ::ioctl(::fileno(stream), TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

bool UseColour(std::FILE* stream) {
  const char* no_colour = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nothing sets variables
  return (no_colour == nullptr || *no_colour == 0) && ::isatty(::fileno(stream)) == 1;
}

RowPrinter::RowPrinter(std::vector<OutputColumn> columns, Options options)
    : columns_(std::move(columns)), options_(options) {
  bool table = options_.format == OutputFormat::kTable || options_.format == OutputFormat::kMarkdown;
  if (options_.changelog && table) {
    widths_.push_back(2);
    right_.push_back(false);
  }
  for (const OutputColumn& column : columns_) {
    bool numeric = IsNumeric(column.type);
    right_.push_back(numeric);
    std::size_t width = DisplayWidth(column.name);
    if (options_.live)
      width = std::max<std::size_t>(width, numeric || column.type.starts_with("BOOL") ? 12
                                           : column.type.starts_with("TIMESTAMP")     ? 23
                                                                                      : 20);
    widths_.push_back(width);
  }
}

RowPrinter::~RowPrinter() = default;

std::vector<std::string> RowPrinter::Cells(const std::string& op, const ordered_json& row) const {
  std::vector<std::string> cells;
  if (options_.changelog) cells.push_back(op);
  const bool lines = options_.format == OutputFormat::kTable && !options_.live;
  const bool markdown = options_.format == OutputFormat::kMarkdown;
  for (const ordered_json& cell : row) {
    if (markdown) {
      cells.push_back(cell.is_null() ? "NULL" : Markdown(Printable(CellText(cell), true)));
    } else {
      cells.push_back(Printable(CellText(cell), lines));
    }
  }
  return cells;
}

void RowPrinter::Add(const std::string& op, const ordered_json& row) {
  ++rows_;
  switch (options_.format) {
    case OutputFormat::kTable:
    case OutputFormat::kMarkdown: {
      std::vector<std::string> cells = Cells(op, row);
      if (!options_.live) {
        held_.push_back(std::move(cells));
        return;
      }
      PrintHeader();
      if (options_.format == OutputFormat::kTable && Widen(cells)) Rule();
      PrintTableRow(cells);
      break;
    }
    case OutputFormat::kCsv: {
      PrintHeader();
      std::string line = options_.changelog ? op : "";
      for (std::size_t i = 0; i < row.size(); ++i) line += (i > 0 || options_.changelog ? "," : "") + CsvCell(row[i]);
      Put(options_.out, line + "\n");
      break;
    }
    case OutputFormat::kJson:
    case OutputFormat::kNdjson: {
      ordered_json object = ordered_json::object();
      if (options_.changelog) object["op"] = op;
      for (std::size_t i = 0; i < row.size() && i < columns_.size(); ++i) object[columns_[i].name] = row[i];
      std::string text = object.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
      if (options_.format == OutputFormat::kJson) {
        Put(options_.out, fmt::format("{}{}", rows_ == 1 ? "[\n  " : ",\n  ", text));
      } else {
        Put(options_.out, text + "\n");
      }
      break;
    }
  }
  if (options_.live) std::fflush(options_.out);
}

void RowPrinter::Rule() {
  std::string line = "+";
  for (std::size_t width : widths_) line += std::string(width + 2, '-') + "+";
  Put(options_.out, line + "\n");
}

void RowPrinter::PrintHeader() {
  if (header_printed_) return;
  header_printed_ = true;
  std::vector<std::string> names;
  if (options_.changelog) names.push_back("op");
  for (const OutputColumn& column : columns_) names.push_back(Printable(column.name, false));
  if (options_.format == OutputFormat::kCsv) {
    std::string line;
    for (std::size_t i = 0; i < names.size(); ++i) line += (i > 0 ? "," : "") + CsvCell(names[i]);
    Put(options_.out, line + "\n");
    return;
  }
  if (options_.format == OutputFormat::kTable) Rule();
  if (options_.format == OutputFormat::kMarkdown) std::ranges::transform(names, names.begin(), Markdown);
  PrintTableRow(names);
  if (options_.format == OutputFormat::kTable) {
    Rule();
    return;
  }
  std::string line = "|";
  for (std::size_t i = 0; i < widths_.size(); ++i) line += std::string(widths_[i] + 1, '-') + (right_[i] ? ":|" : "-|");
  Put(options_.out, line + "\n");
}

void RowPrinter::PrintTableRow(const std::vector<std::string>& cells) {
  if (options_.format != OutputFormat::kTable) return PrintTableLine(cells);
  std::vector<std::vector<std::string>> columns;
  std::size_t height = 1;
  for (std::size_t i = 0; i < cells.size() && i < widths_.size(); ++i) {
    columns.push_back(Lines(cells[i], widths_[i]));
    height = std::max(height, columns.back().size());
  }
  for (std::size_t line = 0; line < height; ++line) {
    std::vector<std::string> parts;
    for (auto& lines : columns) parts.push_back(line < lines.size() ? std::move(lines[line]) : "");
    PrintTableLine(parts);
  }
}

void RowPrinter::PrintTableLine(const std::vector<std::string>& cells) {
  std::string line = "|";
  for (std::size_t i = 0; i < cells.size() && i < widths_.size(); ++i) {
    std::size_t width = DisplayWidth(cells[i]);
    std::string padding(width < widths_[i] ? widths_[i] - width : 0, ' ');
    line += " " + (right_[i] ? padding + cells[i] : cells[i] + padding) + " |";
  }
  Put(options_.out, line + "\n");
}

bool RowPrinter::Widen(const std::vector<std::string>& cells) {
  constexpr std::size_t kStep = 8;  // so that slowly growing cells do not make a rule each
  std::size_t total = 1;
  for (std::size_t width : widths_) total += width + 3;
  bool wider = false;
  for (std::size_t i = 0; i < cells.size() && i < widths_.size(); ++i) {
    std::size_t wanted = DisplayWidth(cells[i]);
    if (wanted <= widths_[i]) continue;
    wanted = std::max(wanted, widths_[i] + kStep);
    if (options_.width > 0 && widths_.size() > 1) {
      std::size_t room = widths_[i] + (options_.width > total ? options_.width - total : 0);
      wanted = std::min(wanted, std::max(room, kNarrowest));
    }
    if (wanted <= widths_[i]) continue;
    total += wanted - widths_[i];
    widths_[i] = wanted;
    wider = true;
  }
  return wider;
}

void RowPrinter::FitWidths() {
  if (options_.width == 0 || widths_.size() < 2) return;
  std::size_t total = 1;
  for (std::size_t width : widths_) total += width + 3;
  while (total > options_.width) {
    auto widest = std::max_element(widths_.begin(), widths_.end());
    if (*widest <= kNarrowest) return;  // then the terminal breaks the lines
    std::size_t second = kNarrowest;
    for (std::size_t width : widths_) {
      if (width < *widest) second = std::max(second, width);
    }
    std::size_t cut = std::min(total - options_.width, std::max<std::size_t>(*widest - second, 1));
    *widest -= cut;
    total -= cut;
  }
}

void RowPrinter::Finish() {
  switch (options_.format) {
    case OutputFormat::kTable:
    case OutputFormat::kMarkdown: {
      for (const auto& cells : held_) {
        for (std::size_t i = 0; i < cells.size() && i < widths_.size(); ++i)
          widths_[i] = std::max(widths_[i], LongestLine(cells[i]));
      }
      if (options_.format == OutputFormat::kTable && !options_.live) FitWidths();
      PrintHeader();
      for (const auto& cells : held_) PrintTableRow(cells);
      held_.clear();
      if (options_.format == OutputFormat::kMarkdown) break;
      Rule();
      if (options_.live) {
        Put(options_.out, fmt::format("Received a total of {} {}\n", rows_, rows_ == 1 ? "row" : "rows"));
      } else {
        Put(options_.out, fmt::format("{} {} in set\n", rows_, rows_ == 1 ? "row" : "rows"));
      }
      break;
    }
    case OutputFormat::kCsv: PrintHeader(); break;
    case OutputFormat::kJson: Put(options_.out, fmt::format("{}", rows_ == 0 ? "[]\n" : "\n]\n")); break;
    case OutputFormat::kNdjson: break;
  }
  if (std::fflush(options_.out) != 0) InterruptFlag() = true;
}

std::string CommandName() {
  namespace fs = std::filesystem;
  std::error_code failed;
  const fs::path self = fs::read_symlink("/proc/self/exe", failed);
  if (failed) return "floe";
  const char* path = std::getenv("PATH");  // NOLINT(concurrency-mt-unsafe): nothing sets variables
  for (const auto part : std::views::split(std::string_view(path == nullptr ? "" : path), ':')) {
    const fs::path found = fs::path(std::string_view(part)) / "floe";
    if (!fs::is_regular_file(found, failed)) continue;
    if (fs::equivalent(found, self, failed)) return "floe";
    break;  // that is another one
  }
  const fs::path near = self.lexically_proximate(fs::current_path(failed));
  std::string name = failed || *near.begin() == ".." ? self.string() : near.string();
  if (name.find('/') == std::string::npos) name = "./" + name;
  const bool plain = std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("/._-+").find(static_cast<char>(c)) != std::string_view::npos;
  });
  return plain ? name : "'" + name + "'";
}

}  // namespace floe::cli
